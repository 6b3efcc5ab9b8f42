//! One resource's way through a phase: its turn, its handler's call, its end.
//!
//! A created resource leaves three events, an updated one two, a replaced one three with two physical ids, a deleted one
//! two or the single DELETE_SKIPPED. The first failure on the way forward stops everything and cancels what runs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::nested;
use super::operation::{Operation, OperationKind, Phase, TaskState, Work};
use super::outputs::exports;
use super::schedule::{self, Effect};
use crate::clock::Millis;
use crate::cloudformation::differences;
use crate::cloudformation::event::{ResourceEvent, resource_event};
use crate::cloudformation::hooks::HookEvent;
use crate::cloudformation::intrinsics::Scope;
use crate::cloudformation::stack::{self, Policy, Resource, ResourceStatus, Stack};
use crate::cloudformation::stack_policy::{self, Deed};
use crate::faults::HandlerOperation;
use crate::resources::ResourceType;
use crate::state::{Moment, Region};

const IMPORT_STARTED: &str = "Resource import started.";
const REPLACES: &str =
    "Requested update requires the creation of a new physical resource; hence creating one.";

/// Puts what can go on into the schedule: resources whose turn has come after `delay`, or the end of the phase.
pub(crate) fn advance(region: &mut Region, stack_id: &str, delay: Millis, at: Moment<'_>) {
    let Some(index) = stack::find(region, stack_id) else {
        return;
    };
    let stack = &mut region.stacks[index];
    let Some(operation) = &mut stack.operation else {
        return;
    };
    if operation.held {
        return;
    }
    let phase = operation.phase_serial;
    let stopped = operation.called_off.is_some()
        || operation.tasks.values().any(|task| task.state == TaskState::Failed);
    if stopped && stops(operation) {
        for logical_id in cancel_running(stack, at) {
            nested::call_off(region, index, &logical_id, at);
        }
        return end_phase(region, stack_id, phase, at);
    }
    let starts = release(operation);
    let over = operation.tasks.values().all(super::operation::Task::is_over);
    for (place, logical_id) in starts.into_iter().enumerate() {
        let place = Millis::try_from(place).unwrap_or_default();
        let effect = Effect::TaskStarts { stack_id: stack_id.to_owned(), phase, logical_id };
        schedule::after(region, at.now + delay + place * at.timings.stagger, effect);
    }
    if over {
        end_phase(region, stack_id, phase, at);
    }
}

fn end_phase(region: &mut Region, stack_id: &str, phase: u64, at: Moment<'_>) {
    let effect = Effect::PhaseEnds { stack_id: stack_id.to_owned(), phase };
    let known = region.schedule.iter().any(|scheduled| scheduled.effect == effect);
    if !known {
        schedule::after(region, at.now + at.timings.settle, effect);
    }
}

/// Deletions go on past a failure; everything else stops at the first.
fn stops(operation: &Operation) -> bool {
    match operation.phase {
        Phase::Forward => true,
        Phase::Rollback => operation.kind == OperationKind::Update && operation.previous.is_some(),
        Phase::Cleanup | Phase::RollbackCleanup | Phase::Delete => false,
    }
}

/// Marks the tasks whose turn has come, and settles those with nothing to do.
fn release(operation: &mut Operation) -> Vec<String> {
    let mut starts = Vec::new();
    loop {
        let states: Vec<(String, TaskState)> =
            operation.tasks.iter().map(|(name, task)| (name.clone(), task.state)).collect();
        let in_state = |wanted: &[TaskState]| -> BTreeSet<String> {
            states.iter().filter(|(_, state)| wanted.contains(state)).map(|(name, _)| name.clone()).collect()
        };
        let all: BTreeSet<String> = operation.tasks.keys().cloned().collect();
        let done = in_state(&[TaskState::Done]);
        let lost = in_state(&[TaskState::Failed, TaskState::Cancelled]);
        let mut settled = false;
        for (name, task) in &mut operation.tasks {
            if task.state != TaskState::Waiting {
                continue;
            }
            if task.after.intersection(&lost).next().is_some() {
                // What it waits for will never be over: it stays as it is.
                task.state = TaskState::Cancelled;
                settled = true;
            } else if task.after.intersection(&all).all(|need| done.contains(need)) {
                if task.work == Work::Keep {
                    task.state = TaskState::Done;
                    settled = true;
                } else {
                    task.state = TaskState::Scheduled;
                    starts.push(name.clone());
                }
            }
        }
        if !settled {
            return starts;
        }
    }
}

