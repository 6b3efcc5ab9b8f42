//! The state of a run: a fold over its events, from which the tree on a terminal is drawn.
//!
//! *Invariant:* no clock is read; times are those of the events.

use std::time::{Duration, SystemTime};

use tablewright_cloudformation::{Event, EventKind, ResourceStatus};
use tablewright_dynamodb::Progress;

use crate::report::text::{is_nested_itself, resource_name};
use tablewright_deploy::{Ending, RolloutEvent, Work};

/// The state of a run.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) stacks: Vec<StackView>,
}

/// The state of a stack.
#[derive(Debug)]
pub(crate) struct StackView {
    pub(crate) id: String,
    pub(crate) work: Work,
    /// The number of the step and the number of steps, if there are several.
    pub(crate) step: Option<(usize, usize)>,
    /// The stack status of CloudFormation.
    pub(crate) status: Option<String>,
    pub(crate) resources: Vec<ResourceView>,
    pub(crate) tables: Vec<Progress>,
    pub(crate) note: Option<String>,
    pub(crate) ended: Option<Ended>,
    /// The times of the first and last event of the operation.
    pub(crate) times: Option<(SystemTime, SystemTime)>,
}

/// The state of a resource, by its last event.
#[derive(Debug)]
pub(crate) struct ResourceView {
    stack_id: String,
    /// The logical id, with those of the nested stacks that it is in.
    pub(crate) logical_id: String,
    pub(crate) resource_type: String,
    pub(crate) status: ResourceStatus,
    pub(crate) reason: Option<String>,
    /// How it failed by itself. The rollback that follows does not hide it.
    pub(crate) failure: Option<(ResourceStatus, Option<String>)>,
    pub(crate) since: SystemTime,
    pub(crate) until: SystemTime,
}

/// The result of a stack in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Unchanged,
    Well,
    Badly,
}

impl View {
    /// Updates the state by an event.
    pub(crate) fn take(&mut self, event: &RolloutEvent) {
        match event {
            RolloutEvent::Planned { .. }
            | RolloutEvent::Found { .. }
            | RolloutEvent::TablesRead { .. }
            | RolloutEvent::DestroyPlanned { .. }
            | RolloutEvent::PassedOver { .. }
            | RolloutEvent::NotDefined { .. }
            | RolloutEvent::RolledBackDeleted { .. }
            | RolloutEvent::BackedUp { .. } => {}
            RolloutEvent::Began { stack, work, .. } => self.stacks.push(StackView::new(stack, *work)),
            RolloutEvent::Step { number, of, .. } => {
                if let Some(stack) = self.stack(event.stack()) {
                    stack.step = Some((*number, *of));
                    stack.resources.clear();
                }
            }
            RolloutEvent::Cloud { stack, event } => {
                if let Some(stack) = self.stack(stack) {
                    stack.take_event(event);
                }
            }
            RolloutEvent::Table { progress, .. } => {
                if let Some(stack) = self.stack(event.stack()) {
                    match stack.tables.iter_mut().find(|table| table.table == progress.table) {
                        Some(table) => table.clone_from(progress),
                        None => stack.tables.push(progress.clone()),
                    }
                }
            }
            RolloutEvent::Ended { ending, .. } => {
                if let Some(stack) = self.stack(event.stack()) {
                    stack.note = None;
                    stack.ended = Some(match ending {
                        Ending::Unchanged { .. } => Ended::Unchanged,
                        Ending::Done { .. } | Ending::Undone { .. } | Ending::Deleted { .. } => Ended::Well,
                        Ending::Failed { .. } => Ended::Badly,
                    });
                }
            }
        }
    }

    fn stack(&mut self, id: &str) -> Option<&mut StackView> {
        self.stacks.iter_mut().rfind(|stack| stack.id == id)
    }
}

impl StackView {
    fn new(id: &str, work: Work) -> Self {
        Self {
            id: id.to_owned(),
            work,
            step: None,
            status: None,
            resources: Vec::new(),
            tables: Vec::new(),
            note: None,
            ended: None,
            times: None,
        }
    }

    fn take_event(&mut self, event: &Event) {
        self.note = None;
        match &event.kind {
            EventKind::ChangeSetCreated { .. } => self.note = Some("creating the change set".into()),
            EventKind::ExecutionStarted { .. }
            | EventKind::DeletionStarted { .. }
            | EventKind::Cancelled { .. }
            | EventKind::RollbackStarted { .. } => {
                self.note = Some("started".into());
            }
            EventKind::Resource(resource) if is_nested_itself(resource) => self.passed(event.at),
            EventKind::Resource(resource) => {
                self.passed(event.at);
                let logical_id = resource_name(&event.stack_name, resource);
                let is_known = |known: &&mut ResourceView| {
                    known.stack_id == resource.stack_id && known.logical_id == logical_id
                };
                let known = self.resources.iter_mut().find(is_known);
                // CloudFormation tries a deletion again; the last attempt counts.
                let is_final =
                    resource.is_failed_by_itself() && resource.status != ResourceStatus::DeleteFailed;
                let failure = is_final.then(|| (resource.status.clone(), resource.reason.clone()));
                match known {
                    Some(known) => {
                        known.status = resource.status.clone();
                        known.reason.clone_from(&resource.reason);
                        known.failure = known.failure.take().or(failure);
                        known.until = event.at;
                    }
                    None => self.resources.push(ResourceView {
                        stack_id: resource.stack_id.clone(),
                        logical_id,
                        resource_type: resource.resource_type.clone(),
                        status: resource.status.clone(),
                        reason: resource.reason.clone(),
                        failure,
                        since: event.at,
                        until: event.at,
                    }),
                }
            }
            EventKind::Stack { status, .. } => {
                self.passed(event.at);
                self.status = Some(status.to_string());
            }
            EventKind::Settled { status } => self.status = Some(status.to_string()),
            EventKind::Throttled { .. } => self.note = Some("throttled by AWS; waiting".into()),
            EventKind::CallFailed { error, .. } => self.note = Some(format!("{error}; trying again")),
            EventKind::ChangeSetLeft { name, error } => {
                self.note = Some(format!("change set {name} could not be deleted: {error}"));
            }
            EventKind::ChangeSetWaiting { name } => {
                self.note = Some(format!("change set {name} of another run was left alone"));
            }
            EventKind::ChangesDescribed { .. } | EventKind::ChangeSetDeleted { .. } => {}
        }
    }

    fn passed(&mut self, at: SystemTime) {
        let (first, last) = self.times.get_or_insert((at, at));
        *first = (*first).min(at);
        *last = (*last).max(at);
    }

    /// Returns the duration of the operation, by the times of its events.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        let (first, last) = self.times?;
        last.duration_since(first).ok()
    }
}
