//! The statuses of stacks and of resources, as closed enums.
//!
//! In goes CloudFormation's text, out comes a variant and, for stacks, the class that says what a deploy may do.
//! Suffixes are never tested: `UPDATE_ROLLBACK_COMPLETE` ends in `_COMPLETE` and is a failed update.

use crate::stack::vocabulary::vocabulary;

/// What a [`StackStatus`] means for a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackClass {
    /// The last operation succeeded; the next one may start.
    Done,
    /// The last operation failed and was rolled back. `ROLLBACK_COMPLETE` can only be deleted, the others take updates.
    RolledBack,
    /// The last operation failed, and rollback was disabled.
    Paused,
    /// The rollback or the deletion failed too; manual recovery is needed.
    Stuck,
    /// An operation is running.
    Moving,
    /// An empty shell that holds change sets and nothing else.
    Review,
    /// Deleted; visible by its ARN only.
    Gone,
    /// A status that this version does not know.
    Unknown,
}

vocabulary! {
    /// The status of a stack: CloudFormation's 23, and a place for the next one.
    StackStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ReviewInProgress = "REVIEW_IN_PROGRESS",
    }
}

vocabulary! {
    /// The status of one resource in a stack.
    ResourceStatus {
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        CreateFailed = "CREATE_FAILED",
        UpdateInProgress = "UPDATE_IN_PROGRESS",
        UpdateComplete = "UPDATE_COMPLETE",
        UpdateFailed = "UPDATE_FAILED",
        DeleteInProgress = "DELETE_IN_PROGRESS",
        DeleteComplete = "DELETE_COMPLETE",
        DeleteFailed = "DELETE_FAILED",
        DeleteSkipped = "DELETE_SKIPPED",
        ImportInProgress = "IMPORT_IN_PROGRESS",
        ImportComplete = "IMPORT_COMPLETE",
        ImportFailed = "IMPORT_FAILED",
        ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS",
        ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE",
        ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED",
        ExportInProgress = "EXPORT_IN_PROGRESS",
        ExportComplete = "EXPORT_COMPLETE",
        ExportFailed = "EXPORT_FAILED",
        ExportRollbackInProgress = "EXPORT_ROLLBACK_IN_PROGRESS",
        ExportRollbackComplete = "EXPORT_ROLLBACK_COMPLETE",
        ExportRollbackFailed = "EXPORT_ROLLBACK_FAILED",
        RollbackInProgress = "ROLLBACK_IN_PROGRESS",
        RollbackComplete = "ROLLBACK_COMPLETE",
        RollbackFailed = "ROLLBACK_FAILED",
        UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS",
        UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE",
        UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED",
    }
}

impl StackStatus {
    /// The class of this status.
    pub fn class(&self) -> StackClass {
        match self {
            StackStatus::CreateComplete | StackStatus::UpdateComplete | StackStatus::ImportComplete => {
                StackClass::Done
            }
            StackStatus::RollbackComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::ImportRollbackComplete => StackClass::RolledBack,
            StackStatus::CreateFailed | StackStatus::UpdateFailed => StackClass::Paused,
            StackStatus::RollbackFailed
            | StackStatus::UpdateRollbackFailed
            | StackStatus::ImportRollbackFailed
            | StackStatus::DeleteFailed => StackClass::Stuck,
            StackStatus::CreateInProgress
            | StackStatus::RollbackInProgress
            | StackStatus::UpdateInProgress
            | StackStatus::UpdateCompleteCleanupInProgress
            | StackStatus::UpdateRollbackInProgress
            | StackStatus::UpdateRollbackCompleteCleanupInProgress
            | StackStatus::DeleteInProgress
            | StackStatus::ImportInProgress
            | StackStatus::ImportRollbackInProgress => StackClass::Moving,
            StackStatus::ReviewInProgress => StackClass::Review,
            StackStatus::DeleteComplete => StackClass::Gone,
            StackStatus::Unknown(_) => StackClass::Unknown,
        }
    }

    /// Whether an operation that somebody started begins with this status. Rollbacks continue one.
    pub fn starts_operation(&self) -> bool {
        matches!(
            self,
            StackStatus::CreateInProgress
                | StackStatus::UpdateInProgress
                | StackStatus::DeleteInProgress
                | StackStatus::ImportInProgress
        )
    }
}

impl ResourceStatus {
    /// Whether the resource's own work failed. What failed only because it was cancelled says so in its reason.
    pub fn is_failed(&self) -> bool {
        matches!(
            self,
            ResourceStatus::CreateFailed
                | ResourceStatus::UpdateFailed
                | ResourceStatus::DeleteFailed
                | ResourceStatus::ImportFailed
                | ResourceStatus::ImportRollbackFailed
                | ResourceStatus::ExportFailed
                | ResourceStatus::ExportRollbackFailed
                | ResourceStatus::RollbackFailed
                | ResourceStatus::UpdateRollbackFailed
        )
    }

    /// Whether work on the resource is going on.
    pub fn is_in_progress(&self) -> bool {
        matches!(
            self,
            ResourceStatus::CreateInProgress
                | ResourceStatus::UpdateInProgress
                | ResourceStatus::DeleteInProgress
                | ResourceStatus::ImportInProgress
                | ResourceStatus::ImportRollbackInProgress
                | ResourceStatus::ExportInProgress
                | ResourceStatus::ExportRollbackInProgress
                | ResourceStatus::RollbackInProgress
                | ResourceStatus::UpdateRollbackInProgress
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_reads_back() {
        assert_eq!(StackStatus::ALL.len(), 23);
        for status in StackStatus::ALL {
            assert_eq!(&StackStatus::parse(status.as_str()), status);
            assert_ne!(status.class(), StackClass::Unknown, "{status}");
        }
        for status in ResourceStatus::ALL {
            assert_eq!(&ResourceStatus::parse(status.as_str()), status);
        }
    }

    #[test]
    fn knows_every_status_of_the_sdk() {
        for text in aws_sdk_cloudformation::types::StackStatus::values() {
            assert_ne!(StackStatus::parse(text).class(), StackClass::Unknown, "{text}");
        }
        for text in aws_sdk_cloudformation::types::ResourceStatus::values() {
            assert!(!matches!(ResourceStatus::parse(text), ResourceStatus::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn classes() {
        #[track_caller]
        fn check(text: &str, class: StackClass) {
            assert_eq!(StackStatus::parse(text).class(), class);
        }
        check("CREATE_COMPLETE", StackClass::Done);
        check("UPDATE_ROLLBACK_COMPLETE", StackClass::RolledBack);
        check("ROLLBACK_COMPLETE", StackClass::RolledBack);
        check("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", StackClass::Moving);
        check("UPDATE_FAILED", StackClass::Paused);
        check("DELETE_FAILED", StackClass::Stuck);
        check("REVIEW_IN_PROGRESS", StackClass::Review);
        check("DELETE_COMPLETE", StackClass::Gone);
        check("TELEPORT_COMPLETE", StackClass::Unknown);
    }

    #[test]
    fn a_resource_is_failed_or_moving_or_at_rest() {
        for status in ResourceStatus::ALL {
            assert_eq!(status.is_failed(), status.as_str().ends_with("_FAILED"), "{status}");
            assert_eq!(status.is_in_progress(), status.as_str().ends_with("_IN_PROGRESS"), "{status}");
        }
    }
}
