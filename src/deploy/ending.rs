//! How the work on a stack ended.

use tablewright_cloudformation::stack::Output;
use tablewright_cloudformation::{Failure, Leftover, Outcome, StackStatus};

use crate::error::Error;
use crate::event::{EventSender, RolloutEvent};

/// How the work on a stack ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// There was nothing to change.
    Unchanged {
        /// The stack's outputs.
        outputs: Vec<Output>,
    },
    /// It succeeded.
    Done {
        /// Whether every table that the operation changed was seen `ACTIVE`, with its indexes. Others are not looked at, unless they
        /// have indexes: a run that was interrupted may have left some in the making.
        usable: bool,
        /// The stack's outputs, where they could be read.
        outputs: Option<Vec<Output>>,
        /// Resources that could not be deleted and are no longer part of the stack.
        orphans: Vec<Leftover>,
        /// Resources that were retained by their deletion policy.
        retained: Vec<Leftover>,
    },
    /// An operation was rolled back, as requested.
    Undone {
        /// The stack's status.
        status: StackStatus,
    },
    /// The stack was deleted.
    Deleted {
        /// Resources that were retained by their deletion policy.
        retained: Vec<Leftover>,
    },
    /// It failed.
    Failed {
        /// The stack's status.
        status: StackStatus,
        /// The causes.
        failure: Failure,
    },
}

impl From<Outcome> for Ending {
    /// Takes over what CloudFormation says; tables are not looked at, so a success is taken to be usable until they are.
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Deployed { outputs, orphans, retained, .. } => {
                Self::Done { outputs, orphans, retained, usable: true }
            }
            Outcome::Deleted { failure: None, retained, .. } => Self::Deleted { retained },
            Outcome::Deleted { failure: Some(failure), .. } => {
                Self::Failed { status: StackStatus::DeleteComplete, failure }
            }
            Outcome::RolledBack { status, failure, .. } | Outcome::Failed { status, failure } => {
                Self::Failed { status, failure }
            }
        }
    }
}

impl Ending {
    /// Returns the same ending with the tables in a state that is not known; a failure stays one.
    #[must_use]
    pub fn not_known_usable(self) -> Self {
        match self {
            Self::Done { outputs, orphans, retained, .. } => {
                Self::Done { outputs, orphans, retained, usable: false }
            }
            other => other,
        }
    }
}

/// Sends how the work on a stack ended. `label` names the stack in events, `stack` in the error.
///
/// # Errors
///
/// [`Error::Failed`] for an ending that is no success.
pub fn conclude(events: &EventSender, label: &str, stack: &str, ending: Ending) -> Result<(), Error> {
    let failed = match &ending {
        Ending::Failed { status, failure } => Err(Error::Failed {
            stack: stack.to_owned(),
            status: status.clone(),
            failure: Box::new(failure.clone()),
        }),
        Ending::Unchanged { .. } | Ending::Done { .. } | Ending::Undone { .. } | Ending::Deleted { .. } => {
            Ok(())
        }
    };
    events.send(RolloutEvent::Ended { stack: label.to_owned(), ending });
    failed
}
