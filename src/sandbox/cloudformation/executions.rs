//! The execution of a change set, and what an operation asks of a stack before it begins.

use serde_json::{Value, json};

use super::{import, nested_change_sets, stack_in_brackets};
use crate::cloudformation::change_set_calls::{find, is_nested, not_updatable};
use crate::engine::begin::{self, Order};
use crate::state::change_set::{ChangeSetStatus, ChangeSetType, ExecutionStatus, OnFailure};
use crate::state::operation::OperationKind;
use crate::state::stack::{Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;

/// ExecuteChangeSet.
pub(crate) fn execute(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let place = find(region, params)?;
    let change_set = region.change_sets[place].clone();
    let token = params.owned("ClientRequestToken");
    if token.is_some() && token == change_set.execution_token {
        return Ok(json!({}));
    }
    if change_set.parent.is_some() {
        return Err(is_nested(&change_set, "executed"));
    }
    let refuse = |status: &str| {
        Err(ApiError::new(
            400,
            "InvalidChangeSetStatus",
            format!("ChangeSet [{}] cannot be executed in its current status of [{status}]", change_set.id),
        ))
    };
    match (change_set.status, change_set.execution) {
        (ChangeSetStatus::CreateComplete, ExecutionStatus::Available) => {}
        (ChangeSetStatus::CreateComplete, execution) => return refuse(execution.as_str()),
        (status, _) => return refuse(status.as_str()),
    }
    let index = stack_in_brackets(region, &change_set.stack_id)?;
    let stack = &region.stacks[index];
    let ready = match change_set.kind {
        ChangeSetType::Create => stack.status == StackStatus::ReviewInProgress,
        ChangeSetType::Update => stack.status.accepts_update(),
        ChangeSetType::Import => {
            stack.status == StackStatus::ReviewInProgress || stack.status.accepts_update()
        }
    };
    if !ready {
        return Err(not_updatable(stack));
    }
    if let (Some(used), Some(token)) = (&stack.last_token, &token)
        && used == token
    {
        return Err(token_used(token));
    }
    let disable_rollback = params.flag("DisableRollback")?;
    check_paused(stack, disable_rollback)?;
    if params.get("DisableRollback").is_some() && change_set.on_stack_failure.is_some() {
        return Err(ApiError::validation(
            "DisableRollback cannot be specified when the change set has OnStackFailure",
        ));
    }
    let kind = match change_set.kind {
        ChangeSetType::Create => OperationKind::Create,
        ChangeSetType::Update => OperationKind::Update,
        ChangeSetType::Import => OperationKind::Import,
    };
    let on_failure = match change_set.on_stack_failure {
        Some(on_failure) => on_failure,
        None if disable_rollback => OnFailure::DoNothing,
        None => OnFailure::Rollback,
    };
    let order = Order {
        on_failure,
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        change_set_id: Some(change_set.id.clone()),
        imports: import::identifiers(&change_set.changes),
        ..Order::new(kind, token.clone())
    };
    let stack = &mut region.stacks[index];
    stack.last_token.clone_from(&token);
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    begin::begin(region, index, order, change_set.definition, &change_set.changes, moment)?;
    // Executing one deletes the others.
    let others: Vec<String> = region
        .change_sets
        .iter()
        .filter(|set| set.stack_id == change_set.stack_id && set.id != change_set.id)
        .map(|set| set.id.clone())
        .collect();
    for other in others {
        region.change_sets.retain(|set| set.id != other);
        nested_change_sets::remove(region, &other, moment);
    }
    if let Some(set) = region.change_sets.iter_mut().find(|set| set.id == change_set.id) {
        set.execution = ExecutionStatus::ExecuteInProgress;
        set.execution_token = token;
    }
    Ok(json!({}))
}

/// A stack that was paused by a failure goes on only with rollback still disabled.
pub(super) fn check_paused(stack: &Stack, disable_rollback: bool) -> Result<(), ApiError> {
    let paused = matches!(stack.status, StackStatus::CreateFailed | StackStatus::UpdateFailed);
    if !paused || disable_rollback {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "This stack is currently in a non-terminal [{}] state. To update the stack from this state, please use the \
         disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack \
         API",
        stack.status.as_str()
    )))
}

/// The refusal of a request token that another operation had.
pub(super) fn token_used(token: &str) -> ApiError {
    ApiError::new(
        400,
        "TokenAlreadyExistsException",
        format!("Token {token} was already used by another operation"),
    )
}

/// Marks the change sets of a stack that was changed in another way.
pub(super) fn make_obsolete(region: &mut Region, stack_id: &str) {
    for set in region.change_sets.iter_mut().filter(|set| set.stack_id == stack_id) {
        if set.execution == ExecutionStatus::Available {
            set.execution = ExecutionStatus::Obsolete;
        }
    }
}
