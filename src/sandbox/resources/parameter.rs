//! `AWS::SSM::Parameter`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal, generated_name};
use crate::state::Moment;
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::wire::text::scalar;

pub(super) fn create(
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = match properties.get("Name") {
        Some(name) => scalar(name),
        None => generated_name("CFN", context, 1_011),
    };
    if context.services.parameters.contains_key(&name) {
        return Err(Refusal::Exists(ResourceType::Parameter, name));
    }
    context.services.parameters.insert(name.clone(), properties.clone());
    Ok(output(name, properties, moment))
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = resource.physical_id.clone();
    match context.services.parameters.get_mut(&name) {
        Some(kept) => kept.clone_from(properties),
        None => return Err(Refusal::NotFound(ResourceType::Parameter, name)),
    }
    Ok(output(name, properties, moment))
}

fn output(name: String, properties: &Value, moment: Moment<'_>) -> HandlerOutput {
    let attributes: BTreeMap<String, String> = ["Type", "Value"]
        .into_iter()
        .filter_map(|attribute| Some((attribute.to_owned(), scalar(properties.get(attribute)?))))
        .collect();
    HandlerOutput { physical_id: name, attributes, takes: moment.timings.small }
}

pub(super) fn import(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = resource.physical_id.clone();
    match context.services.parameters.get(&name).cloned() {
        Some(kept) => Ok(output(name, &kept, moment)),
        None => Err(Refusal::NotFound(ResourceType::Parameter, name)),
    }
}
