//! The start of an operation, and its cancellation.

use std::collections::{BTreeMap, BTreeSet};

use super::phases::{end, enter, present};
use super::tasks;
use crate::clock::Millis;
use crate::state::change_set::{Action, Change, OnFailure};
use crate::state::operation::{Operation, OperationKind, Phase, Previous, Task, Work};
use crate::state::schedule::{self, Effect};
use crate::state::stack::{
    self, Definition, OperationType, PastOperation, Resource, Stack, StackStatus, Stale,
};
use crate::state::{Moment, Region};
use crate::template::error::TemplateError;
use crate::template::intrinsics::Scope;
use crate::template::order;
use crate::template::outputs::exports;
use crate::template::stack_policy::{self, UpdateAction};

pub(crate) const USER_INITIATED: &str = "User Initiated";
const TOO_LONG: &str = "Stack creation time exceeded the specified timeout. ";

/// A requested operation on a stack.
pub(crate) struct OperationRequest {
    pub(crate) kind: OperationKind,
    pub(crate) token: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) retain_except_on_create: bool,
    pub(crate) retain: BTreeSet<String>,
    pub(crate) change_set_id: Option<String>,
    /// The stack policy during this update, instead of the stack's own.
    pub(crate) policy: Option<String>,
    /// The longest time that a creation may take.
    pub(crate) timeout: Option<Millis>,
    /// The physical ids of the resources to import.
    pub(crate) imports: BTreeMap<String, String>,
    /// Requested by the parent, for a nested stack.
    pub(crate) nested: bool,
}

impl OperationRequest {
    pub(crate) fn new(kind: OperationKind, token: Option<String>) -> Self {
        Self {
            kind,
            token,
            on_failure: OnFailure::Rollback,
            retain_except_on_create: false,
            retain: BTreeSet::new(),
            change_set_id: None,
            policy: None,
            timeout: None,
            imports: BTreeMap::new(),
            nested: false,
        }
    }
}

/// Begins a creation or an update towards `definition`, whose changes are known. Returns the operation's id.
pub(crate) fn begin(
    region: &mut Region,
    index: usize,
    request: OperationRequest,
    definition: Definition,
    changes: &[Change],
    at: Moment<'_>,
) -> Result<String, TemplateError> {
    let denied = denied(&region.stacks[index], &request, changes);
    let tasks = forward_tasks(region, index, &definition, changes, &denied)?;
    // From here on the exports are in use, beside those of the definition that a rollback restores.
    let (imports, missing) = {
        let exports = exports(region, None);
        let imports =
            Scope::new(&region.name, &region.stacks[index], &definition, None, &exports).imports()?;
        let missing = imports.iter().find(|export| !exports.contains_key(*export)).cloned();
        (imports, missing)
    };
    region.stacks[index].imports.extend(imports);
    let id = region.random.uuid();
    let timeout = request.timeout;
    let stack = &mut region.stacks[index];
    let (status, kind) = match request.kind {
        OperationKind::Update => (StackStatus::UpdateInProgress, OperationType::UpdateStack),
        OperationKind::Import => (StackStatus::ImportInProgress, OperationType::UpdateStack),
        OperationKind::Create | OperationKind::Delete => {
            (StackStatus::CreateInProgress, OperationType::CreateStack)
        }
    };
    let (previous, leftovers) = rollback_target(stack, request.kind);
    if request.kind == OperationKind::Update {
        stack.updated = Some(at.now);
    }
    note_stale(stack, at);
    stack.definition = Some(definition);
    if let Some(change_set_id) = &request.change_set_id {
        stack.updated = Some(at.now);
        stack.change_set_id = Some(change_set_id.clone());
    }
    stack.past.insert(0, PastOperation { id: id.clone(), kind });
    stack.operation = Some(Operation { leftovers, denied, ..operation(id.clone(), request, previous) });
    if status == StackStatus::UpdateInProgress {
        let cancels = at.faults.cancels.iter().filter(|cancel| cancel.stack == region.stacks[index].name);
        for wait in cancels.map(|cancel| Millis::from(cancel.after_seconds) * 1_000).collect::<Vec<_>>() {
            cancel_after(region, index, &id, wait, USER_INITIATED, at);
        }
    }
    if let Some(export) = missing {
        // The stack fails before its first resource, in the words that users of AWS report.
        let gap = if status == StackStatus::CreateInProgress { " " } else { "" };
        let reason = format!("No export named {export} found.{gap}");
        cancel_after(region, index, &id, at.timings.first_resource / 2, &reason, at);
    }
    if let Some(wait) = timeout {
        cancel_after(region, index, &id, wait, TOO_LONG, at);
    }
    enter(region, index, Phase::Forward, tasks, Some((status, Some(USER_INITIATED.to_owned()))), at);
    Ok(id)
}

