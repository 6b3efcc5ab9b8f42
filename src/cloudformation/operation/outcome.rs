//! How an operation ended, and why. Pure: a fold over the operation's entries.
//!
//! The first cause of a failure comes first. What failed only because something else had failed is counted, not shown;
//! what CloudFormation left behind without failing is named.

use std::collections::BTreeSet;
use std::time::SystemTime;

use crate::event::is_cancelled;
use crate::operation::entry::Entry;
use crate::operation::timeline::Verdict;
use crate::stack::Output;
use crate::stack::STACK_TYPE;
use crate::stack::status::{ResourceStatus, StackClass, StackStatus};

/// How an operation ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It succeeded: the stack is as the template says.
    Deployed {
        /// The status at the end.
        status: StackStatus,
        /// The outputs; `None` when they could not be read.
        outputs: Option<Vec<Output>>,
        /// Resources that were removed from the stack and could not be deleted.
        orphans: Vec<Leftover>,
        /// Resources that were removed from the stack and retained by their policy.
        retained: Vec<Leftover>,
    },
    /// It failed and was rolled back.
    RolledBack {
        /// The status at the end.
        status: StackStatus,
        /// Why.
        failure: Failure,
        /// Resources that the rollback could not delete.
        orphans: Vec<Leftover>,
        /// Resources that are retained by their policy.
        retained: Vec<Leftover>,
    },
    /// It failed, and manual recovery is needed.
    Failed {
        /// The status at the end.
        status: StackStatus,
        /// Why.
        failure: Failure,
    },
    /// The stack is gone.
    Deleted {
        /// Why, when it was not the deletion that was asked for but a failure.
        failure: Option<Failure>,
        /// Resources that were deleted with it, those of nested stacks included.
        deleted: Vec<Leftover>,
        /// Resources that are retained by their policy.
        retained: Vec<Leftover>,
    },
}

/// Why an operation failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// CloudFormation's summary.
    pub reason: Option<String>,
    /// The failures, the root cause first.
    pub causes: Vec<Cause>,
    /// The resources that were cancelled because of them.
    pub cancelled: Vec<String>,
    /// The client request token of somebody who turned the operation around; `None` where it was the operation itself.
    pub cancelled_by: Option<String>,
}

/// The failure of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// When.
    pub at: SystemTime,
    /// The stack that the resource belongs to, by ARN.
    pub stack_id: String,
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account, when it has one.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// The status.
    pub status: ResourceStatus,
    /// CloudFormation's reason.
    pub reason: Option<String>,
}

/// A resource that left its stack: it exists still, or was deleted with the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// Its name in the template.
    pub logical_id: String,
    /// Its name in the account.
    pub physical_id: Option<String>,
    /// Its type.
    pub resource_type: String,
    /// CloudFormation's reason.
    pub reason: Option<String>,
}

/// Tells the outcome of a verdict on the stack `stack_id` from its entries and those of its nested stacks, in the order
/// of their times. `deleting` says that the deletion of the stack was what was asked for.
pub(crate) fn outcome(
    stack_id: &str,
    verdict: &Verdict,
    entries: &[Entry],
    deleting: bool,
    outputs: Option<Vec<Output>>,
) -> Outcome {
    let status = verdict.status.clone();
    match status.class() {
        StackClass::Done => {
            Outcome::Deployed { status, outputs, orphans: orphans(entries), retained: retained(entries) }
        }
        StackClass::RolledBack => Outcome::RolledBack {
            status,
            failure: failure(stack_id, verdict, entries),
            orphans: orphans(entries),
            retained: retained(entries),
        },
        StackClass::Gone => Outcome::Deleted {
            failure: (!deleting).then(|| failure(stack_id, verdict, entries)),
            deleted: deleted(entries),
            retained: retained(entries),
        },
        StackClass::Paused
        | StackClass::Stuck
        | StackClass::Moving
        | StackClass::Review
        | StackClass::Unknown => Outcome::Failed { status, failure: failure(stack_id, verdict, entries) },
    }
}

