//! The phases of an operation, and the stack events between them.

use std::collections::{BTreeMap, BTreeSet};

use super::rollback::{self, begin_update_rollback};
use super::{nested, tasks};
use crate::state::change_set::{ExecutionStatus, OnFailure};
use crate::state::event::stack_event;
use crate::state::operation::{Operation, OperationKind, Phase, Task, TaskState, Work};
use crate::state::schedule::{self, Effect};
use crate::state::stack::{self, OperationType, PastOperation, Resource, ResourceStatus, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::template::order;
use crate::template::outputs::set_outputs;

/// The resources that are not deleted.
pub(super) fn present(stack: &Stack) -> BTreeMap<String, Resource> {
    stack
        .resources
        .iter()
        .filter(|(_, resource)| {
            !matches!(resource.status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped)
        })
        .map(|(name, resource)| (name.clone(), resource.clone()))
        .collect()
}

pub(super) fn enter(
    region: &mut Region,
    index: usize,
    phase: Phase,
    tasks: BTreeMap<String, Task>,
    event: Option<(StackStatus, Option<String>)>,
    at: Moment<'_>,
) {
    let serial = region.next_serial();
    let (event_id, operation_id) = (region.random.uuid(), region.random.uuid());
    let stack = &mut region.stacks[index];
    let Some(operation) = &mut stack.operation else {
        return;
    };
    if phase == Phase::Rollback && operation.phase != Phase::Rollback {
        // The automatic rollback is an operation of its own; it keeps the request token.
        operation.id.clone_from(&operation_id);
        stack.past.insert(0, PastOperation { id: operation_id, kind: OperationType::Rollback });
    }
    let cleans_up = matches!(phase, Phase::Cleanup | Phase::RollbackCleanup);
    operation.phase = phase;
    operation.phase_serial = serial;
    operation.tasks = tasks;
    operation.held = operation.nested && cleans_up;
    let held = operation.held;
    if let Some((status, reason)) = event {
        stack_event(stack, status, reason, at.now, event_id);
    }
    let id = stack.id.clone();
    if cleans_up && !held {
        nested::release(region, &id, at);
    }
    tasks::advance(region, &id, at.timings.first_resource, at);
    nested::tell_parent(region, &id, at);
}

/// Ends a phase whose last task is done, and begins what follows.
pub(crate) fn end(region: &mut Region, stack_id: &str, phase: u64, at: Moment<'_>) {
    let Some(index) = stack::find(region, stack_id) else {
        return;
    };
    let Some(operation) = region.stacks[index].operation.clone() else {
        return;
    };
    if operation.phase_serial != phase {
        return;
    }
    let cleans_up = matches!(operation.phase, Phase::Cleanup | Phase::RollbackCleanup);
    if cleans_up && nested::release(region, stack_id, at) {
        // The stack is done when its nested stacks have cleaned up.
        let effect = Effect::PhaseEnds { stack_id: stack_id.to_owned(), phase };
        return schedule::after(region, at.now + at.timings.settle, effect);
    }
    if watches(region, index, &operation, at) {
        return;
    }
    if let Some(operation) = region.stacks[index].operation.clone() {
        begin_next(region, index, &operation, at);
    }
}

/// What follows a phase: the next phase, or the operation's end.
fn begin_next(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    match (operation.phase, operation.kind) {
        (Phase::Forward, OperationKind::Import) => end_import(region, index, operation, at),
        (Phase::Forward, OperationKind::Update) => end_update(region, index, operation, at),
        (Phase::Forward, OperationKind::Create | OperationKind::Delete) => {
            end_creation(region, index, operation, at);
        }
        (Phase::Cleanup, _) => end_cleanup(region, index, operation, at),
        (Phase::Rollback, OperationKind::Update) => end_update_rollback(region, index, operation, at),
        (Phase::Rollback, OperationKind::Create | OperationKind::Delete | OperationKind::Import) => {
            let (complete, failed) = (StackStatus::RollbackComplete, StackStatus::RollbackFailed);
            end_deletion(region, index, operation, complete, failed, at);
        }
        (Phase::RollbackCleanup, _) => {
            let (status, execution) = (StackStatus::UpdateRollbackComplete, ExecutionStatus::ExecuteFailed);
            finish(region, index, status, None, execution, at);
        }
        (Phase::Delete, _) => {
            let (complete, failed) = (StackStatus::DeleteComplete, StackStatus::DeleteFailed);
            end_deletion(region, index, operation, complete, failed, at);
        }
    }
}

/// Rollback triggers: an alarm cancels the operation; otherwise the stack waits for the monitoring time.
fn watches(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) -> bool {
    let Region { stacks, services, .. } = region;
    let stack = &mut stacks[index];
    let Some(rollback) = stack.definition.as_ref().map(|definition| &definition.rollback) else {
        return false;
    };
    let forward = matches!(operation.kind, OperationKind::Create | OperationKind::Update);
    if operation.phase != Phase::Forward
        || !forward
        || has_failed(operation)
        || operation.called_off.is_some()
    {
        return false;
    }
    let (pulled, wait) = (rollback.pulled(services, at), rollback.watch());
    let Some(running) = &mut stack.operation else { return false };
    if let Some(reason) = pulled {
        running.called_off = Some(format!("{reason}. "));
        return false;
    }
    if running.watched || wait == 0 {
        return false;
    }
    running.watched = true;
    let effect = Effect::PhaseEnds { stack_id: stack.id.clone(), phase: running.phase_serial };
    schedule::after(region, at.now + wait, effect);
    true
}

/// `The following resource(s) failed to create: [A, B]. `
fn failure_text(operation: &Operation) -> String {
    let mut text = String::new();
    let groups: [(&str, &[Work]); 4] = [
        ("create", &[Work::Create]),
        ("import", &[Work::Import]),
        ("update", &[Work::Update, Work::Replace, Work::Restore]),
        ("delete", &[Work::Delete]),
    ];
    for (verb, works) in groups {
        let failed = operation.failed(works);
        if !failed.is_empty() {
            text.push_str(&format!("The following resource(s) failed to {verb}: [{}]. ", failed.join(", ")));
        }
    }
    text
}

fn has_failed(operation: &Operation) -> bool {
    operation.tasks.values().any(|task| task.state == TaskState::Failed)
}

fn end_creation(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    let failure = if let Some(reason) = &operation.called_off {
        Some(reason.clone())
    } else if has_failed(operation) {
        Some(failure_text(operation))
    } else {
        set_outputs(region, index).err().map(|reason| format!("{reason}. "))
    };
    let Some(failure) = failure else {
        return finish(
            region,
            index,
            StackStatus::CreateComplete,
            None,
            ExecutionStatus::ExecuteComplete,
            at,
        );
    };
    let stack = &mut region.stacks[index];
    let tasks = order::deletion(&present(stack), stack.definition.as_ref());
    match operation.on_failure {
        OnFailure::DoNothing => {
            finish(
                region,
                index,
                StackStatus::CreateFailed,
                Some(failure),
                ExecutionStatus::ExecuteFailed,
                at,
            );
        }
        OnFailure::Rollback => {
            stack.deleted = Some(at.now);
            let event =
                (StackStatus::RollbackInProgress, Some(format!("{failure}Rollback requested by user.")));
            enter(region, index, Phase::Rollback, tasks, Some(event), at);
        }
        OnFailure::Delete => {
            stack.deleted = Some(at.now);
            let event = (StackStatus::DeleteInProgress, Some(format!("{failure}Delete requested by user.")));
            enter(region, index, Phase::Delete, tasks, Some(event), at);
        }
    }
}

fn end_update(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    let failure = if let Some(reason) = &operation.called_off {
        Some(reason.clone())
    } else if has_failed(operation) {
        Some(failure_text(operation))
    } else {
        set_outputs(region, index).err().map(|error| error.to_string())
    };
    if let Some(failure) = failure {
        if operation.on_failure == OnFailure::DoNothing && operation.called_off.is_none() {
            return finish(
                region,
                index,
                StackStatus::UpdateFailed,
                Some(failure),
                ExecutionStatus::ExecuteFailed,
                at,
            );
        }
        return begin_update_rollback(region, index, operation, Some(failure), at);
    }
    let stack = &mut region.stacks[index];
    let wanted = operation.tasks.keys().cloned().collect::<BTreeSet<_>>();
    let removed: Vec<String> =
        stack.resources.keys().filter(|name| !wanted.contains(*name)).cloned().collect();
    for name in removed {
        if let (Some(resource), Some(operation)) = (stack.resources.remove(&name), &mut stack.operation) {
            operation.leftovers.insert(name, resource);
        }
    }
    let leftovers = stack.operation.as_ref().map(|operation| operation.leftovers.clone()).unwrap_or_default();
    let old = operation.previous.as_ref().and_then(|previous| previous.definition.as_ref());
    let tasks = order::deletion(&leftovers, old);
    let event = (StackStatus::UpdateCompleteCleanupInProgress, None);
    enter(region, index, Phase::Cleanup, tasks, Some(event), at);
}

fn end_import(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    let failure = if has_failed(operation) {
        Some(failure_text(operation))
    } else {
        set_outputs(region, index).err().map(|error| error.to_string())
    };
    match failure {
        Some(failure) => {
            rollback::undo_import(region, index, operation, failure, at);
            settle(region, index, ExecutionStatus::ExecuteFailed);
        }
        None => {
            finish(region, index, StackStatus::ImportComplete, None, ExecutionStatus::ExecuteComplete, at);
        }
    }
}

fn end_cleanup(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    let reason = has_failed(operation)
        .then(|| "Update successful. One or more resources could not be deleted.".to_owned());
    finish(region, index, StackStatus::UpdateComplete, reason, ExecutionStatus::ExecuteComplete, at);
}

fn end_update_rollback(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    if has_failed(operation) {
        let reason = Some(failure_text(operation));
        return finish(
            region,
            index,
            StackStatus::UpdateRollbackFailed,
            reason,
            ExecutionStatus::ExecuteFailed,
            at,
        );
    }
    // The same outputs were resolved before, but one that the update added may be in use by now.
    if let Err(error) = set_outputs(region, index) {
        let status = StackStatus::UpdateRollbackFailed;
        return finish(region, index, status, Some(error.to_string()), ExecutionStatus::ExecuteFailed, at);
    }
    let stack = &mut region.stacks[index];
    let known: BTreeSet<String> = operation
        .previous
        .as_ref()
        .map(|previous| previous.resources.keys().cloned().collect())
        .unwrap_or_default();
    let new: Vec<String> = stack.resources.keys().filter(|name| !known.contains(*name)).cloned().collect();
    for name in new {
        if let (Some(resource), Some(operation)) = (stack.resources.remove(&name), &mut stack.operation) {
            operation.leftovers.insert(name, resource);
        }
    }
    let leftovers = stack.operation.as_ref().map(|operation| operation.leftovers.clone()).unwrap_or_default();
    let tasks = order::deletion(&leftovers, None);
    let event = (StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
    enter(region, index, Phase::RollbackCleanup, tasks, Some(event), at);
}

fn end_deletion(
    region: &mut Region,
    index: usize,
    operation: &Operation,
    complete: StackStatus,
    failed: StackStatus,
    at: Moment<'_>,
) {
    if has_failed(operation) {
        let failures: Vec<String> = operation
            .tasks
            .iter()
            .filter(|(_, task)| task.state == TaskState::Failed)
            .map(|(name, _)| name.clone())
            .collect();
        let reason = format!("The following resource(s) failed to delete: [{}]. ", failures.join(", "));
        return finish(region, index, failed, Some(reason), ExecutionStatus::ExecuteFailed, at);
    }
    let stack = &mut region.stacks[index];
    stack.imports.clear();
    if complete == StackStatus::DeleteComplete {
        stack.outputs.clear();
        stack.change_set_id = None;
        let stack_id = stack.id.clone();
        // One that was executed can still be read by its ARN.
        region.change_sets.retain(|set| set.stack_id != stack_id || set.execution.has_begun());
    }
    finish(region, index, complete, None, ExecutionStatus::ExecuteFailed, at);
}

fn finish(
    region: &mut Region,
    index: usize,
    status: StackStatus,
    reason: Option<String>,
    execution: ExecutionStatus,
    at: Moment<'_>,
) {
    let event_id = region.random.uuid();
    let stack = &mut region.stacks[index];
    stack_event(stack, status, reason, at.now, event_id);
    if matches!(
        status,
        StackStatus::CreateFailed | StackStatus::UpdateFailed | StackStatus::UpdateRollbackFailed
    ) {
        stack.paused.clone_from(&stack.operation);
    }
    let id = stack.id.clone();
    settle(region, index, execution);
    nested::tell_parent(region, &id, at);
}

/// Ends the operation and the execution of its change set.
fn settle(region: &mut Region, index: usize, execution: ExecutionStatus) {
    let operation = region.stacks[index].operation.take();
    if let Some(id) = operation.and_then(|operation| operation.change_set_id)
        && let Some(change_set) = region.change_sets.iter_mut().find(|change_set| change_set.id == id)
    {
        change_set.execution = execution;
    }
}
