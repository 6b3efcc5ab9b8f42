//! A stack: its definition, its resources, its events.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::Event;
use crate::clock::Millis;
use crate::state::drift::{Detection, Drift};
use crate::state::operation::Operation;
use crate::state::resource_type::ResourceType;
use crate::state::rollback_configuration::RollbackConfiguration;
use crate::state::template::Template;
use crate::state::{ACCOUNT, Region};

/// A stack, also after its deletion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stack {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: StackStatus,
    /// Cleared by the next resource event, as on AWS.
    pub(crate) status_reason: Option<String>,
    pub(crate) created: Millis,
    pub(crate) updated: Option<Millis>,
    /// Set when a deletion begins, also by the rollback of a creation.
    pub(crate) deleted: Option<Millis>,
    /// `None` until something was executed.
    pub(crate) definition: Option<Definition>,
    pub(crate) change_set_id: Option<String>,
    pub(crate) disable_rollback: bool,
    pub(crate) termination_protection: bool,
    pub(crate) policy: Option<String>,
    pub(crate) outputs: Vec<Output>,
    /// The exports of other stacks that it uses.
    pub(crate) imports: BTreeSet<String>,
    pub(crate) resources: BTreeMap<String, Resource>,
    /// Oldest first.
    pub(crate) events: Vec<Event>,
    pub(crate) operation: Option<Operation>,
    /// The operation that failed with rollback disabled: where a rollback begins.
    pub(crate) paused: Option<Operation>,
    /// Newest first.
    pub(crate) past: Vec<PastOperation>,
    /// The parent, if the stack is nested.
    pub(crate) parent: Option<Parent>,
    /// The last drift detection.
    pub(crate) detection: Option<Detection>,
    /// The request token of the last operation, and the call that brought it.
    pub(crate) last_token: Option<String>,
    /// The outdated view that DescribeStacks shows for a while: one of the faults.
    pub(crate) stale: Option<Stale>,
}

/// What a call defines a stack to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Definition {
    /// The template's text as submitted.
    pub(crate) body: String,
    pub(crate) template: Template,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) capabilities: Vec<String>,
    pub(crate) notification_arns: Vec<String>,
    pub(crate) role_arn: Option<String>,
    pub(crate) rollback: RollbackConfiguration,
}

impl Definition {
    /// The value of a parameter, as it was given or defaulted.
    pub(crate) fn parameter(&self, key: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.key == key)
    }
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parameter {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) no_echo: bool,
    /// A comma-delimited value that `Ref` makes a list of.
    pub(crate) list: bool,
    /// The value in the parameter store.
    pub(crate) resolved: Option<String>,
}

impl Parameter {
    /// The value that `Ref` returns.
    pub(crate) fn effective(&self) -> &str {
        self.resolved.as_deref().unwrap_or(&self.value)
    }
}

/// A tag of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// An output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) export: Option<String>,
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Resource {
    pub(crate) kind: ResourceType,
    /// Empty until the handler returns it.
    pub(crate) physical_id: String,
    pub(crate) status: ResourceStatus,
    pub(crate) status_reason: Option<String>,
    pub(crate) changed: Millis,
    /// The properties, resolved.
    pub(crate) properties: Value,
    /// What `Fn::GetAtt` finds.
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) deletion_policy: Policy,
    pub(crate) update_replace_policy: Policy,
    /// What the last drift detection found.
    pub(crate) drift: Option<Drift>,
}

/// What happens to a physical resource that leaves the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Policy {
    Delete,
    Retain,
    RetainExceptOnCreate,
}

impl Policy {
    pub(crate) fn of(text: Option<&str>) -> Self {
        match text {
            Some("Retain") => Self::Retain,
            Some("RetainExceptOnCreate") => Self::RetainExceptOnCreate,
            _ => Self::Delete,
        }
    }

    pub(crate) fn retains(self) -> bool {
        self != Self::Delete
    }
}

/// The parent of a nested stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Parent {
    pub(crate) stack_id: String,
    pub(crate) logical_id: String,
}

/// An operation of the past, or the current one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PastOperation {
    pub(crate) id: String,
    pub(crate) kind: OperationType,
}

/// An outdated view of a stack, shown until `until`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stale {
    pub(crate) until: Millis,
    pub(crate) status: StackStatus,
    pub(crate) status_reason: Option<String>,
}

impl Stack {
    /// A new stack in review, without resources.
    pub(crate) fn new(region: &mut Region, name: &str, now: Millis) -> Self {
        let id =
            format!("arn:aws:cloudformation:{}:{ACCOUNT}:stack/{name}/{}", region.name, region.random.uuid());
        Self {
            id,
            name: name.to_owned(),
            status: StackStatus::ReviewInProgress,
            status_reason: None,
            created: now,
            updated: None,
            deleted: None,
            definition: None,
            change_set_id: None,
            disable_rollback: false,
            termination_protection: false,
            policy: None,
            outputs: Vec::new(),
            imports: BTreeSet::new(),
            resources: BTreeMap::new(),
            events: Vec::new(),
            operation: None,
            paused: None,
            past: Vec::new(),
            parent: None,
            detection: None,
            last_token: None,
            stale: None,
        }
    }

    /// The status and reason that DescribeStacks shows now.
    pub(crate) fn shown(&self, now: Millis) -> (StackStatus, Option<&str>) {
        match &self.stale {
            Some(stale) if now < stale.until => (stale.status, stale.status_reason.as_deref()),
            _ => (self.status, self.status_reason.as_deref()),
        }
    }
}

/// Finds a stack by name (a live one) or by id (also a deleted one).
pub(crate) fn find(region: &Region, name_or_id: &str) -> Option<usize> {
    region.stacks.iter().position(|stack| {
        stack.id == name_or_id || (stack.name == name_or_id && stack.status != StackStatus::DeleteComplete)
    })
}

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum $name {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl $name {
            pub(crate) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}
pub(crate) use statuses;

statuses! {
    /// What an operation is called in `LastOperations` and `DescribeEvents`.
    OperationType {
        CreateStack = "CREATE_STACK",
        UpdateStack = "UPDATE_STACK",
        DeleteStack = "DELETE_STACK",
        ContinueRollback = "CONTINUE_ROLLBACK",
        Rollback = "ROLLBACK",
        CreateChangeset = "CREATE_CHANGESET",
    }
}

statuses! {
    /// The statuses of a stack that the sandbox can reach.
    StackStatus {
        ReviewInProgress = "REVIEW_IN_PROGRESS",
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
    }
}

statuses! {
    /// The statuses of a resource.
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
    }
}

impl StackStatus {
    /// Whether an update may begin.
    pub(crate) fn accepts_update(self) -> bool {
        match self {
            Self::CreateComplete
            | Self::UpdateComplete
            | Self::UpdateRollbackComplete
            | Self::ImportComplete
            | Self::ImportRollbackComplete
            | Self::CreateFailed
            | Self::UpdateFailed => true,
            Self::ReviewInProgress
            | Self::CreateInProgress
            | Self::RollbackInProgress
            | Self::RollbackComplete
            | Self::RollbackFailed
            | Self::UpdateInProgress
            | Self::UpdateCompleteCleanupInProgress
            | Self::UpdateRollbackInProgress
            | Self::UpdateRollbackCompleteCleanupInProgress
            | Self::UpdateRollbackFailed
            | Self::DeleteInProgress
            | Self::DeleteComplete
            | Self::DeleteFailed
            | Self::ImportInProgress
            | Self::ImportRollbackInProgress => false,
        }
    }
}
