//! The phases of an operation, and the stack events between them.

use std::collections::{BTreeMap, BTreeSet};

use super::begin::USER_INITIATED;
use super::operation::{Operation, OperationKind, Phase, Task, TaskState, Work};
use super::outputs::set_outputs;
use super::{plan, tasks};
use crate::cloudformation::change_set::{ExecutionStatus, OnFailure};
use crate::cloudformation::event::stack_event;
use crate::cloudformation::stack::{self, Resource, ResourceStatus, Stack, StackStatus};
use crate::state::{Moment, Region};

/// The resources that are there, or half there.
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
    if phase == Phase::Rollback {
        // The automatic rollback is an operation of its own; it keeps the request token.
        operation.id = operation_id;
    }
    operation.phase = phase;
    operation.phase_serial = serial;
    operation.tasks = tasks;
    if let Some((status, reason)) = event {
        stack_event(stack, status, reason, at.now, event_id);
    }
    let id = stack.id.clone();
    tasks::advance(region, &id, at.timings.first_resource, at);
}

/// The last task of a phase is over: what follows.
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
    match (operation.phase, operation.kind) {
        (Phase::Forward, OperationKind::Update) => end_update(region, index, &operation, at),
        (Phase::Forward, OperationKind::Create | OperationKind::Delete) => {
            end_creation(region, index, &operation, at);
        }
        (Phase::Cleanup, _) => end_cleanup(region, index, &operation, at),
        (Phase::Rollback, OperationKind::Update) => end_update_rollback(region, index, &operation, at),
        (Phase::Rollback, OperationKind::Create | OperationKind::Delete) => {
            end_deletion(
                region,
                index,
                &operation,
                StackStatus::RollbackComplete,
                StackStatus::RollbackFailed,
                at,
            );
        }
        (Phase::RollbackCleanup, _) => {
            finish(
                region,
                index,
                StackStatus::UpdateRollbackComplete,
                None,
                ExecutionStatus::ExecuteFailed,
                at,
            );
        }
        (Phase::Delete, _) => {
            end_deletion(
                region,
                index,
                &operation,
                StackStatus::DeleteComplete,
                StackStatus::DeleteFailed,
                at,
            );
        }
    }
}

/// `The following resource(s) failed to create: [A, B]. `
fn failure_text(operation: &Operation) -> String {
    let mut text = String::new();
    let groups: [(&str, &[Work]); 3] = [
        ("create", &[Work::Create]),
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
    let failure = if has_failed(operation) {
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
    let tasks = plan::deletion(&present(stack), stack.definition.as_ref());
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
    let failure = if operation.cancelled {
        Some(USER_INITIATED.to_owned())
    } else if has_failed(operation) {
        Some(failure_text(operation))
    } else {
        set_outputs(region, index).err()
    };
    if let Some(failure) = failure {
        if operation.on_failure == OnFailure::DoNothing && !operation.cancelled {
            return finish(
                region,
                index,
                StackStatus::UpdateFailed,
                Some(failure),
                ExecutionStatus::ExecuteFailed,
                at,
            );
        }
        return begin_update_rollback(region, index, operation, failure, at);
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
    let tasks = plan::deletion(&leftovers, old);
    let event = (StackStatus::UpdateCompleteCleanupInProgress, None);
    enter(region, index, Phase::Cleanup, tasks, Some(event), at);
}

fn end_cleanup(region: &mut Region, index: usize, operation: &Operation, at: Moment<'_>) {
    let reason = has_failed(operation)
        .then(|| "Update successful. One or more resources could not be deleted.".to_owned());
    finish(region, index, StackStatus::UpdateComplete, reason, ExecutionStatus::ExecuteComplete, at);
}

fn begin_update_rollback(
    region: &mut Region,
    index: usize,
    operation: &Operation,
    reason: String,
    at: Moment<'_>,
) {
    let old = operation.previous.as_ref();
    // Only what the update touched goes back; the order is that of the update, turned round.
    let touched: BTreeSet<String> = operation
        .tasks
        .iter()
        .filter(|(_, task)| matches!(task.work, Work::Update | Work::Replace) && task.is_over())
        .map(|(name, _)| name.clone())
        .collect();
    let mut tasks: BTreeMap<String, Task> =
        touched.iter().map(|name| (name.clone(), Task::new(Work::Restore, BTreeSet::new()))).collect();
    for name in &touched {
        for need in operation.tasks[name].after.intersection(&touched) {
            if let Some(task) = tasks.get_mut(need) {
                task.after.insert(name.clone());
            }
        }
    }
    let stack = &mut region.stacks[index];
    // What it replaced stays: the old physical resources are the stack's again.
    if let Some(operation) = &mut stack.operation {
        operation.leftovers.clear();
        operation.cancelled = false;
    }
    if let Some(old) = old {
        stack.definition.clone_from(&old.definition);
        stack.change_set_id.clone_from(&old.change_set_id);
    }
    enter(
        region,
        index,
        Phase::Rollback,
        tasks,
        Some((StackStatus::UpdateRollbackInProgress, Some(reason))),
        at,
    );
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
    let tasks = plan::deletion(&leftovers, None);
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
    if complete == StackStatus::DeleteComplete {
        let stack = &mut region.stacks[index];
        stack.outputs.clear();
        stack.change_set_id = None;
        let stack_id = stack.id.clone();
        region.change_sets.retain(|change_set| change_set.stack_id != stack_id);
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
    let operation = stack.operation.take();
    if let Some(id) = operation.and_then(|operation| operation.change_set_id)
        && let Some(change_set) = region.change_sets.iter_mut().find(|change_set| change_set.id == id)
    {
        change_set.execution = execution;
    }
}
