//! The execution of a change set, and the checks before an operation begins.

use serde_json::{Value, json};

use super::{import, nested_change_sets, stack_in_brackets};
use crate::cloudformation::change_set_calls::{find, is_nested, not_updatable};
use crate::engine::begin::{self, OperationRequest};
use crate::state::change_set::{ChangeSet, ChangeSetStatus, ChangeSetType, ExecutionStatus, OnFailure};
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
    check_executable(&change_set)?;
    let index = stack_in_brackets(region, &change_set.stack_id)?;
    check_stack(&region.stacks[index], &change_set, token.as_deref())?;
    let on_failure = read_on_failure(params, &region.stacks[index], &change_set)?;
    let kind = match change_set.kind {
        ChangeSetType::Create => OperationKind::Create,
        ChangeSetType::Update => OperationKind::Update,
        ChangeSetType::Import => OperationKind::Import,
    };
    let request = OperationRequest {
        on_failure,
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        change_set_id: Some(change_set.id.clone()),
        imports: import::identifiers(&change_set.changes),
        ..OperationRequest::new(kind, token.clone())
    };
    let stack = &mut region.stacks[index];
    stack.last_token.clone_from(&token);
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    begin::begin(region, index, request, change_set.definition.clone(), &change_set.changes, moment)?;
    delete_others(region, &change_set, moment);
    if let Some(set) = region.change_sets.iter_mut().find(|set| set.id == change_set.id) {
        set.execution = ExecutionStatus::ExecuteInProgress;
        set.execution_token = token;
    }
    Ok(json!({}))
}

/// The statuses that allow an execution.
fn check_executable(change_set: &ChangeSet) -> Result<(), ApiError> {
    let status = match (change_set.status, change_set.execution) {
        (ChangeSetStatus::CreateComplete, ExecutionStatus::Available) => return Ok(()),
        (ChangeSetStatus::CreateComplete, execution) => execution.as_str(),
        (status, _) => status.as_str(),
    };
    Err(ApiError::new(
        400,
        "InvalidChangeSetStatus",
        format!("ChangeSet [{}] cannot be executed in its current status of [{status}]", change_set.id),
    ))
}

/// Whether the stack takes the change set now, and has not seen the request's token before.
fn check_stack(stack: &Stack, change_set: &ChangeSet, token: Option<&str>) -> Result<(), ApiError> {
    let in_review = stack.status == StackStatus::ReviewInProgress;
    let ready = match change_set.kind {
        ChangeSetType::Create => in_review,
        ChangeSetType::Update => stack.status.accepts_update(),
        ChangeSetType::Import => in_review || stack.status.accepts_update(),
    };
    if !ready {
        return Err(not_updatable(stack));
    }
    match (stack.last_token.as_deref(), token) {
        (Some(used), Some(token)) if used == token => Err(token_used(token)),
        _ => Ok(()),
    }
}

/// What happens on failure: the change set's `OnStackFailure`, or the call's `DisableRollback`, never both.
fn read_on_failure(params: &Params, stack: &Stack, change_set: &ChangeSet) -> Result<OnFailure, ApiError> {
    let disable_rollback = params.flag("DisableRollback")?;
    check_paused(stack, disable_rollback)?;
    match change_set.on_stack_failure {
        Some(_) if params.get("DisableRollback").is_some() => Err(ApiError::validation(
            "DisableRollback cannot be specified when the change set has OnStackFailure",
        )),
        Some(on_failure) => Ok(on_failure),
        None if disable_rollback => Ok(OnFailure::DoNothing),
        None => Ok(OnFailure::Rollback),
    }
}

/// Deletes the stack's other change sets, as the execution of one does.
fn delete_others(region: &mut Region, executed: &ChangeSet, moment: Moment<'_>) {
    let others: Vec<String> = region
        .change_sets
        .iter()
        .filter(|set| set.stack_id == executed.stack_id && set.id != executed.id)
        .map(|set| set.id.clone())
        .collect();
    for other in others {
        region.change_sets.retain(|set| set.id != other);
        nested_change_sets::remove(region, &other, moment);
    }
}

/// Refuses an update of a stack that a failure paused, unless rollback is still disabled.
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

/// The refusal of a request token that another operation has used.
pub(super) fn token_used(token: &str) -> ApiError {
    ApiError::new(
        400,
        "TokenAlreadyExistsException",
        format!("Token {token} was already used by another operation"),
    )
}

/// Marks the available change sets of a stack that has changed as obsolete.
pub(super) fn make_obsolete(region: &mut Region, stack_id: &str) {
    for set in region.change_sets.iter_mut().filter(|set| set.stack_id == stack_id) {
        if set.execution == ExecutionStatus::Available {
            set.execution = ExecutionStatus::Obsolete;
        }
    }
}
