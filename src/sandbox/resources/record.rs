//! Resources of which the sandbox keeps no more than their properties: alarms, keys, roles, streams and the like.
//!
//! Their services are not modelled beyond what a table needs of them: that they are there, and in which state.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal, generated_name};
use crate::clock::Millis;
use crate::state::resource_type::ResourceType;
use crate::state::services::Record;
use crate::state::stack::Resource;
use crate::state::{ACCOUNT, Moment};
use crate::wire::text::{iso, scalar};

const DAY: Millis = 86_400_000;

pub(super) fn create(
    kind: ResourceType,
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(kind, context, properties)?;
    let id = physical_id(kind, context, properties);
    let records = context.services.records.entry(kind).or_default();
    if records.contains_key(&id) {
        return Err(Refusal::Exists(kind, id));
    }
    records.insert(id.clone(), Record { properties: properties.clone(), gone_at: None });
    let attributes = attributes(kind, context, &id, properties, moment);
    Ok(HandlerOutput { physical_id: id, attributes, takes: moment.timings.small })
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(resource.kind, context, properties)?;
    let id = resource.physical_id.clone();
    match kept(context, resource) {
        Some(record) => record.properties.clone_from(properties),
        None => return Err(Refusal::NotFound(resource.kind, id)),
    }
    let mut attributes = attributes(resource.kind, context, &id, properties, moment);
    // What belongs to the creation stays.
    let mut kept = resource.attributes.clone();
    kept.retain(|name, _| matches!(name.as_str(), "CreateDate" | "PolicyId" | "RoleId"));
    attributes.extend(kept);
    Ok(HandlerOutput { physical_id: id, attributes, takes: moment.timings.small })
}

pub(super) fn import(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let id = resource.physical_id.clone();
    let Some(properties) = kept(context, resource).map(|record| record.properties.clone()) else {
        return Err(Refusal::NotFound(resource.kind, id));
    };
    let attributes = attributes(resource.kind, context, &id, &properties, moment);
    Ok(HandlerOutput { physical_id: id, attributes, takes: moment.timings.small })
}

pub(super) fn delete(context: &mut HandlerContext<'_>, resource: &Resource, moment: Moment<'_>) -> Millis {
    let records = context.services.records.entry(resource.kind).or_default();
    if resource.kind == ResourceType::Key {
        // A key is not gone but pending, for as many days as its template says.
        let days = |record: &Record| record.properties.get("PendingWindowInDays").map(scalar)?.parse().ok();
        if let Some(key) = records.get_mut(&resource.physical_id) {
            let wait = days(key).unwrap_or(30);
            key.gone_at.get_or_insert(moment.now + wait * DAY);
        }
    } else {
        records.remove(&resource.physical_id);
    }
    moment.timings.small
}

fn kept<'a>(context: &'a mut HandlerContext<'_>, resource: &Resource) -> Option<&'a mut Record> {
    let records = context.services.records.get_mut(&resource.kind)?;
    records.get_mut(&resource.physical_id).filter(|record| record.gone_at.is_none())
}

fn check(kind: ResourceType, context: &mut HandlerContext<'_>, properties: &Value) -> Result<(), Refusal> {
    let text = |name: &str| properties.get(name).map(scalar);
    match kind {
        ResourceType::Alias => {
            let name = text("AliasName").unwrap_or_default();
            if !name.starts_with("alias/") || name.starts_with("alias/aws/") {
                let message = format!(
                    "Alias must start with the prefix \"alias/\", and not with \"alias/aws/\": {name}"
                );
                return Err(Refusal::from_service("Kms", &message, context.random));
            }
            let target = text("TargetKeyId").unwrap_or_default();
            if context.services.find_key(&target).is_none() {
                let arn = format!("arn:aws:kms:{}:{ACCOUNT}:key/{target}", context.region);
                let message =
                    format!("Key '{}' does not exist", if target.starts_with("arn:") { target } else { arn });
                return Err(Refusal::from_service("Kms", &message, context.random));
            }
            Ok(())
        }
        ResourceType::Stream => {
            let mode = properties.pointer("/StreamModeDetails/StreamMode").map(scalar);
            if mode.as_deref() == Some("ON_DEMAND") && properties.get("ShardCount").is_some() {
                let message = "ShardCount is not allowed for the stream mode ON_DEMAND";
                return Err(Refusal::from_service("Kinesis", message, context.random));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn physical_id(kind: ResourceType, context: &mut HandlerContext<'_>, properties: &Value) -> String {
    let name = match kind.name_property().and_then(|property| properties.get(property)) {
        Some(name) => scalar(name),
        None if kind == ResourceType::Key => context.random.uuid(),
        None => generated_name(context.stack_name, context, 128),
    };
    let path = properties.get("Path").map_or_else(|| "/".to_owned(), scalar);
    match kind {
        ResourceType::ManagedPolicy => format!("arn:aws:iam::{ACCOUNT}:policy{path}{name}"),
        ResourceType::Topic => format!("arn:aws:sns:{}:{ACCOUNT}:{name}", context.region),
        _ => name,
    }
}

fn attributes(
    kind: ResourceType,
    context: &mut HandlerContext<'_>,
    id: &str,
    properties: &Value,
    moment: Moment<'_>,
) -> BTreeMap<String, String> {
    let region = context.region;
    let arn = |service: &str, rest: String| format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}");
    let list: Vec<(&str, String)> = match kind {
        ResourceType::Alarm => vec![("Arn", arn("cloudwatch", format!("alarm:{id}")))],
        ResourceType::Key => vec![("Arn", arn("kms", format!("key/{id}"))), ("KeyId", id.to_owned())],
        ResourceType::Stream => vec![("Arn", arn("kinesis", format!("stream/{id}")))],
        ResourceType::LogGroup => vec![("Arn", arn("logs", format!("log-group:{id}:*")))],
        ResourceType::Role => {
            let path = properties.get("Path").map_or_else(|| "/".to_owned(), scalar);
            let role = format!("arn:aws:iam::{ACCOUNT}:role{path}{id}");
            vec![("Arn", role), ("RoleId", format!("AROA{}", context.random.suffix().to_uppercase()))]
        }
        ResourceType::ManagedPolicy => vec![
            ("PolicyArn", id.to_owned()),
            ("PolicyId", format!("ANPA{}", context.random.suffix().to_uppercase())),
            ("DefaultVersionId", "v1".to_owned()),
            ("AttachmentCount", "0".to_owned()),
            ("CreateDate", iso(moment.now)),
            ("IsAttachable", "true".to_owned()),
            ("UpdateDate", iso(moment.now)),
            ("PermissionsBoundaryUsageCount", "0".to_owned()),
        ],
        ResourceType::Topic => {
            let name = id.rsplit(':').next().unwrap_or_default().to_owned();
            vec![("TopicArn", id.to_owned()), ("TopicName", name)]
        }
        _ => Vec::new(),
    };
    list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
