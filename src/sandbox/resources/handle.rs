//! `AWS::CloudFormation::WaitConditionHandle`: a resource without properties, good for stacks of nothing.

use std::collections::BTreeMap;

use super::{Made, Site};
use crate::state::Moment;
use crate::state::stack::Resource;

pub(super) fn create(site: &mut Site<'_>, moment: Moment<'_>) -> Made {
    let url = format!(
        "https://cloudformation-waitcondition-{}.s3.amazonaws.com/{}/{}",
        site.region,
        site.logical_id,
        site.random.uuid()
    );
    Made { physical_id: url, attributes: BTreeMap::new(), takes: moment.timings.small }
}

pub(super) fn update(resource: &Resource, moment: Moment<'_>) -> Made {
    Made {
        physical_id: resource.physical_id.clone(),
        attributes: BTreeMap::new(),
        takes: moment.timings.small,
    }
}
