//! `AWS::SSM::Parameter`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal, generated_name};
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::state::{ACCOUNT, Moment};
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
    Ok(output(context.region, name, properties, moment))
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
    Ok(output(context.region, name, properties, moment))
}

fn output(region: &str, name: String, properties: &Value, moment: Moment<'_>) -> HandlerOutput {
    let mut attributes: BTreeMap<String, String> = ["Type", "Value"]
        .into_iter()
        .filter_map(|attribute| Some((attribute.to_owned(), scalar(properties.get(attribute)?))))
        .collect();
    // A name that is a path begins with the slash that the ARN has anyway.
    let path = name.strip_prefix('/').unwrap_or(&name);
    attributes.insert("Arn".to_owned(), format!("arn:aws:ssm:{region}:{ACCOUNT}:parameter/{path}"));
    HandlerOutput { physical_id: name, attributes, takes: moment.timings.small }
}

pub(super) fn import(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = resource.physical_id.clone();
    match context.services.parameters.get(&name).cloned() {
        Some(kept) => Ok(output(context.region, name, &kept, moment)),
        None => Err(Refusal::NotFound(ResourceType::Parameter, name)),
    }
}
