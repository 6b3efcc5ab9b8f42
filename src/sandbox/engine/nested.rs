//! Stacks that are resources of other stacks.
//!
//! The parent's task waits for the operation on the nested stack (the child); each stack event of the child may end the
//! task. An updated child waits for its parent before it cleans up, so that it can still roll back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::begin::{self, OperationRequest};
use super::{rollback, tasks};
use crate::clock::Millis;
use crate::engine::differences;
use crate::engine::failure::Failure;
use crate::state::change_set::OnFailure;
use crate::state::operation::{OperationKind, TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{self, Definition, Parent, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::template::definition;
use crate::template::outputs::{export_in_use, exports};
use crate::wire::query::Params;
use crate::wire::text::scalar;

/// When the task of a handler call ends: after a time, or with the child's operation (`None`).
pub(super) type HandlerDelay = Option<Millis>;

/// The parent's task that an operation on the child belongs to.
struct ParentTask<'a> {
    parent: usize,
    logical_id: &'a str,
    at: Moment<'a>,
}

/// The index of the nested stack that a resource stands for.
pub(super) fn child(region: &Region, parent: usize, logical_id: &str) -> Option<usize> {
    let resource = region.stacks[parent].resources.get(logical_id)?;
    (resource.kind == ResourceType::Stack).then(|| stack::find(region, &resource.physical_id)).flatten()
}

/// The definition in the properties of an `AWS::CloudFormation::Stack`.
pub(crate) fn define(
    region: &Region,
    parent: &Stack,
    properties: &Value,
    current: Option<&Definition>,
    at: Moment<'_>,
) -> Result<Definition, Failure> {
    let mut form = BTreeMap::new();
    let text = |name: &str| properties.get(name).map(scalar).unwrap_or_default();
    form.insert("TemplateURL".to_owned(), text("TemplateURL"));
    let parameters = properties.get("Parameters").and_then(Value::as_object);
    for (place, (key, value)) in parameters.into_iter().flatten().enumerate() {
        let value = match value {
            Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(","),
            other => scalar(other),
        };
        let member = place + 1;
        form.insert(format!("Parameters.member.{member}.ParameterKey"), key.clone());
        form.insert(format!("Parameters.member.{member}.ParameterValue"), value);
    }
    let own = properties.get("Tags").and_then(Value::as_array).into_iter().flatten().map(|tag| {
        let part = |name: &str| tag.get(name).map(scalar).unwrap_or_default();
        (part("Key"), part("Value"))
    });
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    let definition = parent.definition.as_ref();
    for tag in definition.map(|definition| definition.tags.as_slice()).unwrap_or_default() {
        tags.insert(tag.key.clone(), tag.value.clone());
    }
    tags.extend(own);
    for (place, (key, value)) in tags.into_iter().enumerate() {
        let member = place + 1;
        form.insert(format!("Tags.member.{member}.Key"), key);
        form.insert(format!("Tags.member.{member}.Value"), value);
    }
    let capabilities = definition.map(|definition| definition.capabilities.as_slice()).unwrap_or_default();
    for (place, capability) in capabilities.iter().enumerate() {
        form.insert(format!("Capabilities.member.{}", place + 1), capability.clone());
    }
    definition::read(region, &Params::from(form), current, at).map_err(Failure::nested)
}

/// Creates the child, or uses the stack in review that a nested change set created.
pub(super) fn create(
    region: &mut Region,
    parent: usize,
    logical_id: &str,
    properties: &Value,
    at: Moment<'_>,
) -> Result<(String, HandlerDelay), Failure> {
    let task = ParentTask { parent, logical_id, at };
    let definition = define(region, &region.stacks[parent], properties, None, at)?;
    let index = shell(region, &task);
    definition::check(region, &region.stacks[index], &definition).map_err(Failure::nested)?;
    region.stacks[index].parent =
        Some(Parent { stack_id: region.stacks[parent].id.clone(), logical_id: logical_id.to_owned() });
    start(region, index, &task, OperationKind::Create, definition)?;
    Ok((region.stacks[index].id.clone(), None))
}

/// The empty stack for the child: the one in review, or a new one.
fn shell(region: &mut Region, task: &ParentTask<'_>) -> usize {
    let parent = &region.stacks[task.parent];
    let waiting = region.stacks.iter().position(|stack| {
        stack.status == StackStatus::ReviewInProgress
            && stack
                .parent
                .as_ref()
                .is_some_and(|of| of.stack_id == parent.id && of.logical_id == task.logical_id)
    });
    waiting.unwrap_or_else(|| {
        let name = child_name(&region.stacks[task.parent].name.clone(), task.logical_id, region);
        let stack = Stack::new(region, &name, task.at.now);
        region.stacks.push(stack);
        region.stacks.len() - 1
    })
}

/// The name of a child: its parent's, its own logical id, and twelve characters.
pub(crate) fn child_name(parent: &str, logical_id: &str, region: &mut Region) -> String {
    let mut name = format!("{parent}-{logical_id}");
    name.truncate(115);
    format!("{name}-{}", region.random.suffix())
}

fn start(
    region: &mut Region,
    index: usize,
    task: &ParentTask<'_>,
    kind: OperationKind,
    definition: Definition,
) -> Result<(), Failure> {
    let exports = exports(region, Some(&region.stacks[index].id));
    let changes = differences::changes(region, &region.stacks[index], &definition, &exports)?;
    let above = region.stacks[task.parent].operation.as_ref();
    let on_failure = match (kind, above.map(|above| above.on_failure)) {
        // The parent deletes a child whose creation failed.
        (OperationKind::Create, _) | (_, Some(OnFailure::DoNothing)) => OnFailure::DoNothing,
        _ => OnFailure::Rollback,
    };
    let request = OperationRequest {
        on_failure,
        retain_except_on_create: above.is_some_and(|above| above.retain_except_on_create),
        nested: true,
        ..OperationRequest::new(kind, above.and_then(|above| above.token.clone()))
    };
    begin::begin(region, index, request, definition, &changes, task.at)?;
    Ok(())
}

/// Updates the child, unless nothing changes.
pub(super) fn update(
    region: &mut Region,
    parent: usize,
    logical_id: &str,
    properties: &Value,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let task = ParentTask { parent, logical_id, at };
    let Some(index) = child(region, parent, logical_id) else {
        return Err(gone(&region.stacks[parent], logical_id));
    };
    let stack = &region.stacks[index];
    let held = stack.operation.as_ref().is_some_and(|operation| operation.held);
    if !held && !stack.status.accepts_update() {
        return Err(Failure::NotUpdatable { id: stack.id.clone(), status: stack.status.as_str() });
    }
    let current = stack.definition.clone();
    let definition = define(region, &region.stacks[parent], properties, current.as_ref(), at)?;
    let stack = &region.stacks[index];
    definition::check(region, stack, &definition).map_err(Failure::nested)?;
    let exports = exports(region, Some(&stack.id));
    let changes = differences::changes(region, stack, &definition, &exports)?;
    let same = current
        .is_some_and(|current| !differences::differ_beside_resources(region, stack, &current, &definition));
    if changes.is_empty() && same && stack.paused.is_none() {
        return Ok(Some(at.timings.small));
    }
    start(region, index, &task, OperationKind::Update, definition)?;
    Ok(None)
}

fn gone(parent: &Stack, logical_id: &str) -> Failure {
    let id = parent.resources.get(logical_id).map(|resource| resource.physical_id.clone());
    Failure::NestedStackMissing(id.unwrap_or_default())
}

/// Rolls the child back to its state before the parent's update.
pub(super) fn restore(
    region: &mut Region,
    parent: usize,
    logical_id: &str,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    let Some(index) = child(region, parent, logical_id) else {
        return Ok(Some(at.timings.small));
    };
    let skip = skipped(region, parent, &region.stacks[index].name);
    let stack = &mut region.stacks[index];
    match stack.status {
        StackStatus::UpdateRollbackInProgress => Ok(None),
        StackStatus::UpdateCompleteCleanupInProgress => {
            if let Some(operation) = &mut stack.operation {
                operation.held = false;
                let operation = operation.clone();
                rollback::begin_update_rollback(region, index, &operation, None, at);
            }
            Ok(None)
        }
        StackStatus::UpdateFailed => {
            rollback::from_pause(region, index, None, false, at);
            Ok(None)
        }
        StackStatus::UpdateRollbackFailed => {
            rollback::go_on(region, index, None, skip, at);
            Ok(None)
        }
        _ => Ok(Some(at.timings.small)),
    }
}

/// The resources of a child to skip: those named `STACK.RESOURCE` in the call for the parent.
fn skipped(region: &Region, parent: usize, child: &str) -> BTreeSet<String> {
    let operation = region.stacks[parent].operation.as_ref();
    let prefix = format!("{child}.");
    operation
        .into_iter()
        .flat_map(|operation| &operation.skip)
        .filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned))
        .collect()
}

