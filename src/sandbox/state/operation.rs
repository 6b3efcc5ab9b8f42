//! An operation on a stack: its phase, its tasks, and what it goes back to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::state::change_set::OnFailure;
use crate::state::stack::{Definition, Resource};

/// What is being done to a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// On every event of the operation.
    pub(crate) token: Option<String>,
    pub(crate) kind: OperationKind,
    pub(crate) phase: Phase,
    /// Tells effects of this phase from those of an earlier one.
    pub(crate) phase_serial: u64,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) on_failure: OnFailure,
    /// Roll back resources that were to be retained, if this operation made them.
    pub(crate) retain_except_on_create: bool,
    /// Resources that a deletion leaves alone.
    pub(crate) retain: BTreeSet<String>,
    /// Why it was called off; the reason of the stack event that follows.
    pub(crate) called_off: Option<String>,
    /// Resources that the rollback passes over, as `ContinueUpdateRollback` names them.
    pub(crate) skip: BTreeSet<String>,
    /// The stack policy that holds for this operation, in the place of the stack's own.
    pub(crate) policy: Option<String>,
    /// What the stack policy does not allow, with its words.
    pub(crate) denied: BTreeMap<String, String>,
    /// The rollback triggers are watched, the last resource being done.
    pub(crate) watched: bool,
    /// The physical ids of what an import takes over.
    pub(crate) imports: BTreeMap<String, String>,
    /// A nested stack's: its parent waits for it, and it waits for its parent before it cleans up.
    pub(crate) nested: bool,
    /// It waits for its parent now.
    pub(crate) held: bool,
    /// What an update goes back to.
    pub(crate) previous: Option<Previous>,
    /// Physical resources that are to go when the operation is sure to stay: replaced or removed ones.
    pub(crate) leftovers: BTreeMap<String, Resource>,
    /// The change set that is being executed.
    pub(crate) change_set_id: Option<String>,
}

/// How a stack was before an update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Previous {
    pub(crate) definition: Option<Definition>,
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) change_set_id: Option<String>,
}

/// What the caller asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OperationKind {
    Create,
    Update,
    Delete,
    Import,
}

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// Towards what was asked for.
    Forward,
    /// An update is sure; what it replaced or removed goes.
    Cleanup,
    /// Back to what was.
    Rollback,
    /// An update is undone; what it made goes.
    RollbackCleanup,
    /// Everything goes.
    Delete,
}

/// What is to be done with one resource in the present phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) work: Work,
    pub(crate) state: TaskState,
    /// Tasks that have to be over first.
    pub(crate) after: BTreeSet<String>,
}

/// The work of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Nothing changes.
    Keep,
    Create,
    /// In place or by replacement: that turns out when its properties are known.
    Update,
    /// An update that replaces.
    Replace,
    /// Back to the properties or the physical resource of before.
    Restore,
    /// A physical resource that is there becomes the stack's.
    Import,
    Delete,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TaskState {
    Waiting,
    /// An effect for it is in the schedule.
    Scheduled,
    /// Its first event is written.
    Started,
    /// Its handler is at work.
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
    /// The tasks that did not come to a good end and left an event saying so.
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
