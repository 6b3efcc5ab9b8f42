//! Rolls back a stack whose last operation failed.
//!
//! In goes a stack as it was described, out comes the [`Operation`] to watch. Which of CloudFormation's two calls it takes is
//! told by the status. *Invariant:* no resource is skipped that was not named.

use aws_sdk_cloudformation::Client;

use crate::connection::clock::Clock;
use crate::error::ApiError;
use crate::event::{EventKind, Events, StackEvents};
use crate::operation::{Operation, OperationKind, head};
use crate::stack::Stack;
use crate::stack::status::StackStatus;

/// How a stack is rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RollbackOptions {
    /// The role that CloudFormation assumes; `None` uses the stack's own.
    pub role_arn: Option<String>,
    /// Resources that cannot be rolled back and are left as they are, by logical id (`NestedStack.Resource` for one in a
    /// nested stack). For a rollback that is continued only.
    pub skip: Vec<String>,
    /// Whether resources that the failed operation made are deleted, whatever their `DeletionPolicy`. For a rollback that
    /// is begun only.
    pub retain_except_on_create: bool,
}

/// Why a rollback did not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollbackError {
    /// There is nothing to roll back, or no way.
    #[error("stack {stack_name} cannot be rolled back: it is in {status}")]
    NotNow {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
    /// Resources can be skipped only when a rollback has failed.
    #[error("stack {0} has no failed rollback: resources can be skipped only when one is continued")]
    NothingToSkip(String),
    /// CloudFormation did not answer as hoped.
    #[error(transparent)]
    Api(#[from] ApiError),
}

/// Rolls `stack` back: begins a rollback from `CREATE_FAILED` and `UPDATE_FAILED`, continues one from
/// `UPDATE_ROLLBACK_FAILED`.
pub async fn rollback(
    client: &Client,
    stack: &Stack,
    options: &RollbackOptions,
    token: &str,
    events: &Events,
) -> Result<Operation, RollbackError> {
    let continues = match stack.status {
        StackStatus::CreateFailed | StackStatus::UpdateFailed => false,
        StackStatus::UpdateRollbackFailed => true,
        _ => {
            let (stack_name, status) = (stack.name.clone(), stack.status.clone());
            return Err(RollbackError::NotNow { stack_name, status });
        }
    };
    if !continues && !options.skip.is_empty() {
        return Err(RollbackError::NothingToSkip(stack.name.clone()));
    }
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &stack.name };
    let before = head(client, &stack.id, &clock, &facts).await?;
    if continues {
        let call = client
            .continue_update_rollback()
            .stack_name(&stack.id)
            .client_request_token(token)
            .set_role_arn(options.role_arn.clone())
            .set_resources_to_skip((!options.skip.is_empty()).then(|| options.skip.clone()));
        call.send().await.map_err(|error| ApiError::unpack("ContinueUpdateRollback", &error))?;
    } else {
        let call = client
            .rollback_stack()
            .stack_name(&stack.id)
            .client_request_token(token)
            .set_role_arn(options.role_arn.clone())
            .set_retain_except_on_create(options.retain_except_on_create.then_some(true));
        call.send().await.map_err(|error| ApiError::unpack("RollbackStack", &error))?;
    }
    facts.emit(clock.now(), EventKind::RollbackStarted { token: token.to_owned() });
    Ok(Operation {
        stack_name: stack.name.clone(),
        stack_id: stack.id.clone(),
        kind: OperationKind::Rollback { token: token.to_owned() },
        rollback_disabled: false,
        before,
    })
}