/// The tasks towards `definition`. A denied removal has a task too, which fails when it starts.
fn forward_tasks(
    region: &Region,
    index: usize,
    definition: &Definition,
    changes: &[Change],
    denied: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Task>, TemplateError> {
    let exports = exports(region, None);
    let scope = Scope::new(&region.name, &region.stacks[index], definition, None, &exports);
    let active = order::active(&scope)?;
    let needs = order::dependencies(&scope, &active);
    let mut tasks = order::forward(changes, &active, &needs);
    for logical_id in denied.keys() {
        tasks.insert(logical_id.clone(), Task::new(Work::Update, BTreeSet::new()));
    }
    Ok(tasks)
}

/// What a rollback would restore, and the physical resources that earlier operations left behind.
fn rollback_target(stack: &mut Stack, kind: OperationKind) -> (Option<Previous>, BTreeMap<String, Resource>) {
    // An operation that continues a paused one keeps its target.
    let earlier = stack.paused.take().or_else(|| stack.operation.take());
    match (kind, earlier) {
        (OperationKind::Create | OperationKind::Delete, _) => (None, BTreeMap::new()),
        (_, Some(earlier)) => (earlier.previous, earlier.leftovers),
        (OperationKind::Update | OperationKind::Import, None) => {
            let previous = Previous {
                definition: stack.definition.clone(),
                resources: stack.resources.clone(),
                change_set_id: stack.change_set_id.clone(),
            };
            (Some(previous), BTreeMap::new())
        }
    }
}

/// Schedules the cancellation of an operation.
fn cancel_after(
    region: &mut Region,
    index: usize,
    operation: &str,
    wait: Millis,
    reason: &str,
    at: Moment<'_>,
) {
    let effect = Effect::CalledOff {
        stack_id: region.stacks[index].id.clone(),
        operation: operation.to_owned(),
        reason: reason.to_owned(),
    };
    schedule::after(region, at.now + wait, effect);
}

/// The removals that the stack policy denies, each with its reason.
fn denied(stack: &Stack, request: &OperationRequest, changes: &[Change]) -> BTreeMap<String, String> {
    if request.kind != OperationKind::Update {
        return BTreeMap::new();
    }
    let policy = request.policy.as_deref().or(stack.policy.as_deref());
    changes
        .iter()
        .filter(|change| change.action == Action::Remove)
        .filter_map(|change| {
            let reason = stack_policy::judge(policy, UpdateAction::Delete, &change.logical_id, change.kind)?;
            Some((change.logical_id.clone(), reason))
        })
        .collect()
}

/// Begins the deletion of a stack. Returns the operation's id.
pub(crate) fn begin_deletion(
    region: &mut Region,
    index: usize,
    request: OperationRequest,
    at: Moment<'_>,
) -> String {
    let id = region.random.uuid();
    let stack = &mut region.stacks[index];
    // A creation that is running is cancelled first.
    let tasks = order::deletion(&present(stack), stack.definition.as_ref());
    note_stale(stack, at);
    stack.deleted = Some(at.now);
    stack.paused = None;
    stack.past.insert(0, PastOperation { id: id.clone(), kind: OperationType::DeleteStack });
    stack.operation = Some(operation(id.clone(), request, None));
    let event = (StackStatus::DeleteInProgress, Some(USER_INITIATED.to_owned()));
    enter(region, index, Phase::Delete, tasks, Some(event), at);
    id
}

/// Cancels an operation at the time that was scheduled when it began, if it has not completed or failed by then.
pub(crate) fn call_off_late(
    region: &mut Region,
    stack_id: &str,
    operation: &str,
    reason: &str,
    at: Moment<'_>,
) {
    let Some(index) = stack::find(region, stack_id) else { return };
    let running = region.stacks[index].operation.as_ref();
    if running.is_some_and(|running| running.id == operation && running.phase == Phase::Forward) {
        call_off(region, index, reason, at);
    }
}

/// Cancels an operation. Its next stack event has the reason.
pub(crate) fn call_off(region: &mut Region, index: usize, reason: &str, at: Moment<'_>) {
    let stack = &mut region.stacks[index];
    let Some(operation) = &mut stack.operation else {
        return;
    };
    operation.called_off = Some(reason.to_owned());
    let (id, phase) = (stack.id.clone(), operation.phase_serial);
    tasks::advance(region, &id, 0, at);
    // The stack rolls back at once; the cancelled resources have their events already.
    region.schedule.retain(|scheduled| scheduled.effect != Effect::PhaseEnds { stack_id: id.clone(), phase });
    end(region, &id, phase, at);
}

pub(super) fn operation(id: String, request: OperationRequest, previous: Option<Previous>) -> Operation {
    Operation {
        id,
        token: request.token,
        kind: request.kind,
        phase: Phase::Forward,
        phase_serial: 0,
        tasks: BTreeMap::new(),
        on_failure: request.on_failure,
        retain_except_on_create: request.retain_except_on_create,
        retain: request.retain,
        called_off: None,
        skip: BTreeSet::new(),
        imports: request.imports,
        policy: request.policy,
        denied: BTreeMap::new(),
        watched: false,
        nested: request.nested,
        held: false,
        previous,
        leftovers: BTreeMap::new(),
        change_set_id: request.change_set_id,
    }
}

pub(super) fn note_stale(stack: &mut Stack, at: Moment<'_>) {
    if at.faults.stale_stack_seconds > 0 {
        let until = at.now + i64::from(at.faults.stale_stack_seconds) * 1_000;
        stack.stale = Some(Stale { until, status: stack.status, status_reason: stack.status_reason.clone() });
    }
}