fn failure(stack_id: &str, verdict: &Verdict, entries: &[Entry]) -> Failure {
    let failed: Vec<&Entry> = entries
        .iter()
        .filter(|entry| entry.resource_status().is_some_and(|status| status.is_failed()))
        .collect();
    let (cancelled, mut causes): (Vec<&Entry>, Vec<&Entry>) =
        failed.into_iter().partition(|entry| is_cancelled(entry.reason.as_deref()));
    // A nested stack fails because of something in it.
    if let Some(first) = causes.iter().position(|entry| entry.resource_type != STACK_TYPE) {
        causes[..=first].rotate_right(1);
    }
    let cancelled: BTreeSet<String> = cancelled.into_iter().map(|entry| entry.logical_id.clone()).collect();
    Failure {
        reason: summary(stack_id, entries).or_else(|| verdict.reason.clone()),
        causes: causes.into_iter().filter_map(cause).collect(),
        cancelled: cancelled.into_iter().collect(),
        cancelled_by: cancelled_by(stack_id, entries),
    }
}

/// The token that the stack's own entries change to: a stack runs one operation at a time, so it is that of a cancellation.
fn cancelled_by(stack_id: &str, entries: &[Entry]) -> Option<String> {
    let own = entries.iter().filter(|entry| entry.stack_id == stack_id && entry.stack_status().is_some());
    let mut tokens = own.filter_map(|entry| entry.token.as_ref());
    let ours = tokens.next()?;
    tokens.find(|token| *token != ours).cloned()
}

/// The reason that the stack itself gave first for turning around.
fn summary(stack_id: &str, entries: &[Entry]) -> Option<String> {
    entries.iter().filter(|entry| entry.stack_id == stack_id).find_map(|entry| {
        let status = entry.stack_status()?;
        let turned = matches!(
            status,
            StackStatus::RollbackInProgress
                | StackStatus::UpdateRollbackInProgress
                | StackStatus::ImportRollbackInProgress
                | StackStatus::RollbackComplete
                | StackStatus::UpdateRollbackComplete
                | StackStatus::ImportRollbackComplete
        ) || matches!(status.class(), StackClass::Paused | StackClass::Stuck);
        if turned { entry.reason.clone() } else { None }
    })
}

fn cause(entry: &Entry) -> Option<Cause> {
    Some(Cause {
        at: entry.at,
        stack_id: entry.stack_id.clone(),
        logical_id: entry.logical_id.clone(),
        physical_id: entry.physical_id.clone(),
        resource_type: entry.resource_type.clone(),
        status: entry.resource_status()?,
        reason: entry.reason.clone(),
    })
}

/// What could not be deleted, after all attempts: CloudFormation makes three and then gives up without failing.
fn orphans(entries: &[Entry]) -> Vec<Leftover> {
    let last_deletion = |entry: &&Entry| {
        let status = entry.resource_status()?;
        let deletion = matches!(
            status,
            ResourceStatus::DeleteFailed | ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped
        );
        deletion.then_some(status)
    };
    let mut orphans: Vec<Leftover> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let same = |other: &&Entry| {
            (&other.stack_id, &other.logical_id, &other.physical_id)
                == (&entry.stack_id, &entry.logical_id, &entry.physical_id)
        };
        let later = entries[place + 1..].iter().filter(same).any(|other| last_deletion(&other).is_some());
        if last_deletion(&entry) == Some(ResourceStatus::DeleteFailed) && !later {
            orphans.push(leftover(entry));
        }
    }
    orphans
}

fn retained(entries: &[Entry]) -> Vec<Leftover> {
    let skipped = |entry: &&Entry| entry.resource_status() == Some(ResourceStatus::DeleteSkipped);
    entries.iter().filter(skipped).map(leftover).collect()
}

fn deleted(entries: &[Entry]) -> Vec<Leftover> {
    let is_deleted = |entry: &&Entry| {
        entry.resource_type != STACK_TYPE && entry.resource_status() == Some(ResourceStatus::DeleteComplete)
    };
    entries.iter().filter(is_deleted).map(leftover).collect()
}

fn leftover(entry: &Entry) -> Leftover {
    Leftover {
        logical_id: entry.logical_id.clone(),
        physical_id: entry.physical_id.clone(),
        resource_type: entry.resource_type.clone(),
        reason: entry.reason.clone(),
    }
}

#[cfg(test)]
mod tests;
