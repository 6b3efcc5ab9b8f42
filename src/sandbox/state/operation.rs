//! An operation on a stack: its phase, its tasks, and the state that a rollback restores.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::state::change_set::OnFailure;
use crate::state::stack::{Definition, Resource};

/// A running operation on a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// On every event of the operation.
    pub(crate) token: Option<String>,
    pub(crate) kind: OperationKind,
    pub(crate) phase: Phase,
    /// Distinguishes effects of this phase from those of an earlier one.
    pub(crate) phase_serial: u64,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) on_failure: OnFailure,
    /// Whether a rollback deletes resources created by this operation whose policy is Retain.
    pub(crate) retain_except_on_create: bool,
    /// Resources that a deletion retains.
    pub(crate) retain: BTreeSet<String>,
    /// Why it was cancelled; the reason of the next stack event.
    pub(crate) called_off: Option<String>,
    /// Resources that the rollback skips, as ContinueUpdateRollback names them.
    pub(crate) skip: BTreeSet<String>,
    /// The stack policy during this operation, instead of the stack's own.
    pub(crate) policy: Option<String>,
    /// The resources whose change the stack policy denies, with the reason.
    pub(crate) denied: BTreeMap<String, String>,
    /// Whether the monitoring time of the rollback triggers, after the last resource, has begun.
    pub(crate) watched: bool,
    /// The physical ids of the resources to import.
    pub(crate) imports: BTreeMap<String, String>,
    /// Whether the stack is nested: its parent waits for it, and it waits for its parent before it cleans up.
    pub(crate) nested: bool,
    /// Whether it waits for its parent now.
    pub(crate) held: bool,
    /// The state that a rollback restores.
    pub(crate) previous: Option<Previous>,
    /// Replaced or removed physical resources, which the cleanup deletes.
    pub(crate) leftovers: BTreeMap<String, Resource>,
    /// The change set that is being executed.
    pub(crate) change_set_id: Option<String>,
}

/// The state of a stack before an update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) definition: Option<Definition>,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) change_set_id: Option<String>,
}

/// The kind of operation that was requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OperationKind {
    Create,
    Update,
    Delete,
    Import,
}

/// The phase of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Towards the requested definition.
    Forward,
    /// An update has succeeded; replaced and removed resources are deleted.
    Cleanup,
    /// Back to the previous state.
    Rollback,
    /// An update is rolled back; the resources that it created are deleted.
    RollbackCleanup,
    /// Everything is deleted.
    Delete,
}

/// The work on one resource in the current phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) work: Work,
    pub(crate) state: TaskState,
    /// Tasks that must be done first.
    pub(crate) after: BTreeSet<String>,
}

/// The work of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Nothing changes.
    Keep,
    Create,
    /// In place or by replacement, which is decided when the properties are known.
    Update,
    /// An update that replaces.
    Replace,
    /// Back to the previous properties or physical resource.
    Restore,
    /// An existing physical resource is added to the stack.
    Import,
    Delete,
}

/// The state of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TaskState {
    Waiting,
    /// Its start is scheduled.
    Scheduled,
    /// Its first event is written.
    Started,
    /// Its handler is running.
    Called,
    Done,
    Failed,
    Cancelled,
}

impl Task {
    pub(crate) fn new(work: Work, after: BTreeSet<String>) -> Self {
        Self { work, state: TaskState::Waiting, after }
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.state {
            TaskState::Done | TaskState::Failed | TaskState::Cancelled => true,
            TaskState::Waiting | TaskState::Scheduled | TaskState::Started | TaskState::Called => false,
        }
    }
}

impl Operation {
    /// The tasks that failed and have a failure event.
    pub(crate) fn failed(&self, works: &[Work]) -> Vec<String> {
        self.tasks
            .iter()
            .filter(|(_, task)| {
                matches!(task.state, TaskState::Failed | TaskState::Cancelled) && works.contains(&task.work)
            })
            .map(|(name, _)| name.clone())
            .collect()
    }
}
