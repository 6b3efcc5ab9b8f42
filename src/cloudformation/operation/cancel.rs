//! Cancels a running operation: an update is rolled back; a creation is deleted, if the caller confirms that.
//!
//! In goes a stack's name or ARN, out comes the [`Operation`] to watch. *Invariant:* a stack is deleted only by
//! [`CancelCreation::Delete`]; what runs to undo or to delete something is never touched.

use aws_sdk_cloudformation::Client;

use crate::connection::clock::Clock;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents};
use crate::operation::delete_stack::{DeleteError, delete};
use crate::operation::{Operation, OperationKind};
use crate::stack::status::StackStatus;
use crate::stack::{self, Stack};

/// Whether the cancellation of a creation may delete the stack, which is all that CloudFormation can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelCreation {
    /// The creation continues, and the cancellation is refused.
    Refuse,
    /// The stack is deleted.
    Delete,
}

/// Why nothing was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// There is no such stack.
    #[error("stack {0} does not exist")]
    NoStack(String),
    /// Nothing runs that could be cancelled.
    #[error("stack {stack_name} has no operation to cancel: it is in {status}")]
    NothingToCancel {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
    /// It is being created, and cancelling that means to delete it.
    #[error("stack {0} is being created; cancelling a creation deletes the stack")]
    BeingCreated(String),
    /// The deletion of what is being created was refused.
    #[error(transparent)]
    Delete(#[from] DeleteError),
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Cancels what runs on `stack`. `token` marks the cancellation.
pub async fn cancel(
    client: &Client,
    stack: &str,
    creation: CancelCreation,
    token: &str,
    events: &Events,
) -> Result<Operation, CancelError> {
    let Some(found) = stack::describe(client, stack).await? else {
        return Err(CancelError::NoStack(stack.to_owned()));
    };
    match (&found.status, creation) {
        (StackStatus::UpdateInProgress, _) => cancel_update(client, found, token, events).await,
        (StackStatus::CreateInProgress, CancelCreation::Delete) => {
            Ok(delete(client, &found, token, events).await?)
        }
        (StackStatus::CreateInProgress, CancelCreation::Refuse) => Err(CancelError::BeingCreated(found.name)),
        (_, _) => Err(CancelError::NothingToCancel { stack_name: found.name, status: found.status }),
    }
}

async fn cancel_update(
    client: &Client,
    stack: Stack,
    token: &str,
    events: &Events,
) -> Result<Operation, CancelError> {
    let answer = client.cancel_update_stack().stack_name(&stack.id).client_request_token(token).send().await;
    match answer.map_err(|error| ApiError::unpack("CancelUpdateStack", &error)) {
        Ok(_) => {}
        // It has gone on since it was described: "CancelUpdateStack cannot be called from current stack status".
        Err(error) if error.kind == ApiErrorKind::Validation => {
            let now = stack::describe(client, &stack.id).await?;
            return Err(match now.filter(|now| now.status != StackStatus::UpdateInProgress) {
                Some(now) => CancelError::NothingToCancel { stack_name: now.name, status: now.status },
                None => error.into(),
            });
        }
        Err(error) => return Err(error.into()),
    }
    let facts = StackEvents { events, stack_name: &stack.name };
    facts.emit(Clock::of(client).now(), EventKind::Cancelled { token: token.to_owned() });
    // It is the same operation that turns around: it is followed from its beginning.
    Ok(Operation {
        stack_name: stack.name,
        stack_id: stack.id,
        kind: OperationKind::Latest,
        rollback_disabled: stack.disable_rollback,
        before: Vec::new(),
    })
}
