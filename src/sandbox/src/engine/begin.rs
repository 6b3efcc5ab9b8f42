//! How an operation begins, and how somebody calls it off.

use std::collections::{BTreeMap, BTreeSet};

use super::operation::{Operation, OperationKind, Phase, Previous};
use super::outputs::exports;
use super::phases::{end, enter, present};
use super::{plan, schedule, tasks};
use crate::cloudformation::change_set::{Change, OnFailure};
use crate::cloudformation::intrinsics::Scope;
use crate::cloudformation::stack::{Definition, Stack, StackStatus, Stale};
use crate::state::{Moment, Region};

pub(super) const USER_INITIATED: &str = "User Initiated";

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
        let scope = Scope::new(&region.name, stack, &definition, None, &exports);
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
    region
        .schedule
        .retain(|scheduled| scheduled.effect != schedule::Effect::PhaseEnds { stack_id: id.clone(), phase });
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
