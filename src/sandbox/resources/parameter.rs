//! `AWS::SSM::Parameter`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Made, Refusal, Site, generated_name};
use crate::state::Moment;
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::wire::text::scalar;

pub(super) fn create(site: &mut Site<'_>, properties: &Value, moment: Moment<'_>) -> Result<Made, Refusal> {
    let name = match properties.get("Name") {
        Some(name) => scalar(name),
        None => generated_name("CFN", site, 1_011),
    };
    if site.services.parameters.contains_key(&name) {
        return Err(Refusal::Exists(ResourceType::Parameter, name));
    }
    site.services.parameters.insert(name.clone(), properties.clone());
    Ok(made(name, properties, moment))
}

pub(super) fn update(
    site: &mut Site<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<Made, Refusal> {
    let name = resource.physical_id.clone();
    match site.services.parameters.get_mut(&name) {
        Some(kept) => kept.clone_from(properties),
        None => return Err(Refusal::NotFound(ResourceType::Parameter, name)),
    }
    Ok(made(name, properties, moment))
}

fn made(name: String, properties: &Value, moment: Moment<'_>) -> Made {
    let attributes: BTreeMap<String, String> = ["Type", "Value"]
        .into_iter()
        .filter_map(|attribute| Some((attribute.to_owned(), scalar(properties.get(attribute)?))))
        .collect();
    Made { physical_id: name, attributes, takes: moment.timings.small }
}

pub(super) fn import(site: &mut Site<'_>, resource: &Resource, moment: Moment<'_>) -> Result<Made, Refusal> {
    let name = resource.physical_id.clone();
    match site.services.parameters.get(&name).cloned() {
        Some(kept) => Ok(made(name, &kept, moment)),
        None => Err(Refusal::NotFound(ResourceType::Parameter, name)),
    }
}
