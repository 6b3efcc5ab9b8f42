//! The phases of an operation, and the stack events between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::operation::{Operation, OperationKind, Phase, Previous, Task, TaskState, Work};
use super::{plan, tasks};
use crate::cloudformation::change_set::{Change, ExecutionStatus, OnFailure};
use crate::cloudformation::event::stack_event;
use crate::cloudformation::intrinsics::{Scope, scalar};
use crate::cloudformation::stack::{
    self, Definition, Output, Resource, ResourceStatus, Stack, StackStatus, Stale,
};
use crate::state::{Moment, Region};

const USER_INITIATED: &str = "User Initiated";

/// What somebody asks to be done to a stack.
pub(crate) struct Order {
    pub(crate) kind: OperationKind,
    pub(crate) token: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) retain_except_on_create: bool,
    pub(crate) retain: BTreeSet<String>,
    pub(crate) change_set_id: Option<String>,
}

impl Order {
    pub(crate) fn new(kind: OperationKind, token: Option<String>) -> Self {
        Self {
            kind,
            token,
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            retain: BTreeSet::new(),
            change_set_id: None,
        }
    }
}

/// Begins a creation or an update towards `definition`, whose changes are known. Returns the operation's id.
pub(crate) fn begin(
    region: &mut Region,
    index: usize,
    order: Order,
    definition: Definition,
    changes: &[Change],
    at: Moment<'_>,
) -> Result<String, String> {
    let (active, needs) = {
        let exports = exports(region, None);
        let stack = &region.stacks[index];
        let scope = scope(stack, &region.name, &definition, &exports);
        let active = plan::active(&scope)?;
        let needs = plan::dependencies(&scope, &active);
        (active, needs)
    };
    let forward = plan::forward(changes, &active, &needs);
    let id = region.random.uuid();
    let stack = &mut region.stacks[index];
    let (status, previous) = match order.kind {
        OperationKind::Update => {
            stack.updated = Some(at.now);
            let previous = Previous {
                definition: stack.definition.clone(),
                resources: stack.resources.clone(),
                change_set_id: stack.change_set_id.clone(),
            };
            (StackStatus::UpdateInProgress, Some(previous))
        }
        OperationKind::Create | OperationKind::Delete => (StackStatus::CreateInProgress, None),
    };
    note_stale(stack, at);
    stack.definition = Some(definition);
    if let Some(change_set_id) = &order.change_set_id {
        stack.updated = Some(at.now);
        stack.change_set_id = Some(change_set_id.clone());
    }
    stack.operation = Some(operation(id.clone(), order, previous));
    enter(region, index, Phase::Forward, forward, Some((status, Some(USER_INITIATED.to_owned()))), at);
    Ok(id)
}

/// Begins the deletion of a stack. Returns the operation's id.
pub(crate) fn begin_deletion(region: &mut Region, index: usize, order: Order, at: Moment<'_>) -> String {
    let id = region.random.uuid();
    let stack = &mut region.stacks[index];
    // Something that is being created now is cancelled first.
    let tasks = plan::deletion(&present(stack), stack.definition.as_ref());
    note_stale(stack, at);
    stack.deleted = Some(at.now);
    stack.operation = Some(operation(id.clone(), order, None));
    let event = (StackStatus::DeleteInProgress, Some(USER_INITIATED.to_owned()));
    enter(region, index, Phase::Delete, tasks, Some(event), at);
    id
}

/// Calls an update off.
pub(crate) fn cancel(region: &mut Region, index: usize, at: Moment<'_>) {
    let stack = &mut region.stacks[index];
    let Some(operation) = &mut stack.operation else {
        return;
    };
    operation.cancelled = true;
    let (id, phase) = (stack.id.clone(), operation.phase_serial);
    tasks::advance(region, &id, 0, at);
    // The stack turns at once; what was cancelled has its events by now.
    region.schedule.retain(|scheduled| {
        scheduled.effect != super::schedule::Effect::PhaseEnds { stack_id: id.clone(), phase }
    });
    end(region, &id, phase, at);
}

