//! `AWS::CloudFormation::WaitConditionHandle`: a resource without properties, good for stacks of nothing.

use std::collections::BTreeMap;

use super::{HandlerContext, HandlerOutput};
use crate::state::Moment;
use crate::state::stack::Resource;

pub(super) fn create(context: &mut HandlerContext<'_>, moment: Moment<'_>) -> HandlerOutput {
    let url = format!(
        "https://cloudformation-waitcondition-{}.s3.amazonaws.com/{}/{}",
        context.region,
        context.logical_id,
        context.random.uuid()
    );
    HandlerOutput { physical_id: url, attributes: BTreeMap::new(), takes: moment.timings.small }
}

pub(super) fn update(resource: &Resource, moment: Moment<'_>) -> HandlerOutput {
    HandlerOutput {
        physical_id: resource.physical_id.clone(),
        attributes: BTreeMap::new(),
        takes: moment.timings.small,
    }
}
