//! What happened, as owned facts in the past tense, on a channel.
//!
//! The engine emits, a reporter listens. Emitting never waits and never fails: a reporter that has gone away must not
//! change how a deploy ends.

use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::change_set::change::Change;
use crate::change_set::request::ChangeSetType;
use crate::error::{ApiError, ApiErrorKind};
use crate::stack::status::{ResourceStatus, StackStatus};

/// One fact about one stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it happened: CloudFormation's own time for what it reported, the client's clock for the rest.
    pub at: SystemTime,
    /// The stack's name.
    pub stack_name: String,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A change set was asked for. CloudFormation works it out now.
    ChangeSetCreated {
        /// Its name.
        name: String,
        /// Whether it creates the stack or updates it.
        change_set_type: ChangeSetType,
    },
    /// A change set was ready and read to its last page.
    ChangesDescribed {
        /// What executing it will do.
        changes: Vec<Change>,
    },
    /// A change set of ours was deleted: declined, empty, failed or interrupted.
    ChangeSetDeleted {
        /// Its name.
        name: String,
    },
    /// A change set of ours could not be deleted and is still there.
    ChangeSetLeft {
        /// Its name.
        name: String,
        /// Why it could not be deleted.
        error: ApiError,
    },
    /// A change set of another run can be executed and was left alone: somebody may be asked to approve it.
    ChangeSetWaiting {
        /// Its name.
        name: String,
    },
    /// The execution of the change set was accepted.
    ExecutionStarted {
        /// The client request token, which every event of this operation carries.
        token: String,
    },
    /// The cancellation of an update was accepted: it turns around.
    Cancelled {
        /// The client request token of the cancellation.
        token: String,
    },
    /// The rollback of a stack whose last operation failed was accepted.
    RollbackStarted {
        /// The client request token, which every event of this operation carries.
        token: String,
    },
    /// The deletion of the stack was accepted.
    DeletionStarted {
        /// The client request token, which every event of this operation carries.
        token: String,
    },
    /// CloudFormation reported a resource's status.
    Resource(ResourceEvent),
    /// CloudFormation reported the stack's own status.
    Stack {
        /// The status that the stack came to.
        status: StackStatus,
        /// Why, where it says so.
        reason: Option<String>,
    },
    /// CloudFormation asked to be called less often. Nothing is lost by it.
    Throttled {
        /// The call, such as `DescribeStackEvents`.
        action: &'static str,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// A call failed in a way that may pass. The operation itself is not touched by it.
    CallFailed {
        /// What went wrong.
        error: ApiError,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The operation ended. Always the last fact about it.
    Settled {
        /// The status that it ended in.
        status: StackStatus,
    },
}

/// A resource's status at one moment, as CloudFormation reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceEvent {
    /// The stack that the resource belongs to, by ARN.
    pub stack_id: String,
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account, once it has one.
    pub physical_id: Option<String>,
    /// Its type, such as `AWS::SNS::Topic`.
    pub resource_type: String,
    /// The status.
    pub status: ResourceStatus,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
}

impl ResourceEvent {
    /// Returns whether the work on the resource failed, and not only because it was cancelled with that on another one.
    #[must_use]
    pub fn is_failed_by_itself(&self) -> bool {
        self.status.is_failed() && !is_cancelled(self.reason.as_deref())
    }
}

/// Returns whether a resource failed only because another one had.
pub(crate) fn is_cancelled(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| reason.to_ascii_lowercase().contains("cancelled"))
}

/// The sending end of the channel of facts.
#[derive(Debug, Clone)]
pub struct Events(UnboundedSender<Event>);

impl Events {
    /// Makes a channel: the engine takes this end, a reporter the other one.
    pub fn channel() -> (Events, UnboundedReceiver<Event>) {
        let (sender, receiver) = unbounded_channel();
        (Events(sender), receiver)
    }

    /// Sends one fact. Whether somebody listens makes no difference.
    pub fn emit(&self, event: Event) {
        // A reporter may have stopped (a closed pipe); the deploy goes on.
        let _ = self.0.send(event);
    }
}

/// The facts about one stack: `Events` with the name filled in.
#[derive(Debug, Clone)]
pub(crate) struct StackEvents<'a> {
    pub(crate) events: &'a Events,
    pub(crate) stack_name: &'a str,
}

impl StackEvents<'_> {
    pub(crate) fn emit(&self, at: SystemTime, kind: EventKind) {
        self.events.emit(Event { at, stack_name: self.stack_name.to_owned(), kind });
    }
}

/// The fact about a call that will be tried again.
pub(crate) fn failed_call(error: ApiError, retry_in: Duration) -> EventKind {
    match error.kind {
        ApiErrorKind::Throttled => EventKind::Throttled { action: error.action, retry_in },
        ApiErrorKind::Expired
        | ApiErrorKind::Credentials
        | ApiErrorKind::Denied { .. }
        | ApiErrorKind::NotFound
        | ApiErrorKind::Validation
        | ApiErrorKind::Unavailable
        | ApiErrorKind::Unreachable { .. }
        | ApiErrorKind::NotCloudFormation { .. }
        | ApiErrorKind::Other => EventKind::CallFailed { error, retry_in },
    }
}
