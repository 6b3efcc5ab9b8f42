//! A change set: what an execution would do to a stack.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::stack::{Definition, statuses};
use crate::clock::Millis;
use crate::state::resource_type::ResourceType;

/// A change set, as kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ChangeSet {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) stack_id: String,
    pub(crate) stack_name: String,
    pub(crate) kind: ChangeSetType,
    pub(crate) description: Option<String>,
    pub(crate) client_token: Option<String>,
    pub(crate) created: Millis,
    /// When its creation ended.
    pub(crate) settled: Option<Millis>,
    pub(crate) status: ChangeSetStatus,
    pub(crate) status_reason: Option<String>,
    pub(crate) execution: ExecutionStatus,
    pub(crate) definition: Definition,
    pub(crate) on_stack_failure: Option<OnFailure>,
    /// `DisableValidation` was given: no early validation.
    pub(crate) unvalidated: bool,
    pub(crate) changes: Vec<Change>,
    /// The resources that import an export that is not there, each with the export's name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) missing_exports: Vec<(String, String)>,
    /// What early validation found; DescribeEvents shows it.
    pub(crate) findings: Vec<Finding>,
    pub(crate) operation_id: String,
    /// The resources that an IMPORT change set imports.
    pub(crate) to_import: Vec<ToImport>,
    /// `ImportExistingResources`.
    pub(crate) adopts: bool,
    /// `IncludeNestedStacks`.
    pub(crate) nested: bool,
    /// The change set of the parent stack.
    pub(crate) parent: Option<String>,
    /// The token of the execution, by which a repeated call is recognised.
    pub(crate) execution_token: Option<String>,
}

/// Whether the stack exists already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeSetType {
    Create,
    Update,
    Import,
}

/// What happens to a stack whose creation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnFailure {
    Rollback,
    Delete,
    DoNothing,
}

impl OnFailure {
    pub(crate) fn of(text: &str) -> Option<Self> {
        match text {
            "ROLLBACK" => Some(Self::Rollback),
            "DELETE" => Some(Self::Delete),
            "DO_NOTHING" => Some(Self::DoNothing),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Rollback => "ROLLBACK",
            Self::Delete => "DELETE",
            Self::DoNothing => "DO_NOTHING",
        }
    }
}

statuses! {
    /// The status of a change set's creation.
    ChangeSetStatus {
        CreatePending = "CREATE_PENDING",
        CreateInProgress = "CREATE_IN_PROGRESS",
        CreateComplete = "CREATE_COMPLETE",
        Failed = "FAILED",
    }
}

statuses! {
    /// Whether a change set can be executed, or has been.
    ExecutionStatus {
        Unavailable = "UNAVAILABLE",
        Available = "AVAILABLE",
        ExecuteInProgress = "EXECUTE_IN_PROGRESS",
        ExecuteComplete = "EXECUTE_COMPLETE",
        ExecuteFailed = "EXECUTE_FAILED",
        Obsolete = "OBSOLETE",
    }
}

impl ExecutionStatus {
    /// Whether the change set was executed, or is being.
    pub(crate) fn has_begun(self) -> bool {
        matches!(self, Self::ExecuteInProgress | Self::ExecuteComplete | Self::ExecuteFailed)
    }
}

/// A problem found by early validation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) event_id: String,
    pub(crate) at: Millis,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) resource_type: String,
    pub(crate) validation: String,
    pub(crate) path: String,
    pub(crate) reason: String,
}

/// What would happen to one resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) action: Action,
    pub(crate) logical_id: String,
    pub(crate) physical_id: Option<String>,
    pub(crate) kind: ResourceType,
    pub(crate) replacement: Option<Replacement>,
    pub(crate) policy_action: Option<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) details: Vec<Detail>,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    /// The change set of a nested stack.
    pub(crate) change_set_id: Option<String>,
}

/// What a change does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    Add,
    Modify,
    Remove,
    Import,
}

/// Whether a modification makes a new physical resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Replacement {
    False,
    Conditional,
    True,
}

/// One reason for a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Detail {
    pub(crate) attribute: String,
    pub(crate) name: Option<String>,
    pub(crate) path: String,
    pub(crate) recreation: Replacement,
    pub(crate) change_type: ChangeType,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) dynamic: bool,
    pub(crate) source: String,
    pub(crate) causing_entity: Option<String>,
    pub(crate) shown: Shown,
}

/// How a value changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ChangeType {
    Add,
    Remove,
    Modify,
}

/// In which answers a detail is shown: with `IncludePropertyValues` AWS returns more details, and a direct one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shown {
    Always,
    WithValues,
    WithoutValues,
}

/// One of `ResourcesToImport`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToImport {
    pub(crate) logical_id: String,
    pub(crate) identifier: String,
}
