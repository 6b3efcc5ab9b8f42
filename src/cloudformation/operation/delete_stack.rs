//! Starts the deletion of a stack.
//!
//! In goes a stack as it was described, out comes an [`Operation`] to watch. Never disables a protection, never forces.

use aws_sdk_cloudformation::Client;

use crate::connection::clock::Clock;
use crate::connection::retry::without_retries;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents};
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
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

impl DeleteError {
    /// What to do about it, where there is a way.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            DeleteError::Protected { .. } => Some("disable termination protection first"),
            DeleteError::Api(_) => None,
        }
    }
}

/// Starts the deletion of `stack`. The token makes a repeated call one and the same, and marks the events.
pub async fn delete(
    client: &Client,
    stack: &Stack,
    token: &str,
    events: &Events,
) -> Result<Operation, DeleteError> {
    let protected = || DeleteError::Protected { stack_name: stack.name.clone() };
    if stack.termination_protection {
        return Err(protected());
    }
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &stack.name };
    let before = head(client, &stack.id, &clock, &facts).await?;
    let call = async || {
        // By ARN: the name may have been bound to another stack since it was described.
        let request = client.delete_stack().stack_name(&stack.id).client_request_token(token);
        let answer = request.customize().config_override(without_retries()).send().await;
        answer.map(|_| ()).map_err(|error| ApiError::unpack("DeleteStack", &error))
    };
    let began = call_until_heard(&clock, &facts, call, async || has_begun(client, stack).await);
    if let Err(error) = began.await {
        // Protected since it was described; there is no code for it.
        let refused =
            error.kind == ApiErrorKind::Validation && error.message.contains("TerminationProtection");
        return Err(if refused { protected() } else { error.into() });
    }
    facts.emit(clock.now(), EventKind::DeletionStarted { token: token.to_owned() });
    Ok(Operation {
        stack_name: stack.name.clone(),
        stack_id: stack.id.clone(),
        kind: OperationKind::Delete { token: token.to_owned() },
        rollback_disabled: false,
        before,
    })
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