/// Deletes the child, unless another stack imports one of its exports: DeleteStack refuses that too.
pub(super) fn delete(
    region: &mut Region,
    index: usize,
    token: Option<String>,
    at: Moment<'_>,
) -> Result<HandlerDelay, Failure> {
    if matches!(region.stacks[index].status, StackStatus::DeleteComplete) {
        return Ok(Some(at.timings.small));
    }
    if let Some(refusal) = export_in_use(region, &region.stacks[index], &[]) {
        return Err(Failure::ExportInUse(refusal));
    }
    let request = OperationRequest { nested: true, ..OperationRequest::new(OperationKind::Delete, token) };
    begin::begin_deletion(region, index, request, at);
    Ok(None)
}

/// Cancels the child's update, as the parent's operation has failed.
pub(super) fn call_off(region: &mut Region, parent: usize, logical_id: &str, at: Moment<'_>) {
    if let Some(index) = child(region, parent, logical_id)
        && region.stacks[index].status == StackStatus::UpdateInProgress
    {
        begin::call_off(region, index, begin::USER_INITIATED, at);
    }
}

/// Lets waiting children clean up. Returns whether any of them, at any depth, has a running operation.
pub(super) fn release(region: &mut Region, stack_id: &str, at: Moment<'_>) -> bool {
    let children: Vec<String> = region
        .stacks
        .iter()
        .filter(|stack| stack.parent.as_ref().is_some_and(|parent| parent.stack_id == stack_id))
        .map(|stack| stack.id.clone())
        .collect();
    let mut busy = false;
    for id in children {
        let Some(index) = stack::find(region, &id) else { continue };
        let Some(operation) = &mut region.stacks[index].operation else { continue };
        busy = true;
        if operation.held {
            operation.held = false;
            release(region, &id, at);
            tasks::advance(region, &id, at.timings.next_resource, at);
        }
    }
    busy
}

