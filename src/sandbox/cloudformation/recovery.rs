//! The calls that roll a stack back: CancelUpdateStack, RollbackStack, ContinueUpdateRollback.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::executions::token_used;
use super::{stack_in_brackets, stack_name};
use crate::engine::{begin, rollback};
use crate::state::stack::StackStatus;
use crate::state::{Moment, Region};
use crate::template::definition;
use crate::wire::error::ApiError;
use crate::wire::query::Params;

/// CancelUpdateStack.
pub(crate) fn cancel_update(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    if region.stacks[index].status != StackStatus::UpdateInProgress {
        return Err(ApiError::validation("CancelUpdateStack cannot be called from current stack status"));
    }
    begin::call_off(region, index, begin::USER_INITIATED, moment);
    Ok(json!({}))
}

/// RollbackStack. The wording of its refusal is an update's, as no recording shows its own.
pub(crate) fn rollback_stack(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    let token = fresh_token(region, index, params)?;
    let stack = &region.stacks[index];
    if !matches!(stack.status, StackStatus::CreateFailed | StackStatus::UpdateFailed) {
        return Err(wrong_state(&stack.id, stack.status, "rolled back"));
    }
    let stack_id = stack.id.clone();
    definition::check_role(region, params.get("RoleARN"), moment)?;
    region.stacks[index].last_token.clone_from(&token);
    let retain = params.flag("RetainExceptOnCreate")?;
    let operation = rollback::from_pause(region, index, token, retain, moment)
        .ok_or_else(|| wrong_state(&stack_id, StackStatus::CreateFailed, "rolled back"))?;
    Ok(json!({ "StackId": stack_id, "OperationId": operation }))
}

/// ContinueUpdateRollback.
pub(crate) fn continue_update_rollback(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    let token = fresh_token(region, index, params)?;
    let stack = &region.stacks[index];
    if stack.status != StackStatus::UpdateRollbackFailed {
        return Err(wrong_state(&stack.id, stack.status, "continued in its rollback"));
    }
    let mut skip: BTreeSet<String> = params.list("ResourcesToSkip").into_iter().collect();
    let stuck = rollback::stuck(stack);
    let own = |name: &&String| !name.contains('.');
    if let Some(odd) = skip.iter().filter(own).find(|name| !stuck.contains(*name)) {
        return Err(ApiError::validation(format!(
            "The following resource(s) to skip are not in the state UPDATE_FAILED: [{odd}]"
        )));
    }
    if params.flag("ForceRollback")? {
        if !skip.is_empty() {
            return Err(ApiError::validation("ForceRollback cannot be specified with ResourcesToSkip"));
        }
        skip = stuck;
    }
    definition::check_role(region, params.get("RoleARN"), moment)?;
    region.stacks[index].last_token.clone_from(&token);
    rollback::go_on(region, index, token, skip, moment);
    Ok(json!({}))
}

fn fresh_token(region: &Region, index: usize, params: &Params) -> Result<Option<String>, ApiError> {
    let token = params.owned("ClientRequestToken");
    match (&token, &region.stacks[index].last_token) {
        (Some(token), Some(used)) if token == used => Err(token_used(token)),
        _ => Ok(token),
    }
}

fn wrong_state(id: &str, status: StackStatus, verb: &str) -> ApiError {
    ApiError::validation(format!("Stack:{id} is in {} state and can not be {verb}.", status.as_str()))
}
