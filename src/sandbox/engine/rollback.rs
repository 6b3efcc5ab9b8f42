//! The rollback of an update: automatic, by RollbackStack, or continued after it failed.

use std::collections::{BTreeMap, BTreeSet};

use super::begin::{USER_INITIATED, note_stale};
use super::phases::{enter, present};
use crate::engine::differences;
use crate::state::event;
use crate::state::operation::{Operation, OperationKind, Phase, Task, TaskState, Work};
use crate::state::resource_type::ResourceType;
use crate::state::stack::{OperationType, PastOperation, ResourceStatus, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::template::order;

/// Begins the rollback of an update. `reason` is that of the stack's event.
pub(super) fn begin_update_rollback(
    region: &mut Region,
    index: usize,
    operation: &Operation,
    reason: Option<String>,
    at: Moment<'_>,
) {
    // Only changed resources are restored, in the reverse order of the update.
    let touched = touched(&region.stacks[index], operation);
    let mut tasks: BTreeMap<String, Task> =
        touched.iter().map(|name| (name.clone(), Task::new(Work::Restore, BTreeSet::new()))).collect();
    for name in &touched {
        let Some(done) = operation.tasks.get(name) else { continue };
        for need in done.after.intersection(&touched) {
            if let Some(task) = tasks.get_mut(need) {
                task.after.insert(name.clone());
            }
        }
    }
    let stack = &mut region.stacks[index];
    // The replaced physical resources still exist and belong to the stack again.
    if let Some(operation) = &mut stack.operation {
        operation.leftovers.clear();
        operation.called_off = None;
    }
    if let Some(old) = &operation.previous {
        stack.definition.clone_from(&old.definition);
        stack.change_set_id.clone_from(&old.change_set_id);
        // A nested stack that completed its update no longer lists the resources that it removed.
        for (name, resource) in &old.resources {
            stack.resources.entry(name.clone()).or_insert_with(|| resource.clone());
        }
    }
    let event = Some((StackStatus::UpdateRollbackInProgress, reason));
    enter(region, index, Phase::Rollback, tasks, event, at);
}

/// The resources that this attempt or an earlier one has changed, or may have changed.
fn touched(stack: &Stack, operation: &Operation) -> BTreeSet<String> {
    let attempted = operation
        .tasks
        .iter()
        .filter(|(_, task)| matches!(task.work, Work::Update | Work::Replace) && task.is_over())
        .filter(|(name, _)| !operation.denied.contains_key(*name))
        .map(|(name, _)| name.clone());
    let previous = operation.previous.iter().flat_map(|previous| &previous.resources);
    let differs = previous.filter(|(name, old)| {
        stack.resources.get(*name).is_some_and(|present| {
            present.physical_id != old.physical_id
                || !differences::same_properties(present, &old.properties)
                || (present.kind == ResourceType::Stack && present.status == ResourceStatus::UpdateFailed)
        })
    });
    attempted.chain(differs.map(|(name, _)| name.clone())).collect()
}

/// RollbackStack: rolls back an operation that failed with rollback disabled. Returns the operation's id.
pub(crate) fn from_pause(
    region: &mut Region,
    index: usize,
    token: Option<String>,
    retain_except_on_create: bool,
    at: Moment<'_>,
) -> Option<String> {
    let id = region.random.uuid();
    let stack = &mut region.stacks[index];
    let mut operation = stack.paused.take()?;
    note_stale(stack, at);
    operation.id.clone_from(&id);
    // The rollback of a nested stack has its parent's token.
    if token.is_some() || !operation.nested {
        operation.token = token;
    }
    operation.retain_except_on_create |= retain_except_on_create;
    operation.phase = Phase::Rollback;
    stack.past.insert(0, PastOperation { id: id.clone(), kind: OperationType::Rollback });
    stack.operation = Some(operation.clone());
    let reason = Some(USER_INITIATED.to_owned());
    if operation.kind == OperationKind::Update && operation.previous.is_some() {
        begin_update_rollback(region, index, &operation, reason, at);
    } else {
        // There is no earlier state: everything is deleted.
        if let Some(operation) = &mut stack.operation {
            operation.kind = OperationKind::Create;
        }
        stack.deleted = Some(at.now);
        let tasks = order::deletion(&present(stack), stack.definition.as_ref());
        let event = Some((StackStatus::RollbackInProgress, reason));
        enter(region, index, Phase::Rollback, tasks, event, at);
    }
    Some(id)
}

/// ContinueUpdateRollback: tries the failed resources again, or skips them.
pub(crate) fn go_on(
    region: &mut Region,
    index: usize,
    token: Option<String>,
    skip: BTreeSet<String>,
    at: Moment<'_>,
) {
    let id = region.random.uuid();
    let stack = &mut region.stacks[index];
    let Some(mut operation) = stack.paused.take() else { return };
    note_stale(stack, at);
    operation.id.clone_from(&id);
    if token.is_some() || !operation.nested {
        operation.token = token;
    }
    let mut tasks = std::mem::take(&mut operation.tasks);
    for (name, task) in &mut tasks {
        if skip.contains(name) {
            task.state = TaskState::Done;
        } else if task.state != TaskState::Done {
            task.state = TaskState::Waiting;
        }
    }
    operation.skip = skip;
    stack.past.insert(0, PastOperation { id, kind: OperationType::ContinueRollback });
    let skipped: Vec<String> = operation.skip.iter().filter(|name| !name.contains('.')).cloned().collect();
    stack.operation = Some(operation);
    let event = Some((StackStatus::UpdateRollbackInProgress, Some(USER_INITIATED.to_owned())));
    enter(region, index, Phase::Rollback, tasks, event, at);
    let stack = &mut region.stacks[index];
    for name in skipped {
        // CloudFormation assumes that a skipped resource is in its previous state.
        super::tasks::record(stack, &name, ResourceStatus::UpdateComplete, None, at);
        let previous = stack.operation.as_ref().and_then(|operation| operation.previous.as_ref());
        let old = previous.and_then(|previous| previous.resources.get(&name)).cloned();
        if let (Some(old), Some(present)) = (old, stack.resources.get_mut(&name)) {
            present.properties = old.properties;
        }
    }
}

/// The resources of a failed rollback that can be skipped.
pub(crate) fn stuck(stack: &Stack) -> BTreeSet<String> {
    stack
        .paused
        .as_ref()
        .map(|operation| operation.failed(&[Work::Restore]))
        .unwrap_or_default()
        .into_iter()
        .collect()
}

/// Removes imported resources from the stack, which is as before the import.
pub(super) fn undo_import(
    region: &mut Region,
    index: usize,
    operation: &Operation,
    reason: String,
    at: Moment<'_>,
) {
    let (begins, ends) = (region.random.uuid(), region.random.uuid());
    let stack = &mut region.stacks[index];
    event::stack_event(stack, StackStatus::ImportRollbackInProgress, Some(reason), at.now, begins);
    for name in operation.tasks.iter().filter(|(_, task)| task.work == Work::Import).map(|(name, _)| name) {
        for status in [ResourceStatus::ImportRollbackInProgress, ResourceStatus::ImportRollbackComplete] {
            super::tasks::record(stack, name, status, None, at);
        }
    }
    if let Some(old) = &operation.previous {
        stack.definition.clone_from(&old.definition);
        stack.change_set_id.clone_from(&old.change_set_id);
        stack.resources.clone_from(&old.resources);
    }
    event::stack_event(stack, StackStatus::ImportRollbackComplete, None, at.now, ends);
}
