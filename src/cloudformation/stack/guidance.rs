//! What can be done about a stack that takes no change set: a value, for the caller to word.
//!
//! Pure. Nothing here does anything; what destroys something says so by its name.

use crate::stack::Stack;
use crate::stack::status::{StackClass, StackStatus};

/// The way out of a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guidance {
    /// It takes a change set now.
    Deploy,
    /// Something runs: wait, or watch it.
    Wait,
    /// Something runs that can be cancelled, or waited for.
    WaitOrCancel,
    /// It can only be deleted, and made anew. Nothing is left in it but what its resources' policies keep.
    DeleteEmpty,
    /// Roll it back, or deploy again with rollback disabled.
    RollBackOrRetry,
    /// Delete it with what has been made so far, or roll it back, which comes to the same.
    DeleteOrRollBack,
    /// Mend what blocks the rollback and continue it, or skip what cannot be rolled back.
    ContinueRollback,
    /// It can only be deleted: mend what blocks that, or keep what cannot be deleted.
    DeleteAgain,
    /// An import could not be undone: continue that from the console.
    AskSupport,
}

/// The way out of the status of `stack`; `None` for one that this version does not know.
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
    use std::collections::BTreeMap;

    fn stack_in(status: &StackStatus) -> Stack {
        Stack {
            name: "s".to_owned(),
            id: "arn:s".to_owned(),
            status: status.clone(),
            reason: None,
            outputs: Vec::new(),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            created: None,
            updated: None,
            termination_protection: false,
            disable_rollback: false,
        }
    }

    #[test]
    fn every_status_has_a_way_out() {
        let told: Vec<String> = StackStatus::ALL
            .iter()
            .map(|status| format!("{status}: {:?}", guidance(&stack_in(status)).unwrap()))
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
        assert_eq!(guidance(&stack_in(&StackStatus::parse("TELEPORTED"))), None);
    }

    #[test]
    fn what_takes_a_change_set_is_told_to_deploy() {
        for status in StackStatus::ALL.iter().filter(|status| **status != StackStatus::DeleteComplete) {
            let stack = stack_in(status);
            let takes = change_set_type(&stack).is_ok();
            assert_eq!(guidance(&stack) == Some(Guidance::Deploy), takes, "{status}");
        }
    }
}
