//! Starts the deletion of a stack.
//!
//! In goes a stack as it was described, out comes an [`Operation`] to watch. Never disables a protection, never forces.

use aws_sdk_cloudformation::Client;

use crate::connection::clock::Clock;
use crate::connection::retry::without_retries;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents};
use crate::operation::entry::Entry;
use crate::operation::{Operation, OperationKind, call_until_heard, head};
use crate::stack::status::StackStatus;
use crate::stack::{self, Stack};

/// Why a deletion did not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeleteError {
    /// The stack has termination protection.
    #[error("stack {stack_name} has termination protection")]
    Protected {
        /// The stack's name.
        stack_name: String,
    },
    /// The stack is no longer as it was described.
    #[error("stack {stack_name} has changed in the meantime")]
    Changed {
        /// The stack's name.
        stack_name: String,
    },
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl DeleteError {
    /// What to do about it, where there is a way.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            DeleteError::Protected { .. } => Some("disable termination protection first"),
            DeleteError::Changed { .. } => Some("look at it again, then try again"),
            DeleteError::Api(_) => None,
        }
    }
}

/// A stack that can be deleted, looked at right before.
#[derive(Debug)]
pub struct PreparedDeletion {
    stack: Stack,
    before: Vec<Entry>,
}

/// Looks at `stack` once more before it is deleted: CloudFormation takes no condition with a deletion. Reads only.
///
/// # Errors
///
/// [`DeleteError::Changed`] when it is no longer as it was described.
pub async fn prepare_deletion(
    client: &Client,
    stack: &Stack,
    events: &Events,
) -> Result<PreparedDeletion, DeleteError> {
    if stack.termination_protection {
        return Err(DeleteError::Protected { stack_name: stack.name.clone() });
    }
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &stack.name };
    let before = head(client, &stack.id, &clock, &facts).await?;
    // By ARN: the name may have been bound to another stack since it was described.
    let now = stack::describe(client, &stack.id).await?;
    if !now.is_some_and(|now| (now.updated, &now.status) == (stack.updated, &stack.status)) {
        return Err(DeleteError::Changed { stack_name: stack.name.clone() });
    }
    Ok(PreparedDeletion { stack: stack.clone(), before })
}

/// Starts the deletion of a stack. The token makes a repeated call one and the same, and marks the events.
///
/// # Errors
///
/// [`DeleteError::Protected`] when it was protected since it was looked at, [`DeleteError::Api`].
pub async fn start_deletion(
    client: &Client,
    prepared: PreparedDeletion,
    token: &str,
    events: &Events,
) -> Result<Operation, DeleteError> {
    let PreparedDeletion { stack, before } = prepared;
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &stack.name };
    let call = async || {
        let request = client.delete_stack().stack_name(&stack.id).client_request_token(token);
        let answer = request.customize().config_override(without_retries()).send().await;
        answer.map(|_| ()).map_err(|error| ApiError::unpack("DeleteStack", &error))
    };
    let began = call_until_heard(&clock, &facts, call, async || has_begun(client, &stack).await);
    if let Err(error) = began.await {
        // Protected since it was described; there is no code for it.
        let refused =
            error.kind == ApiErrorKind::Validation && error.message.contains("TerminationProtection");
        let stack_name = stack.name;
        return Err(if refused { DeleteError::Protected { stack_name } } else { error.into() });
    }
    facts.emit(clock.now(), EventKind::DeletionStarted { token: token.to_owned() });
    Ok(Operation {
        stack_name: stack.name,
        stack_id: stack.id,
        kind: OperationKind::Delete { token: token.to_owned() },
        rollback_disabled: false,
        before,
    })
}

/// Looks at `stack` once more and starts its deletion: [`prepare_deletion`] and [`start_deletion`].
///
/// # Errors
///
/// Those of both.
pub async fn delete(
    client: &Client,
    stack: &Stack,
    token: &str,
    events: &Events,
) -> Result<Operation, DeleteError> {
    start_deletion(client, prepare_deletion(client, stack, events).await?, token, events).await
}

/// Returns whether a stack is being deleted, or was, since it was described.
async fn has_begun(client: &Client, described: &Stack) -> bool {
    let is_deleting = |status: StackStatus| match status {
        StackStatus::DeleteInProgress | StackStatus::DeleteComplete => true,
        status => status == StackStatus::DeleteFailed && described.status != StackStatus::DeleteFailed,
    };
    let found = stack::describe(client, &described.id).await;
    found.is_ok_and(|found| found.is_none_or(|found| is_deleting(found.status)))
}
