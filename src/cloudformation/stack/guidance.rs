//! The action for a stack that cannot take a change set, as a value; the caller writes the text.
//!
//! Pure. A variant that destroys something says so in its name.

use crate::stack::Stack;
use crate::stack::status::{StackClass, StackStatus};

/// The action for a stack status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guidance {
    /// Deploy: the stack can take a change set.
    Deploy,
    /// Something runs: wait, or watch it.
    Wait,
    /// Something runs that can be cancelled, or waited for.
    WaitOrCancel,
    /// Delete the stack, then create it again. Only resources that their policies retain are left.
    DeleteEmpty,
    /// Roll it back, or deploy again with rollback disabled.
    RollBackOrRetry,
    /// Delete the stack with the resources created so far, or roll it back; the effect is the same.
    DeleteOrRollBack,
    /// Fix what blocks the rollback and continue it, or skip the resources that cannot be rolled back.
    ContinueRollback,
    /// Delete the stack: fix what blocks the deletion, or retain the resources that cannot be deleted.
    DeleteAgain,
    /// An import could not be undone: continue that from the console.
    AskSupport,
}

/// Returns the action for the status of `stack`; `None` for an unknown status.
pub fn guidance(stack: &Stack) -> Option<Guidance> {
    Some(match (stack.status.class(), &stack.status) {
        (StackClass::Done | StackClass::Review | StackClass::Gone, _) => Guidance::Deploy,
        (StackClass::RolledBack, StackStatus::RollbackComplete) => Guidance::DeleteEmpty,
        (StackClass::RolledBack, _) => Guidance::Deploy,
        (StackClass::Moving, StackStatus::UpdateInProgress | StackStatus::CreateInProgress) => {
            Guidance::WaitOrCancel
        }
        (StackClass::Moving, _) => Guidance::Wait,
        (StackClass::Paused, StackStatus::CreateFailed) => Guidance::DeleteOrRollBack,
        (StackClass::Paused, _) => Guidance::RollBackOrRetry,
        (StackClass::Stuck, StackStatus::UpdateRollbackFailed) => Guidance::ContinueRollback,
        (StackClass::Stuck, StackStatus::ImportRollbackFailed) => Guidance::AskSupport,
        (StackClass::Stuck, _) => Guidance::DeleteAgain,
        (StackClass::Unknown, _) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change_set::prepared_request::change_set_type;

    #[test]
    fn every_status_has_a_way_out() {
        let told: Vec<String> = StackStatus::ALL
            .iter()
            .map(|status| format!("{status}: {:?}", guidance(&Stack::in_status(status)).unwrap()))
            .collect();
        insta::assert_snapshot!(told.join("\n"), @"
    CREATE_IN_PROGRESS: WaitOrCancel
    CREATE_COMPLETE: Deploy
    CREATE_FAILED: DeleteOrRollBack
    ROLLBACK_IN_PROGRESS: Wait
    ROLLBACK_COMPLETE: DeleteEmpty
    ROLLBACK_FAILED: DeleteAgain
    UPDATE_IN_PROGRESS: WaitOrCancel
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: Wait
    UPDATE_COMPLETE: Deploy
    UPDATE_FAILED: RollBackOrRetry
    UPDATE_ROLLBACK_IN_PROGRESS: Wait
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: Wait
    UPDATE_ROLLBACK_COMPLETE: Deploy
    UPDATE_ROLLBACK_FAILED: ContinueRollback
    DELETE_IN_PROGRESS: Wait
    DELETE_COMPLETE: Deploy
    DELETE_FAILED: DeleteAgain
    IMPORT_IN_PROGRESS: Wait
    IMPORT_COMPLETE: Deploy
    IMPORT_ROLLBACK_IN_PROGRESS: Wait
    IMPORT_ROLLBACK_COMPLETE: Deploy
    IMPORT_ROLLBACK_FAILED: AskSupport
    REVIEW_IN_PROGRESS: Deploy
    ");
        assert_eq!(guidance(&Stack::in_status(&StackStatus::parse("TELEPORTED"))), None);
    }

    #[test]
    fn what_takes_a_change_set_is_told_to_deploy() {
        for status in StackStatus::ALL.iter().filter(|status| **status != StackStatus::DeleteComplete) {
            let stack = Stack::in_status(status);
            let takes = change_set_type(&stack).is_ok();
            assert_eq!(guidance(&stack) == Some(Guidance::Deploy), takes, "{status}");
        }
    }
}