fn operation(id: String, order: Order, previous: Option<Previous>) -> Operation {
    Operation {
        id,
        token: order.token,
        kind: order.kind,
        phase: Phase::Forward,
        phase_serial: 0,
        tasks: BTreeMap::new(),
        on_failure: order.on_failure,
        retain_except_on_create: order.retain_except_on_create,
        retain: order.retain,
        cancelled: false,
        previous,
        leftovers: BTreeMap::new(),
        change_set_id: order.change_set_id,
    }
}

fn note_stale(stack: &mut Stack, at: Moment<'_>) {
    if at.faults.stale_stack_seconds > 0 {
        let until = at.now + i64::from(at.faults.stale_stack_seconds) * 1_000;
        stack.stale = Some(Stale { until, status: stack.status, status_reason: stack.status_reason.clone() });
    }
}

/// The resources that are there, or half there.
fn present(stack: &Stack) -> BTreeMap<String, Resource> {
    stack
        .resources
        .iter()
        .filter(|(_, resource)| {
            !matches!(resource.status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped)
        })
        .map(|(name, resource)| (name.clone(), resource.clone()))
        .collect()
}

fn enter(
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

fn scope<'a>(
    stack: &'a Stack,
    region: &'a str,
    definition: &'a Definition,
    exports: &'a BTreeMap<String, String>,
) -> Scope<'a> {
    Scope {
        definition,
        stack_id: &stack.id,
        stack_name: &stack.name,
        region,
        resources: &stack.resources,
        unknown: None,
        exports,
    }
}

/// What the region's stacks export, but for one of them.
pub(crate) fn exports(region: &Region, but: Option<&str>) -> BTreeMap<String, String> {
    region
        .stacks
        .iter()
        .filter(|stack| stack.status != StackStatus::DeleteComplete && Some(stack.id.as_str()) != but)
        .flat_map(|stack| &stack.outputs)
        .filter_map(|output| Some((output.export.clone()?, output.value.clone())))
        .collect()
}

/// Works the outputs out, now that every resource is there.
fn set_outputs(region: &mut Region, index: usize) -> Result<(), String> {
    let (outputs, imports) = {
        let all = exports(region, None);
        let stack = &region.stacks[index];
        let Some(definition) = &stack.definition else {
            return Ok(());
        };
        let scope = scope(stack, &region.name, definition, &all);
        let outputs = outputs(&scope)?;
        let others = exports(region, Some(&stack.id));
        if let Some(taken) =
            outputs.iter().filter_map(|output| output.export.as_ref()).find(|name| others.contains_key(*name))
        {
            let owner = region
                .stacks
                .iter()
                .find(|stack| stack.outputs.iter().any(|output| output.export.as_ref() == Some(taken)))
                .map(|stack| stack.name.clone())
                .unwrap_or_default();
            return Err(format!("Export with name {taken} is already exported by stack {owner}"));
        }
        (outputs, scope.imports())
    };
    let stack = &mut region.stacks[index];
    stack.outputs = outputs;
    stack.imports = imports;
    Ok(())
}

/// The outputs whose condition holds.
pub(crate) fn outputs(scope: &Scope<'_>) -> Result<Vec<Output>, String> {
    let mut outputs = Vec::new();
    for (key, output) in scope.definition.template.outputs() {
        if let Some(condition) = output.get("Condition").and_then(Value::as_str)
            && !scope.condition(condition)?
        {
            continue;
        }
        let text = |value: Option<&Value>| -> Result<Option<String>, String> {
            Ok(match value {
                Some(value) => scope.resolve(value)?.map(|value| scalar(&value)),
                None => None,
            })
        };
        let Some(value) = text(output.get("Value"))? else {
            continue;
        };
        outputs.push(Output {
            key: key.to_owned(),
            value,
            description: output.get("Description").and_then(Value::as_str).map(str::to_owned),
            export: text(output.get("Export").and_then(|export| export.get("Name")))?,
        });
    }
    Ok(outputs)
}
