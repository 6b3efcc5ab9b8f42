//! Tasks: one resource in one phase, from its start through the handler's call to its end.
//!
//! A created resource leaves three events, an updated one two, a replaced one three with two physical ids, a deleted one
//! two or the single DELETE_SKIPPED. The first failure of a forward phase stops the operation and cancels running tasks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::nested;
use crate::clock::Millis;
use crate::engine::failure::Failure;
use crate::state::event::{ResourceEvent, resource_event};
use crate::state::faults::HandlerOperation;
use crate::state::hook::HookEvent;
use crate::state::operation::{Operation, OperationKind, Phase, TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::schedule::{self, Effect};
use crate::state::stack::{self, Policy, Resource, ResourceStatus, Stack};
use crate::state::{Moment, Region};
use crate::template::intrinsics::Scope;
use crate::template::outputs::exports;

/// Schedules what is next: the start of ready tasks after `delay`, or the end of the phase.
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
    let over = operation.tasks.values().all(crate::state::operation::Task::is_over);
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

/// Deletions continue after a failure; everything else stops at the first.
fn stops(operation: &Operation) -> bool {
    match operation.phase {
        Phase::Forward => true,
        Phase::Rollback => operation.kind == OperationKind::Update && operation.previous.is_some(),
        Phase::Cleanup | Phase::RollbackCleanup | Phase::Delete => false,
    }
}

/// Marks the tasks that are ready, and ends those with nothing to do.
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
                // A task that it depends on has failed, so it never starts.
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

/// Cancels running tasks and returns their logical ids.
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

pub(super) fn set_work(stack: &mut Stack, logical_id: &str, work: Work) {
    if let Some(task) = stack.operation.as_mut().and_then(|operation| operation.tasks.get_mut(logical_id)) {
        task.work = work;
    }
}

/// The resource that a task of this phase is about; in a cleanup, the old physical resource.
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

/// Records a hook's result on a resource, before the handler is called.
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

/// The properties of a resource, with all values known.
pub(super) fn resolved(
    region: &Region,
    index: usize,
    logical_id: &str,
) -> Result<(ResourceType, Value, Policy, Policy), Failure> {
    let stack = &region.stacks[index];
    let definition = stack.definition.as_ref().ok_or(Failure::Internal)?;
    let template = definition.template.resource(logical_id).ok_or(Failure::Internal)?;
    let exports = exports(region, None);
    let scope = Scope::new(&region.name, stack, definition, None, &exports);
    let properties = scope.properties(template)?;
    let kind =
        template.get("Type").and_then(Value::as_str).and_then(ResourceType::of).ok_or(Failure::Internal)?;
    let policy = |attribute: &str| Policy::of(template.get(attribute).and_then(Value::as_str));
    Ok((kind, properties, policy("DeletionPolicy"), policy("UpdateReplacePolicy")))
}

/// Ends a task whose handler has finished.
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