/// Cancels what runs, and returns its names.
fn cancel_running(stack: &mut Stack, at: Moment<'_>) -> Vec<String> {
    let Some(operation) = &mut stack.operation else {
        return Vec::new();
    };
    let mut cancelled = Vec::new();
    for (name, task) in &mut operation.tasks {
        match task.state {
            TaskState::Started | TaskState::Called => {
                task.state = TaskState::Cancelled;
                cancelled.push((name.clone(), task.work));
            }
            TaskState::Scheduled => task.state = TaskState::Waiting,
            TaskState::Waiting | TaskState::Done | TaskState::Failed | TaskState::Cancelled => {}
        }
    }
    for (name, work) in &cancelled {
        let (status, reason) = match work {
            Work::Import => (ResourceStatus::ImportFailed, "Resource import cancelled"),
            Work::Create => (ResourceStatus::CreateFailed, "Resource creation cancelled"),
            Work::Keep | Work::Update | Work::Replace | Work::Restore => {
                (ResourceStatus::UpdateFailed, "Resource update cancelled")
            }
            Work::Delete => (ResourceStatus::DeleteFailed, "Resource deletion cancelled"),
        };
        record(stack, name, status, Some(reason.to_owned()), at);
    }
    cancelled.into_iter().map(|(name, _)| name).collect()
}

/// Finds the stack of an effect, unless the effect belongs to a phase that is over.
pub(super) fn stack_in_phase(
    region: &Region,
    stack_id: &str,
    phase: u64,
    logical_id: &str,
    state: TaskState,
) -> Option<(usize, Work)> {
    let index = stack::find(region, stack_id)?;
    let operation = region.stacks[index].operation.as_ref()?;
    let task = operation.tasks.get(logical_id)?;
    (operation.phase_serial == phase && task.state == state).then_some((index, task.work))
}

pub(super) fn set_state(stack: &mut Stack, logical_id: &str, state: TaskState) {
    if let Some(task) = stack.operation.as_mut().and_then(|operation| operation.tasks.get_mut(logical_id)) {
        task.state = state;
    }
}

fn set_work(stack: &mut Stack, logical_id: &str, work: Work) {
    if let Some(task) = stack.operation.as_mut().and_then(|operation| operation.tasks.get_mut(logical_id)) {
        task.work = work;
    }
}

/// The resource that a task of the present phase works on: in a cleanup that is the old physical one.
pub(super) fn subject<'a>(stack: &'a mut Stack, logical_id: &str) -> Option<&'a mut Resource> {
    match stack.operation.as_mut() {
        Some(operation) if matches!(operation.phase, Phase::Cleanup | Phase::RollbackCleanup) => {
            operation.leftovers.get_mut(logical_id)
        }
        _ => stack.resources.get_mut(logical_id),
    }
}

/// Puts a resource into a status and writes the event.
pub(super) fn record(
    stack: &mut Stack,
    logical_id: &str,
    status: ResourceStatus,
    reason: Option<String>,
    at: Moment<'_>,
) {
    let Some(resource) = subject(stack, logical_id) else {
        return;
    };
    resource.status = status;
    resource.status_reason.clone_from(&reason);
    resource.changed = at.now;
    let resource = resource.clone();
    let with_properties = !status.as_str().starts_with("DELETE_");
    let event = ResourceEvent {
        logical_id,
        physical_id: &resource.physical_id,
        resource_type: resource.kind.name(),
        status,
        reason,
        properties: with_properties.then_some(&resource.properties),
        hook: None,
    };
    resource_event(stack, event, at.now);
}

