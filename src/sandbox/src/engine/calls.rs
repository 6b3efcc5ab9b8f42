//! The call of a resource's handler: created, replaced, changed, changed back or deleted.
//!
//! A call changes the services at once and says how long it takes; the task ends when that time is over.

use serde_json::{Value, json};

use super::operation::{TaskState, Work};
use super::schedule::{self, Effect};
use super::tasks::{fail, record, resolved, set_state, stack_in_phase, subject};
use crate::clock::Millis;
use crate::cloudformation::stack::{Resource, ResourceStatus, Stack};
use crate::faults::HandlerOperation;
use crate::resources::{self, ResourceType, Site};
use crate::state::{Moment, Region};

const INITIATED: &str = "Resource creation Initiated";

/// The handler's call.
pub(crate) fn call(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Started) else {
        return;
    };
    let on = match work {
        Work::Create | Work::Replace => HandlerOperation::Create,
        Work::Keep | Work::Update => HandlerOperation::Update,
        Work::Restore => HandlerOperation::Rollback,
        Work::Delete => HandlerOperation::Delete,
    };
    if let Some(reason) = at.faults.on_resource(logical_id, on) {
        return fail(region, index, logical_id, reason.to_owned(), at);
    }
    let outcome = match work {
        Work::Create => call_create(region, index, logical_id, at),
        Work::Replace => call_replace(region, index, logical_id, at),
        Work::Update => call_update(region, index, logical_id, at),
        Work::Restore => call_restore(region, index, logical_id, at),
        Work::Delete => call_delete(region, index, logical_id, at),
        Work::Keep => Ok(0),
    };
    match outcome {
        Err(reason) => fail(region, index, logical_id, reason, at),
        Ok(takes) => {
            set_state(&mut region.stacks[index], logical_id, TaskState::Called);
            let effect =
                Effect::TaskEnds { stack_id: stack_id.to_owned(), phase, logical_id: logical_id.to_owned() };
            schedule::after(region, at.now + takes, effect);
        }
    }
}

/// Runs a handler with the parts of the region that it may touch.
fn with_site<T>(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    handler: impl FnOnce(&mut Site<'_>) -> Result<T, resources::Refusal>,
) -> Result<T, String> {
    let Region { name, random, stacks, services, .. } = region;
    let mut site = Site { region: name, stack_name: &stacks[index].name, logical_id, services, random };
    handler(&mut site).map_err(|refusal| refusal.reason(random))
}

/// Stack tags go to tables, unless the table has a tag of its own under that key.
fn with_stack_tags(stack: &Stack, kind: ResourceType, properties: &Value) -> Value {
    let mut properties = properties.clone();
    let tags = stack.definition.as_ref().map(|definition| definition.tags.as_slice()).unwrap_or_default();
    if kind != ResourceType::Table || tags.is_empty() {
        return properties;
    }
    let mut list = properties.get("Tags").and_then(Value::as_array).cloned().unwrap_or_default();
    for tag in tags {
        let known = list.iter().any(|own| own.get("Key").and_then(Value::as_str) == Some(&tag.key));
        if !known {
            list.push(json!({ "Key": tag.key, "Value": tag.value }));
        }
    }
    properties["Tags"] = Value::Array(list);
    properties
}

fn call_create(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let stack = &region.stacks[index];
    let Some(resource) = stack.resources.get(logical_id) else {
        return Ok(0);
    };
    let (kind, properties) = (resource.kind, with_stack_tags(stack, resource.kind, &resource.properties));
    let made = with_site(region, index, logical_id, |site| resources::create(kind, site, &properties, at))?;
    let stack = &mut region.stacks[index];
    if let Some(resource) = stack.resources.get_mut(logical_id) {
        resource.physical_id = made.physical_id;
        resource.attributes = made.attributes;
    }
    record(stack, logical_id, ResourceStatus::CreateInProgress, Some(INITIATED.to_owned()), at);
    Ok(made.takes)
}

fn call_replace(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let (kind, properties, deletion_policy, update_replace_policy) = resolved(region, index, logical_id)?;
    let tagged = with_stack_tags(&region.stacks[index], kind, &properties);
    let made = with_site(region, index, logical_id, |site| resources::create(kind, site, &tagged, at))?;
    let stack = &mut region.stacks[index];
    let new = Resource {
        kind,
        physical_id: made.physical_id,
        status: ResourceStatus::UpdateInProgress,
        status_reason: None,
        changed: at.now,
        properties,
        attributes: made.attributes,
        deletion_policy,
        update_replace_policy,
    };
    if let (Some(old), Some(operation)) =
        (stack.resources.insert(logical_id.to_owned(), new), &mut stack.operation)
    {
        operation
            .leftovers
            .insert(logical_id.to_owned(), Resource { deletion_policy: update_replace_policy, ..old });
    }
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(INITIATED.to_owned()), at);
    Ok(made.takes)
}

fn call_update(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let (kind, properties, _, _) = resolved(region, index, logical_id)?;
    let tagged = with_stack_tags(&region.stacks[index], kind, &properties);
    change(region, index, logical_id, properties, &tagged, false, at)
}

fn call_restore(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let stack = &region.stacks[index];
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let Some(old) = previous.and_then(|previous| previous.resources.get(logical_id)).cloned() else {
        return Ok(0);
    };
    // The definition is the old one again, and so are the tags that it brings.
    let tagged = with_stack_tags(stack, old.kind, &old.properties);
    let takes = change(region, index, logical_id, old.properties.clone(), &tagged, true, at)?;
    if let Some(resource) = region.stacks[index].resources.get_mut(logical_id) {
        resource.deletion_policy = old.deletion_policy;
        resource.update_replace_policy = old.update_replace_policy;
    }
    Ok(takes)
}

fn change(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    properties: Value,
    tagged: &Value,
    back: bool,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let Some(resource) = region.stacks[index].resources.get(logical_id).cloned() else {
        return Ok(0);
    };
    let made =
        with_site(region, index, logical_id, |site| resources::update(&resource, site, tagged, back, at))?;
    if let Some(resource) = region.stacks[index].resources.get_mut(logical_id) {
        resource.properties = properties;
        resource.attributes = made.attributes;
    }
    Ok(made.takes)
}

fn call_delete(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<Millis, String> {
    let Some(resource) = subject(&mut region.stacks[index], logical_id).cloned() else {
        return Ok(0);
    };
    with_site(region, index, logical_id, |site| resources::delete(&resource, site, at))
}
