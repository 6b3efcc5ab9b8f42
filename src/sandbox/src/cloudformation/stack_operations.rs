//! The calls that work on a stack without a change set, and those that end one.

use serde_json::{Value, json};

use super::change_set::OnFailure;
use super::change_sets::{check_paused, make_obsolete, not_updatable, token_used};
use super::stack::{self, Stack, StackStatus};
use super::{definition, differences, early_validation, stack_name, stacks};
use crate::engine::begin::{self, Order};
use crate::engine::operation::OperationKind;
use crate::engine::outputs;
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;

/// CreateStack.
pub(crate) fn create(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let name = stack_name(params)?.to_owned();
    if name.starts_with("arn:") {
        return Err(ApiError::validation(format!("Stack name {name} must not be an ARN")));
    }
    let token = params.owned("ClientRequestToken");
    let found = stack::find(region, &name);
    if let Some(stack) =
        found.map(|index| &region.stacks[index]).filter(|s| s.status != StackStatus::ReviewInProgress)
    {
        if token.is_some() && stack.last_token == token {
            return Ok(json!({ "StackId": stack.id }));
        }
        return Err(ApiError::new(400, "AlreadyExistsException", format!("Stack [{name}] already exists")));
    }
    let on_failure = read_on_failure(params)?;
    let definition = definition::read(params, None, moment)?;
    let policy = read_policy(params)?;
    let shell = match found {
        Some(index) => region.stacks[index].clone(),
        None => Stack::new(region, &name, moment.now),
    };
    definition::check(region, &shell, &definition)?;
    let index = found.unwrap_or_else(|| {
        region.stacks.push(shell);
        region.stacks.len() - 1
    });
    let exports = outputs::exports(region, None);
    let stack = &region.stacks[index];
    let stack_id = stack.id.clone();
    let changes =
        differences::changes(stack, &region.name, &definition, &exports).map_err(ApiError::validation)?;
    let stack = &mut region.stacks[index];
    stack.last_token.clone_from(&token);
    stack.policy = policy;
    stack.termination_protection = params.flag("EnableTerminationProtection")?;
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    let order = Order {
        on_failure,
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        ..Order::new(OperationKind::Create, token)
    };
    let operation_id =
        begin::begin(region, index, order, definition, &changes, moment).map_err(ApiError::validation)?;
    make_obsolete(region, &stack_id);
    Ok(json!({ "StackId": stack_id, "OperationId": operation_id }))
}

fn read_on_failure(params: &Params) -> Result<OnFailure, ApiError> {
    match (params.get("OnFailure"), params.get("DisableRollback")) {
        (Some(_), Some(_)) => {
            Err(ApiError::validation("Either OnFailure or DisableRollback can be specified, not both."))
        }
        (Some(text), None) => OnFailure::of(text).ok_or_else(|| {
            ApiError::validation(format!(
                "1 validation error detected: Value '{text}' at 'onFailure' failed to satisfy constraint: Member must \
                 satisfy enum value set: [ROLLBACK, DO_NOTHING, DELETE]"
            ))
        }),
        (None, _) => Ok(if params.flag("DisableRollback")? { OnFailure::DoNothing } else { OnFailure::Rollback }),
    }
}

fn read_policy(params: &Params) -> Result<Option<String>, ApiError> {
    let policy = params.owned("StackPolicyBody");
    if let Some(policy) = &policy {
        stacks::check_policy_text(policy)?;
    }
    Ok(policy)
}