/// A hook looks at a resource before its handler is called; its events come between.
pub(super) fn hook_event(stack: &mut Stack, logical_id: &str, hook: HookEvent, at: Moment<'_>) {
    let Some(resource) = subject(stack, logical_id).cloned() else { return };
    let event = ResourceEvent {
        logical_id,
        physical_id: &resource.physical_id,
        resource_type: resource.kind.name(),
        status: resource.status,
        reason: None,
        properties: Some(&resource.properties),
        hook: Some(hook),
    };
    resource_event(stack, event, at.now);
}

/// A resource's turn: its first event.
pub(crate) fn start(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Scheduled)
    else {
        return;
    };
    set_state(&mut region.stacks[index], logical_id, TaskState::Started);
    let goes_on = match work {
        Work::Create => start_create(region, index, logical_id, at),
        Work::Import => start_import(region, index, logical_id, at),
        Work::Update => start_update(region, index, logical_id, at),
        Work::Restore => start_restore(region, index, logical_id, at),
        Work::Delete => start_delete(&mut region.stacks[index], logical_id, at),
        Work::Keep | Work::Replace => Next::Done,
    };
    let stack = &mut region.stacks[index];
    match goes_on {
        Next::Call => {
            let effect =
                Effect::TaskCalls { stack_id: stack_id.to_owned(), phase, logical_id: logical_id.to_owned() };
            schedule::after(region, at.now + at.timings.handler_call, effect);
        }
        Next::Done | Next::Skip => {
            set_state(stack, logical_id, TaskState::Done);
            if goes_on == Next::Skip {
                nested::let_go(region, index, logical_id);
            }
            advance(region, stack_id, at.timings.next_resource, at);
        }
        Next::Fail(reason) => fail(region, index, logical_id, reason, at),
    }
}

#[derive(PartialEq)]
enum Next {
    Call,
    Done,
    /// The physical resource stays without a stack.
    Skip,
    Fail(String),
}

pub(super) fn fail(region: &mut Region, index: usize, logical_id: &str, reason: String, at: Moment<'_>) {
    let stack = &mut region.stacks[index];
    let work =
        stack.operation.as_ref().and_then(|operation| operation.tasks.get(logical_id)).map(|task| task.work);
    let status = match work {
        Some(Work::Create) => ResourceStatus::CreateFailed,
        Some(Work::Import) => ResourceStatus::ImportFailed,
        Some(Work::Delete) => ResourceStatus::DeleteFailed,
        Some(Work::Keep | Work::Update | Work::Replace | Work::Restore) | None => {
            ResourceStatus::UpdateFailed
        }
    };
    record(stack, logical_id, status, Some(reason), at);
    set_state(stack, logical_id, TaskState::Failed);
    let stack_id = stack.id.clone();
    advance(region, &stack_id, at.timings.next_resource, at);
}

/// The properties that a resource is to have, everything being known.
pub(super) fn resolved(
    region: &Region,
    index: usize,
    logical_id: &str,
) -> Result<(ResourceType, Value, Policy, Policy), String> {
    let stack = &region.stacks[index];
    let definition = stack.definition.as_ref().ok_or("Internal Failure")?;
    let template = definition.template.resource(logical_id).ok_or("Internal Failure")?;
    let exports = exports(region, None);
    let scope = Scope::new(&region.name, stack, definition, None, &exports);
    let properties = differences::properties(template, &scope)?;
    let kind =
        template.get("Type").and_then(Value::as_str).and_then(ResourceType::of).ok_or("Internal Failure")?;
    let policy = |attribute: &str| Policy::of(template.get(attribute).and_then(Value::as_str));
    Ok((kind, properties, policy("DeletionPolicy"), policy("UpdateReplacePolicy")))
}

