//! One entry of a stack's history. Pure data.
//!
//! *Invariant:* whether an entry is about the stack itself or about one of its resources is decided by the ARN alone.

use std::time::SystemTime;

use crate::event::{EventKind, ResourceEvent};
use crate::stack::STACK_TYPE;
use crate::stack::status::{ResourceStatus, StackStatus};

/// One entry of a stack's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id: the only thing that tells two entries apart, as times repeat.
    pub id: String,
    /// When it happened.
    pub at: SystemTime,
    /// The stack whose history this is, by ARN.
    pub stack_id: String,
    /// The resource's name in the template; the stack's name for the stack's own entries.
    pub logical_id: String,
    /// The resource's name in the account.
    pub physical_id: Option<String>,
    /// The resource's type.
    pub resource_type: String,
    /// The status as CloudFormation wrote it: of a resource, or of the stack.
    pub status: String,
    /// Why, where CloudFormation says so.
    pub reason: Option<String>,
    /// The client request token of the operation that this entry belongs to.
    pub token: Option<String>,
}

impl Entry {
    /// The stack's own status, when this entry is about the stack itself.
    pub fn stack_status(&self) -> Option<StackStatus> {
        // A nested stack has the same type; a resource may have the stack's name. Only the ARN decides.
        let own = self.resource_type == STACK_TYPE && self.physical_id.as_deref() == Some(&self.stack_id);
        own.then(|| StackStatus::parse(&self.status))
    }

    /// The resource's status, when this entry is about a resource.
    pub fn resource_status(&self) -> Option<ResourceStatus> {
        self.stack_status().is_none().then(|| ResourceStatus::parse(&self.status))
    }

    /// This entry as a fact to report about the stack `root`. A nested stack's own entries are those of a resource.
    pub(crate) fn to_event(&self, root: &str) -> EventKind {
        match self.stack_status() {
            Some(status) if self.stack_id == root => EventKind::Stack { status, reason: self.reason.clone() },
            _ => EventKind::Resource(ResourceEvent {
                stack_id: self.stack_id.clone(),
                logical_id: self.logical_id.clone(),
                physical_id: self.physical_id.clone(),
                resource_type: self.resource_type.clone(),
                status: ResourceStatus::parse(&self.status),
                reason: self.reason.clone(),
            }),
        }
    }
}
