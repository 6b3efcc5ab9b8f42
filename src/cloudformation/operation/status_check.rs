//! What the stack itself says about an operation: the safety net under the events. Pure.
//!
//! In go the operation and the answers of `DescribeStacks` and `DescribeChangeSet`, out comes a [`StatusCheck`].
//! *Invariant:* a status alone never ends a deploy; it may be the one from before (aws-cdk-cli#1802), or somebody else's.

use std::time::SystemTime;

use aws_sdk_cloudformation::types::ExecutionStatus;

use crate::operation::timeline::Verdict;
use crate::stack::Stack;
use crate::stack::status::{StackClass, StackStatus};

/// What the stack says about the operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum StatusCheck {
    /// The operation ended.
    Ended(Verdict),
    /// It runs, or this cannot be told.
    Undecided,
    /// There is no sign that it has ever begun.
    NotBegun(StackStatus),
    /// The stack has no operation to follow.
    NoOperation(StackStatus),
}

/// Whether a change set has to be asked for before the stack's status means anything.
pub(crate) fn may_have_ended(status: &StackStatus) -> bool {
    match status.class() {
        StackClass::Done
        | StackClass::RolledBack
        | StackClass::Paused
        | StackClass::Stuck
        | StackClass::Gone
        | StackClass::Review => true,
        StackClass::Moving | StackClass::Unknown => false,
    }
}

/// Judges the execution of a change set, after the entry `before`. `None` as `execution` stands for a change set that is not
/// there any more.
pub(crate) fn at_deploy(
    stack: Stack,
    execution: Option<&ExecutionStatus>,
    before: Option<SystemTime>,
) -> StatusCheck {
    let class = stack.status.class();
    // What was updated last before this operation has the status from before.
    let stale = matches!((stack.updated, before), (Some(updated), Some(before)) if updated <= before);
    let ended = may_have_ended(&stack.status) && class != StackClass::Review && !stale;
    match execution {
        Some(ExecutionStatus::ExecuteComplete) if ended => StatusCheck::Ended(verdict(stack)),
        Some(ExecutionStatus::ExecuteFailed) if ended && class != StackClass::Done => {
            StatusCheck::Ended(verdict(stack))
        }
        Some(
            ExecutionStatus::ExecuteInProgress
            | ExecutionStatus::ExecuteComplete
            | ExecutionStatus::ExecuteFailed,
        ) => StatusCheck::Undecided,
        _ => StatusCheck::NotBegun(stack.status),
    }
}

/// Judges a deletion. A stack that is not there is deleted.
pub(crate) fn at_deletion(stack: Option<Stack>, begun: bool) -> StatusCheck {
    let Some(stack) = stack else {
        return StatusCheck::Ended(Verdict { status: StackStatus::DeleteComplete, reason: None });
    };
    match stack.status {
        StackStatus::DeleteComplete => StatusCheck::Ended(verdict(stack)),
        StackStatus::DeleteInProgress => StatusCheck::Undecided,
        // A failed deletion may be an older one; it counts when this one has begun.
        StackStatus::DeleteFailed if begun => StatusCheck::Ended(verdict(stack)),
        status if !begun => StatusCheck::NotBegun(status),
        _ => StatusCheck::Undecided,
    }
}

/// Judges a rollback that was asked for.
pub(crate) fn at_rollback(stack: Option<Stack>, begun: bool) -> StatusCheck {
    let Some(stack) = stack else { return StatusCheck::Undecided };
    match stack.status.class() {
        StackClass::RolledBack | StackClass::Gone => StatusCheck::Ended(verdict(stack)),
        // It stood there before as well.
        StackClass::Stuck if begun => StatusCheck::Ended(verdict(stack)),
        StackClass::Moving | StackClass::Unknown => StatusCheck::Undecided,
        _ if begun => StatusCheck::Undecided,
        StackClass::Stuck | StackClass::Paused | StackClass::Done | StackClass::Review => {
            StatusCheck::NotBegun(stack.status)
        }
    }
}