fn start_create(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let outcome = resolved(region, index, logical_id);
    let (kind, properties, deletion_policy, update_replace_policy, problem) = match outcome {
        Ok((kind, properties, deletion, replace)) => (kind, properties, deletion, replace, None),
        Err(reason) => {
            // The event needs a type even when the properties cannot be worked out.
            let definition = region.stacks[index].definition.as_ref();
            let template = definition.and_then(|definition| definition.template.resource(logical_id));
            let kind = template.and_then(|template| ResourceType::of(template.get("Type")?.as_str()?));
            let Some(kind) = kind else { return Next::Done };
            (kind, json!({}), Policy::Delete, Policy::Delete, Some(reason))
        }
    };
    let stack = &mut region.stacks[index];
    stack.resources.insert(
        logical_id.to_owned(),
        Resource {
            kind,
            physical_id: String::new(),
            status: ResourceStatus::CreateInProgress,
            status_reason: None,
            changed: at.now,
            properties,
            attributes: std::collections::BTreeMap::new(),
            deletion_policy,
            update_replace_policy,
            drift: None,
        },
    );
    if let Some(reason) = problem {
        return Next::Fail(reason);
    }
    record(stack, logical_id, ResourceStatus::CreateInProgress, None, at);
    Next::Call
}

/// A physical resource becomes the stack's, under the name that the change set found it by.
fn start_import(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(reason) => return Next::Fail(reason),
    };
    let stack = &mut region.stacks[index];
    let identifier =
        stack.operation.as_ref().and_then(|operation| operation.imports.get(logical_id)).cloned();
    stack.resources.insert(
        logical_id.to_owned(),
        Resource {
            kind,
            physical_id: identifier.unwrap_or_default(),
            status: ResourceStatus::ImportInProgress,
            status_reason: None,
            changed: at.now,
            properties,
            attributes: std::collections::BTreeMap::new(),
            deletion_policy,
            update_replace_policy,
            drift: None,
        },
    );
    record(stack, logical_id, ResourceStatus::ImportInProgress, Some(IMPORT_STARTED.to_owned()), at);
    Next::Call
}

fn start_update(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let operation = region.stacks[index].operation.as_ref();
    if let Some(reason) = operation.and_then(|operation| operation.denied.get(logical_id)) {
        return Next::Fail(reason.clone());
    }
    let (kind, properties, deletion_policy, update_replace_policy) = match resolved(region, index, logical_id)
    {
        Ok(resolved) => resolved,
        Err(reason) => return Next::Fail(reason),
    };
    let stack = &mut region.stacks[index];
    let tags_changed = kind.takes_stack_tags() && tags_changed(stack);
    let Some(resource) = stack.resources.get_mut(logical_id) else {
        return Next::Done;
    };
    resource.deletion_policy = deletion_policy;
    resource.update_replace_policy = update_replace_policy;
    let replace = differences::must_replace(resource, kind, &properties);
    // Whether a nested stack has anything to do turns out when its template is read.
    if !replace
        && !tags_changed
        && kind != ResourceType::Stack
        && differences::same_properties(resource, &properties)
    {
        // Only policies or metadata change, or what was unknown turned out the same: no event, no call.
        return Next::Done;
    }
    let old_id = resource.physical_id.clone();
    let same_kind = resource.kind == kind;
    let deed = if replace { Deed::Replace } else { Deed::Modify };
    if let Some(reason) = denied(stack, deed, logical_id, kind) {
        return Next::Fail(reason);
    }
    if !replace {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return Next::Call;
    }
    let custom_name =
        kind.name_property().and_then(|property| properties.get(property)?.as_str().map(str::to_owned));
    let same_name = custom_name.filter(|name| *name == old_id && same_kind);
    record(stack, logical_id, ResourceStatus::UpdateInProgress, Some(REPLACES.to_owned()), at);
    if let Some(name) = same_name {
        return Next::Fail(format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename {name} and \
             update the stack again."
        ));
    }
    if stack.disable_rollback {
        return Next::Fail(
            "Replacement type updates not supported on stack with disable-rollback.".to_owned(),
        );
    }
    set_work(stack, logical_id, Work::Replace);
    Next::Call
}

