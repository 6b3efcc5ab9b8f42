//! `AWS::ApplicationAutoScaling::ScalableTarget`, for tables and their indexes.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal};
use crate::dynamodb::spec;
use crate::state::Moment;
use crate::state::resource_type::ResourceType;
use crate::state::services::Services;
use crate::state::stack::Resource;
use crate::wire::text::scalar;

const SERVICE: &str = "ApplicationAutoScaling";

/// The id under which a target is known: `resource|dimension|namespace`.
pub(super) fn id(properties: &Value) -> String {
    let part = |name: &str| properties.get(name).map(scalar).unwrap_or_default();
    format!("{}|{}|{}", part("ResourceId"), part("ScalableDimension"), part("ServiceNamespace"))
}

pub(super) fn create(
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let id = id(properties);
    check(context, properties)?;
    if context.services.scalable_targets.contains_key(&id) {
        return Err(Refusal::Exists(ResourceType::ScalableTarget, id));
    }
    context.services.scalable_targets.insert(id.clone(), properties.clone());
    Ok(output(id, moment))
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(context, properties)?;
    let id = resource.physical_id.clone();
    match context.services.scalable_targets.get_mut(&id) {
        Some(kept) => kept.clone_from(properties),
        None => return Err(Refusal::NotFound(ResourceType::ScalableTarget, id)),
    }
    Ok(output(id, moment))
}

fn output(id: String, moment: Moment<'_>) -> HandlerOutput {
    let attributes = BTreeMap::from([("Id".to_owned(), id.clone())]);
    HandlerOutput { physical_id: id, attributes, takes: moment.timings.small }
}

fn check(context: &mut HandlerContext<'_>, properties: &Value) -> Result<(), Refusal> {
    let least = spec::int(properties, "MinCapacity").unwrap_or_default();
    let most = spec::int(properties, "MaxCapacity").unwrap_or_default();
    if least > most {
        let message = "Maximum capacity cannot be less than minimum capacity";
        return Err(Refusal::from_service(SERVICE, message, context.random));
    }
    let namespace = properties.get("ServiceNamespace").map(scalar).unwrap_or_default();
    if namespace != "dynamodb" {
        let what = format!("scaling of the namespace {namespace}");
        return Err(Refusal::Plain(crate::wire::error::not_modelled(&what)));
    }
    let resource = properties.get("ResourceId").map(scalar).unwrap_or_default();
    if !exists(context.services, &resource) {
        let message = format!("DynamoDB table or index does not exist: {resource}");
        return Err(Refusal::from_service(SERVICE, &message, context.random));
    }
    Ok(())
}

/// Whether `table/NAME` or `table/NAME/index/INDEX` is there.
fn exists(services: &Services, resource: &str) -> bool {
    let Some(path) = resource.strip_prefix("table/") else {
        return false;
    };
    match path.split_once("/index/") {
        Some((table, index)) => {
            services.tables.get(table).is_some_and(|table| table.spec.index(index).is_some())
        }
        None => services.tables.contains_key(path),
    }
}
