//! The calls of resource handlers: create, replace, update, restore, delete, import.
//!
//! A call changes the services at once and returns how long it takes; the task ends after that time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::nested::{self, HandlerDelay};
use super::tasks::{fail, hook_event, record, resolved, set_state, stack_in_phase, subject};
use crate::engine::failure::Failure;
use crate::resources::{self, HandlerContext, HandlerOutput};
use crate::state::faults::{HandlerOperation, HookMode, HookTarget};
use crate::state::hook;
use crate::state::hook::HookEvent;
use crate::state::operation::{TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{self, Resource, ResourceStatus, Stack};
use crate::state::{Moment, Region};
use crate::template::parameter_store;

const INITIATED: &str = "Resource creation Initiated";
const IMPORTED: &str = "Resource import completed.";
const TAGS_AFTER_IMPORT: &str = "Apply stack-level tags to imported resource if applicable.";

/// Calls the handler of a task that has started.
pub(crate) fn call(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Started) else {
        return;
    };
    let on = match work {
        Work::Create | Work::Replace => HandlerOperation::Create,
        Work::Keep | Work::Update | Work::Import => HandlerOperation::Update,
        Work::Restore => HandlerOperation::Rollback,
        Work::Delete => HandlerOperation::Delete,
    };
    let turn = next_turn(region, index, logical_id, on);
    if let Some(reason) = at.faults.on_resource(logical_id, on, turn) {
        return fail(region, index, logical_id, reason.to_owned(), at);
    }
    if let Some(reason) = hooked(region, index, logical_id, at) {
        return fail(region, index, logical_id, reason, at);
    }
    let outcome = match work {
        Work::Create => call_create(region, index, logical_id, at),
        Work::Replace => call_replace(region, index, logical_id, at),
        Work::Update => call_update(region, index, logical_id, at),
        Work::Restore => call_restore(region, index, logical_id, at),
        Work::Delete => call_delete(region, index, logical_id, at),
        Work::Import => call_import(region, index, logical_id, at),
        Work::Keep => Ok(Some(0)),
    };
    match outcome {
        Err(failure) => fail(region, index, logical_id, failure.to_string(), at),
        Ok(takes) => {
            set_state(&mut region.stacks[index], logical_id, TaskState::Called);
            match takes {
                Some(takes) => {
                    let effect = Effect::TaskEnds {
                        stack_id: stack_id.to_owned(),
                        phase,
                        logical_id: logical_id.to_owned(),
                    };
                    schedule::after(region, at.now + takes, effect);
                }
                // A nested stack that is done already ends the task now; another one when its status changes.
                None => {
                    if let Some(child) = nested::child(region, index, logical_id) {
                        let id = region.stacks[child].id.clone();
                        nested::tell_parent(region, &id, at);
                    }
                }
            }
        }
    }
}

/// How many times the handler has been called for this operation, this call included.
pub(super) fn next_turn(region: &mut Region, index: usize, logical_id: &str, on: HandlerOperation) -> u64 {
    let turn = region.turns.entry(format!("{}/{logical_id} {on:?}", region.stacks[index].id)).or_default();
    *turn += 1;
    *turn
}