/// What the stack policy says against it; the rollback then knows that nothing was done.
fn denied(stack: &mut Stack, deed: Deed, logical_id: &str, kind: ResourceType) -> Option<String> {
    let operation = stack.operation.as_mut()?;
    let policy = operation.policy.as_deref().or(stack.policy.as_deref());
    let reason = stack_policy::judge(policy, deed, logical_id, kind)?;
    operation.denied.insert(logical_id.to_owned(), reason.clone());
    Some(reason)
}

fn tags_changed(stack: &Stack) -> bool {
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let old = previous.and_then(|previous| previous.definition.as_ref()).map(|definition| &definition.tags);
    let new = stack.definition.as_ref().map(|definition| &definition.tags);
    previous.is_some() && old != new
}

fn start_restore(region: &mut Region, index: usize, logical_id: &str, at: Moment<'_>) -> Next {
    let stack = &mut region.stacks[index];
    let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
    let Some(old) = previous.and_then(|previous| previous.resources.get(logical_id)).cloned() else {
        return Next::Done;
    };
    let Some(present) = stack.resources.get(logical_id).cloned() else {
        return Next::Done;
    };
    if present.physical_id == old.physical_id {
        record(stack, logical_id, ResourceStatus::UpdateInProgress, None, at);
        return Next::Call;
    }
    // The old physical resource is still there; the new one goes in the cleanup.
    if let Some(operation) = &mut stack.operation {
        operation
            .leftovers
            .insert(logical_id.to_owned(), Resource { deletion_policy: Policy::Delete, ..present });
    }
    stack.resources.insert(logical_id.to_owned(), old);
    record(stack, logical_id, ResourceStatus::UpdateComplete, None, at);
    Next::Done
}

fn start_delete(stack: &mut Stack, logical_id: &str, at: Moment<'_>) -> Next {
    let Some(operation) = &stack.operation else {
        return Next::Done;
    };
    let undoes_creation = match operation.phase {
        Phase::Rollback | Phase::RollbackCleanup => true,
        Phase::Delete => operation.kind == OperationKind::Create,
        Phase::Forward | Phase::Cleanup => false,
    };
    let spared = operation.retain.contains(logical_id);
    let no_retain = operation.retain_except_on_create;
    let Some(resource) = subject(stack, logical_id) else {
        return Next::Done;
    };
    let keeps = match resource.deletion_policy {
        Policy::Delete => false,
        Policy::Retain => !(undoes_creation && no_retain),
        Policy::RetainExceptOnCreate => !undoes_creation,
    };
    if resource.physical_id.is_empty() {
        // It never came to be; AWS says it is gone.
        record(stack, logical_id, ResourceStatus::DeleteComplete, None, at);
        return Next::Done;
    }
    if spared || keeps {
        record(stack, logical_id, ResourceStatus::DeleteSkipped, None, at);
        return Next::Skip;
    }
    record(stack, logical_id, ResourceStatus::DeleteInProgress, None, at);
    Next::Call
}

/// The handler is done.
pub(crate) fn end(region: &mut Region, stack_id: &str, phase: u64, logical_id: &str, at: Moment<'_>) {
    let Some((index, work)) = stack_in_phase(region, stack_id, phase, logical_id, TaskState::Called) else {
        return;
    };
    if matches!(work, Work::Create | Work::Replace) {
        let on = HandlerOperation::Stabilize;
        let turn = super::calls::next_turn(region, index, logical_id, on);
        if let Some(reason) = at.faults.on_resource(logical_id, on, turn) {
            return fail(region, index, logical_id, reason.to_owned(), at);
        }
    }
    let status = match work {
        Work::Create => ResourceStatus::CreateComplete,
        // An import ends with the update that puts the stack's tags on.
        Work::Keep | Work::Update | Work::Replace | Work::Restore | Work::Import => {
            ResourceStatus::UpdateComplete
        }
        Work::Delete => ResourceStatus::DeleteComplete,
    };
    let stack = &mut region.stacks[index];
    record(stack, logical_id, status, None, at);
    set_state(stack, logical_id, TaskState::Done);
    advance(region, stack_id, at.timings.next_resource, at);
}