/// Judges whatever was begun last.
pub(crate) fn at_latest(stack: Option<Stack>) -> StatusCheck {
    let Some(stack) = stack else { return StatusCheck::Undecided };
    match stack.status.class() {
        StackClass::Done
        | StackClass::RolledBack
        | StackClass::Paused
        | StackClass::Stuck
        | StackClass::Gone => StatusCheck::Ended(verdict(stack)),
        StackClass::Moving | StackClass::Unknown => StatusCheck::Undecided,
        StackClass::Review => StatusCheck::NoOperation(stack.status),
    }
}

fn verdict(stack: Stack) -> Verdict {
    Verdict { status: stack.status, reason: stack.reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn stack(status: &str, updated: Option<u64>) -> Stack {
        Stack { updated: updated.map(at), ..Stack::in_status(&StackStatus::parse(status)) }
    }

    fn ended(check: &StatusCheck) -> bool {
        matches!(check, StatusCheck::Ended(_))
    }

    #[test]
    fn the_end_of_a_deploy_needs_its_execution_and_a_status_that_is_not_from_before() {
        #[track_caller]
        fn check(status: &str, updated: Option<u64>, execution: Option<&str>, expected: bool) {
            let execution = execution.map(ExecutionStatus::from);
            let judged = at_deploy(stack(status, updated), execution.as_ref(), Some(at(10)));
            assert_eq!(ended(&judged), expected, "{judged:?}");
        }
        check("UPDATE_COMPLETE", Some(11), Some("EXECUTE_COMPLETE"), true);
        check("UPDATE_COMPLETE", Some(9), Some("EXECUTE_COMPLETE"), false);
        // An emulator that does not tell.
        check("UPDATE_COMPLETE", None, Some("EXECUTE_COMPLETE"), true);
        check("UPDATE_ROLLBACK_COMPLETE", Some(11), Some("EXECUTE_FAILED"), true);
        check("UPDATE_ROLLBACK_COMPLETE", Some(9), Some("EXECUTE_FAILED"), false);
        // A failed execution never makes a success.
        check("UPDATE_COMPLETE", Some(11), Some("EXECUTE_FAILED"), false);
        check("UPDATE_COMPLETE", Some(11), Some("EXECUTE_IN_PROGRESS"), false);
        check("UPDATE_COMPLETE", Some(11), Some("OBSOLETE"), false);
        check("UPDATE_COMPLETE", Some(11), None, false);
        check("REVIEW_IN_PROGRESS", None, Some("EXECUTE_COMPLETE"), false);
    }

    #[test]
    fn a_failed_deletion_counts_when_this_one_has_begun() {
        assert!(ended(&at_deletion(None, false)));
        assert!(ended(&at_deletion(Some(stack("DELETE_COMPLETE", None)), false)));
        assert!(ended(&at_deletion(Some(stack("DELETE_FAILED", None)), true)));
        assert_eq!(
            at_deletion(Some(stack("DELETE_FAILED", None)), false),
            StatusCheck::NotBegun(StackStatus::DeleteFailed)
        );
        assert_eq!(at_deletion(Some(stack("DELETE_IN_PROGRESS", None)), false), StatusCheck::Undecided);
    }

    #[test]
    fn a_rollback_that_failed_before_is_not_the_end_of_this_one() {
        assert!(ended(&at_rollback(Some(stack("UPDATE_ROLLBACK_COMPLETE", None)), false)));
        assert!(ended(&at_rollback(Some(stack("UPDATE_ROLLBACK_FAILED", None)), true)));
        let failed = StackStatus::UpdateRollbackFailed;
        assert_eq!(at_rollback(Some(stack(failed.as_str(), None)), false), StatusCheck::NotBegun(failed));
        assert_eq!(at_rollback(Some(stack("UPDATE_FAILED", None)), true), StatusCheck::Undecided);
        assert_eq!(
            at_rollback(Some(stack("UPDATE_ROLLBACK_IN_PROGRESS", None)), false),
            StatusCheck::Undecided
        );
    }
}