/// Runs the hooks on a resource. Returns the reason for which its handler is not called.
fn hooked(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Option<String> {
    let mut failed = Vec::new();
    for hook in &at.faults.hooks {
        if !matches!(&hook.target, HookTarget::Resource(name) if name == logical_id) {
            continue;
        }
        let target = format!("{}/{logical_id}", region.stacks[index].id);
        let invocation_id = hook::run(region, hook, "RESOURCE", &target, at.now);
        for (status, reason) in
            [("HOOK_IN_PROGRESS", None), ("HOOK_COMPLETE_FAILED", Some(hook.reason.clone()))]
        {
            let event = HookEvent {
                type_name: hook.type_name.clone(),
                status: status.to_owned(),
                reason,
                invocation_id: invocation_id.clone(),
                mode: hook.mode,
            };
            hook_event(&mut region.stacks[index], logical_id, event, at);
        }
        if hook.mode == HookMode::Fail {
            failed.push(hook.type_name.as_str());
        }
    }
    (!failed.is_empty()).then(|| format!("The following hook(s) failed: [{}]", failed.join(", ")))
}

/// Runs a handler with the parts of the region that it may change.
fn with_handler<T>(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    handler: impl FnOnce(&mut HandlerContext<'_>) -> Result<T, resources::Refusal>,
) -> Result<T, Failure> {
    let Region { name, random, stacks, services, .. } = region;
    let mut context =
        HandlerContext { region: name, stack_name: &stacks[index].name, logical_id, services, random };
    handler(&mut context).map_err(|refusal| Failure::Handler(refusal.reason(random)))
}

/// The properties for a handler: with the stack's tags added, and dynamic references resolved.
fn handed(region: &Region, index: usize, kind: ResourceType, properties: &Value) -> Result<Value, Failure> {
    let tagged = with_stack_tags(&region.stacks[index], kind, properties);
    Ok(parameter_store::resolve(&region.services, &tagged)?)
}

/// Adds the stack's tags to a table's; a tag of the table with the same key wins.
fn with_stack_tags(stack: &Stack, kind: ResourceType, properties: &Value) -> Value {
    let mut properties = properties.clone();
    let tags = stack.definition.as_ref().map(|definition| definition.tags.as_slice()).unwrap_or_default();
    if !kind.takes_stack_tags() || tags.is_empty() {
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
) -> Result<HandlerDelay, Failure> {
    let stack = &region.stacks[index];
    let Some(resource) = stack.resources.get(logical_id) else {
        return Ok(Some(0));
    };
    if resource.kind == ResourceType::Stack {
        let properties = resource.properties.clone();
        let (id, takes) = nested::create(region, index, logical_id, &properties, at)?;
        let stack = &mut region.stacks[index];
        if let Some(resource) = stack.resources.get_mut(logical_id) {
            resource.physical_id = id;
        }
        record(stack, logical_id, ResourceStatus::CreateInProgress, Some(INITIATED.to_owned()), at);
        return Ok(takes);
    }
    let (kind, properties) = (resource.kind, resource.properties.clone());
    let properties = handed(region, index, kind, &properties)?;
    let output =
        with_handler(region, index, logical_id, |context| resources::create(kind, context, &properties, at))?;
    let stack = &mut region.stacks[index];
    if let Some(resource) = stack.resources.get_mut(logical_id) {
        resource.physical_id = output.physical_id;
        resource.attributes = output.attributes;
    }
    record(stack, logical_id, ResourceStatus::CreateInProgress, Some(INITIATED.to_owned()), at);
    Ok(Some(output.takes))
}

fn call_replace(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let (kind, properties, deletion_policy, update_replace_policy) = resolved(region, index, logical_id)?;
    let tagged = handed(region, index, kind, &properties)?;
    let (output, takes) = if kind == ResourceType::Stack {
        let (physical_id, takes) = nested::create(region, index, logical_id, &properties, at)?;
        (HandlerOutput { physical_id, attributes: BTreeMap::new(), takes: 0 }, takes)
    } else {
        let output =
            with_handler(region, index, logical_id, |context| resources::create(kind, context, &tagged, at))?;
        let takes = Some(output.takes);
        (output, takes)
    };
    let stack = &mut region.stacks[index];
    let new = Resource {
        kind,
        physical_id: output.physical_id,
        status: ResourceStatus::UpdateInProgress,
        status_reason: None,
        changed: at.now,
        properties,
        attributes: output.attributes,
        deletion_policy,
        update_replace_policy,
        drift: None,
    };
    if let (Some(old), Some(operation)) =
        (stack.resources.insert(logical_id.to_owned(), new), &mut stack.operation)
    {
        operation
            .leftovers
            .insert(logical_id.to_owned(), Resource { deletion_policy: update_replace_policy, ..old });
    }
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(INITIATED.to_owned()), at);
    Ok(takes)
}

fn call_update(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let (kind, properties, _, _) = resolved(region, index, logical_id)?;
    if kind == ResourceType::Stack {
        let takes = nested::update(region, index, logical_id, &properties, at)?;
        if let Some(resource) = region.stacks[index].resources.get_mut(logical_id) {
            resource.properties = properties;
        }
        return Ok(takes);
    }
    let tagged = handed(region, index, kind, &properties)?;
    change(region, index, logical_id, properties, &tagged, false, at)
}

fn call_restore(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let stack = &region.stacks[index];
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let Some(old) = previous.and_then(|previous| previous.resources.get(logical_id)).cloned() else {
        return Ok(Some(0));
    };
    if old.kind == ResourceType::Stack {
        let takes = nested::restore(region, index, logical_id, at)?;
        nested::take_outputs(region, index, logical_id);
        if let Some(resource) = region.stacks[index].resources.get_mut(logical_id) {
            resource.properties.clone_from(&old.properties);
        }
        return Ok(takes);
    }
    // The definition is the previous one again, with its tags.
    let tagged = handed(region, index, old.kind, &old.properties)?;
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
) -> Result<HandlerDelay, Failure> {
    let Some(mut resource) = region.stacks[index].resources.get(logical_id).cloned() else {
        return Ok(Some(0));
    };
    resource.properties = parameter_store::resolve(&region.services, &resource.properties)?;
    let output = with_handler(region, index, logical_id, |context| {
        resources::update(&resource, context, tagged, back, at)
    })?;
    if let Some(resource) = region.stacks[index].resources.get_mut(logical_id) {
        resource.properties = properties;
        resource.attributes = output.attributes;
    }
    Ok(Some(output.takes))
}

fn call_delete(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let Some(resource) = subject(&mut region.stacks[index], logical_id).cloned() else {
        return Ok(Some(0));
    };
    if resource.kind == ResourceType::Stack {
        let token = region.stacks[index].operation.as_ref().and_then(|operation| operation.token.clone());
        return match stack::find(region, &resource.physical_id) {
            Some(child) => nested::delete(region, child, token, at),
            None => Ok(Some(at.timings.small)),
        };
    }
    with_handler(region, index, logical_id, |context| resources::delete(&resource, context, at)).map(Some)
}

/// Imports a resource that exists. An import writes to the resource: it sets the stack's tags.
fn call_import(
    region: &mut Region,
    index: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let stack = &region.stacks[index];
    let Some(resource) = stack.resources.get(logical_id).cloned() else {
        return Ok(Some(0));
    };
    let tagged = handed(region, index, resource.kind, &resource.properties)?;
    let output = with_handler(region, index, logical_id, |context| {
        resources::import(&resource, context, &tagged, at)
    })?;
    let stack = &mut region.stacks[index];
    if let Some(resource) = stack.resources.get_mut(logical_id) {
        resource.attributes = output.attributes;
    }
    record(stack, logical_id, ResourceStatus::ImportComplete, Some(IMPORTED.to_owned()), at);
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(TAGS_AFTER_IMPORT.to_owned()), at);
    Ok(Some(output.takes))
}