/// UpdateStack.
pub(crate) fn update(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let name = stack_name(params)?.to_owned();
    let index = stack::find(region, &name)
        .ok_or_else(|| ApiError::validation(format!("Stack [{name}] does not exist")))?;
    let stack = &region.stacks[index];
    let stack_id = stack.id.clone();
    let token = params.owned("ClientRequestToken");
    if let (Some(token), Some(used)) = (&token, &stack.last_token)
        && token == used
    {
        return match stack.operation {
            Some(_) => Ok(json!({ "StackId": stack_id })),
            None => Err(token_used(token)),
        };
    }
    if !stack.status.accepts_update() {
        return Err(not_updatable(stack));
    }
    check_paused(stack, params.flag("DisableRollback")?)?;
    let current = stack.definition.clone();
    let definition = definition::read(params, current.as_ref(), moment)?;
    let policy = read_policy(params)?;
    definition::check(region, &region.stacks[index], &definition)?;
    let exports = outputs::exports(region, Some(&stack_id));
    let stack = &region.stacks[index];
    let changes =
        differences::changes(stack, &region.name, &definition, &exports).map_err(ApiError::validation)?;
    let same = current.as_ref().is_some_and(|current| !stacks::differ(region, stack, current, &definition));
    if changes.is_empty() && same && policy.is_none() {
        return Err(ApiError::validation("No updates are to be performed."));
    }
    stacks::check_policy(stack, changes.iter().any(|c| c.action != super::change_set::Action::Add))?;
    if !params.flag("DisableValidation")? {
        let Region { services, random, stacks, .. } = region;
        let findings = early_validation::findings(services, random, &stacks[index], &changes, moment.now);
        // How UpdateStack reports them is not recorded; the change set's words are the nearest.
        if let Some(reason) = early_validation::reason(&findings) {
            return Err(ApiError::validation(reason));
        }
    }
    let disable_rollback = params.flag("DisableRollback")?;
    let stack = &mut region.stacks[index];
    stack.policy = policy.or(stack.policy.take());
    stack.last_token.clone_from(&token);
    stack.disable_rollback = disable_rollback;
    let order = Order {
        on_failure: if disable_rollback { OnFailure::DoNothing } else { OnFailure::Rollback },
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        ..Order::new(OperationKind::Update, token)
    };
    let operation_id =
        begin::begin(region, index, order, definition, &changes, moment).map_err(ApiError::validation)?;
    make_obsolete(region, &stack_id);
    Ok(json!({ "StackId": stack_id, "OperationId": operation_id }))
}

/// DeleteStack. A stack that is not there is deleted already.
pub(crate) fn delete(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let name = stack_name(params)?.to_owned();
    let Some(index) = stack::find(region, &name) else {
        return Ok(json!({}));
    };
    let stack = &region.stacks[index];
    if matches!(stack.status, StackStatus::DeleteComplete | StackStatus::DeleteInProgress) {
        return Ok(json!({}));
    }
    if stack.termination_protection {
        return Err(ApiError::validation(format!(
            "Stack [{}] cannot be deleted while TerminationProtection is enabled",
            stack.name
        )));
    }
    if stack.operation.is_some() && stack.status != StackStatus::CreateInProgress {
        return Err(ApiError::validation(format!(
            "Stack [{}] cannot be deleted while in status {}",
            stack.id,
            stack.status.as_str()
        )));
    }
    let retain: std::collections::BTreeSet<String> = params.list("RetainResources").into_iter().collect();
    if !retain.is_empty() {
        check_retain(stack, &retain)?;
    }
    if let Some(text) = stacks::export_in_use(region, stack) {
        return Err(ApiError::validation(text));
    }
    let token = params.owned("ClientRequestToken");
    let order = Order { retain, ..Order::new(OperationKind::Delete, token.clone()) };
    let stack = &mut region.stacks[index];
    stack.last_token = token;
    begin::begin_deletion(region, index, order, moment);
    Ok(json!({}))
}

fn check_retain(stack: &Stack, retain: &std::collections::BTreeSet<String>) -> Result<(), ApiError> {
    if stack.status != StackStatus::DeleteFailed {
        return Err(ApiError::validation(format!(
            "Invalid operation on stack [{}]. Specify which resources to retain only when the stack is in the DELETE_FAILED \
             state.",
            stack.id
        )));
    }
    match retain.iter().find(|name| !stack.resources.contains_key(*name)) {
        Some(odd) => {
            Err(ApiError::validation(format!("Resource {odd} does not exist for stack {}", stack.name)))
        }
        None => Ok(()),
    }
}

/// CancelUpdateStack.
pub(crate) fn cancel_update(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let name = stack_name(params)?.to_owned();
    let index = stack::find(region, &name)
        .ok_or_else(|| ApiError::validation(format!("Stack [{name}] does not exist")))?;
    if region.stacks[index].status != StackStatus::UpdateInProgress {
        return Err(ApiError::validation("CancelUpdateStack cannot be called from current stack status"));
    }
    begin::cancel(region, index, moment);
    Ok(json!({}))
}