/// What the child's status means for the parent's task.
enum Verdict {
    Wait,
    Done,
    Failed(String),
}

fn verdict(work: Work, child: &Stack) -> Verdict {
    let id = &child.id;
    let reason = child.status_reason.as_deref().unwrap_or_default();
    let not_updated = || {
        Verdict::Failed(format!(
            "Embedded stack {id} was not successfully updated. Currently in {} with reason: {reason}",
            child.status.as_str()
        ))
    };
    match (work, child.status) {
        (Work::Create | Work::Replace, StackStatus::CreateComplete) => Verdict::Done,
        (Work::Create | Work::Replace, StackStatus::CreateFailed) => {
            Verdict::Failed(format!("Embedded stack {id} was not successfully created: {reason}"))
        }
        (Work::Update, StackStatus::UpdateComplete | StackStatus::UpdateCompleteCleanupInProgress) => {
            Verdict::Done
        }
        (Work::Update, StackStatus::UpdateRollbackInProgress | StackStatus::UpdateFailed) => not_updated(),
        (
            Work::Restore,
            StackStatus::UpdateRollbackComplete | StackStatus::UpdateRollbackCompleteCleanupInProgress,
        ) => Verdict::Done,
        (Work::Restore, StackStatus::UpdateRollbackFailed) => not_updated(),
        (Work::Delete, StackStatus::DeleteComplete) => Verdict::Done,
        (Work::Delete, StackStatus::DeleteFailed) => {
            Verdict::Failed(format!("Embedded stack {id} was not successfully deleted: {reason}"))
        }
        _ => Verdict::Wait,
    }
}

/// Ends the parent's task if a nested stack's new status allows it.
pub(super) fn tell_parent(region: &mut Region, stack_id: &str, at: Moment<'_>) {
    let Some(index) = stack::find(region, stack_id) else { return };
    let Some(Parent { stack_id: above, logical_id }) = region.stacks[index].parent.clone() else { return };
    let Some(parent) = stack::find(region, &above) else { return };
    let Some(operation) = &region.stacks[parent].operation else { return };
    let phase = operation.phase_serial;
    let Some(task) = operation.tasks.get(&logical_id).filter(|task| task.state == TaskState::Called) else {
        return;
    };
    match verdict(task.work, &region.stacks[index]) {
        Verdict::Wait => {}
        Verdict::Failed(reason) => tasks::fail(region, parent, &logical_id, reason, at),
        Verdict::Done => {
            take_outputs(region, parent, &logical_id);
            let effect = Effect::TaskEnds { stack_id: above, phase, logical_id };
            schedule::after(region, at.now + at.timings.small, effect);
        }
    }
}

/// Makes the child's outputs the attributes that `Fn::GetAtt` finds in the parent.
pub(super) fn take_outputs(region: &mut Region, parent: usize, logical_id: &str) {
    let Some(index) = child(region, parent, logical_id) else { return };
    let attributes: BTreeMap<String, String> = region.stacks[index]
        .outputs
        .iter()
        .map(|output| (format!("Outputs.{}", output.key), output.value.clone()))
        .collect();
    if let Some(resource) = region.stacks[parent].resources.get_mut(logical_id) {
        resource.attributes = attributes;
    }
}

/// Makes a retained child a stack without a parent.
pub(super) fn let_go(region: &mut Region, parent: usize, logical_id: &str) {
    if let Some(index) = child(region, parent, logical_id) {
        region.stacks[index].parent = None;
    }
}
