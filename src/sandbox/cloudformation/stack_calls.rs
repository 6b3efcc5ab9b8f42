//! CreateStack, UpdateStack and DeleteStack.

use serde_json::{Value, json};

use super::executions::{check_paused, make_obsolete, token_used};
use super::{early_validation, stack_name};
use crate::clock::Millis;
use crate::cloudformation::change_set_calls::not_updatable;
use crate::engine::begin::{self, OperationRequest};
use crate::engine::differences;
use crate::state::change_set::OnFailure;
use crate::state::operation::OperationKind;
use crate::state::stack::{self, ResourceStatus, Stack, StackStatus};
use crate::state::template::Template;
use crate::state::{Moment, Region};
use crate::template::outputs;
use crate::template::template_url;
use crate::template::{definition, stack_policy};
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
    check_macros(params, moment)?;
    let definition = definition::read(region, params, None, moment)?;
    let policy = read_policy(params, "StackPolicy", moment)?;
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
    let changes = differences::changes(region, stack, &definition, &exports)?;
    let stack = &mut region.stacks[index];
    stack.last_token.clone_from(&token);
    stack.policy = policy;
    stack.termination_protection = params.flag("EnableTerminationProtection")?;
    stack.disable_rollback = on_failure == OnFailure::DoNothing;
    let request = OperationRequest {
        on_failure,
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        timeout: read_timeout(params)?,
        ..OperationRequest::new(OperationKind::Create, token)
    };
    let operation_id = begin::begin(region, index, request, definition, &changes, moment)?;
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

/// A template with macros needs a capability before it is read; in a change set it does not.
fn check_macros(params: &Params, moment: Moment<'_>) -> Result<(), ApiError> {
    let body = definition::template_body(params, None, moment.buckets).unwrap_or_default();
    let allowed = params.list("Capabilities").iter().any(|given| given == "CAPABILITY_AUTO_EXPAND");
    if allowed || !Template::has_macros(&body) {
        return Ok(());
    }
    Err(ApiError::new(
        400,
        "InsufficientCapabilitiesException",
        "Requires capabilities : [CAPABILITY_AUTO_EXPAND]",
    ))
}

fn read_timeout(params: &Params) -> Result<Option<Millis>, ApiError> {
    match params.get("TimeoutInMinutes").map(|text| (text, text.parse::<Millis>())) {
        None => Ok(None),
        Some((_, Ok(minutes))) if minutes >= 1 => Ok(Some(minutes * 60_000)),
        Some((text, _)) => Err(ApiError::validation(format!(
            "1 validation error detected: Value '{text}' at 'timeoutInMinutes' failed to satisfy constraint: Member must have \
             value greater than or equal to 1"
        ))),
    }
}

/// A stack policy, from the call's body or URL.
fn read_policy(params: &Params, name: &str, moment: Moment<'_>) -> Result<Option<String>, ApiError> {
    let (body, url) = (format!("{name}Body"), format!("{name}URL"));
    let policy = match (params.owned(&body), params.get(&url)) {
        (Some(_), Some(_)) => {
            return Err(ApiError::validation(format!("You cannot specify both {url} and {body}")));
        }
        (None, Some(url)) => Some(template_url::read(moment.buckets, url)?),
        (body, None) => body,
    };
    if let Some(policy) = &policy {
        stack_policy::check_text(policy)?;
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
    check_macros(params, moment)?;
    let definition = definition::read(region, params, current.as_ref(), moment)?;
    let policy = read_policy(params, "StackPolicy", moment)?;
    definition::check(region, &region.stacks[index], &definition)?;
    let exports = outputs::exports(region, Some(&stack_id));
    let stack = &region.stacks[index];
    let changes = differences::changes(region, stack, &definition, &exports)?;
    let same = current
        .as_ref()
        .is_some_and(|current| !differences::differ_beside_resources(region, stack, current, &definition));
    if changes.is_empty() && same && policy.is_none() {
        return Err(ApiError::validation("No updates are to be performed."));
    }
    let during = read_policy(params, "StackPolicyDuringUpdate", moment)?;
    if !params.flag("DisableValidation")? {
        let Region { services, random, stacks, .. } = region;
        let findings = early_validation::findings(services, random, &stacks[index], &changes, moment.now);
        // How UpdateStack reports them is not recorded; the change set's words are the nearest.
        if let Some(reason) = early_validation::reason(&findings) {
            return Err(ApiError::validation(reason));
        }
    }
    let disable_rollback = params.flag("DisableRollback")?;
    let request = OperationRequest {
        on_failure: if disable_rollback { OnFailure::DoNothing } else { OnFailure::Rollback },
        retain_except_on_create: params.flag("RetainExceptOnCreate")?,
        policy: during.or(region.stacks[index].policy.clone()),
        ..OperationRequest::new(OperationKind::Update, token.clone())
    };
    let stack = &mut region.stacks[index];
    stack.policy = policy.or(stack.policy.take());
    stack.last_token = token;
    stack.disable_rollback = disable_rollback;
    let operation_id = begin::begin(region, index, request, definition, &changes, moment)?;
    make_obsolete(region, &stack_id);
    Ok(json!({ "StackId": stack_id, "OperationId": operation_id }))
}

/// DeleteStack. Succeeds when there is no such stack.
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
    let mut retain: std::collections::BTreeSet<String> = params.list("RetainResources").into_iter().collect();
    if !retain.is_empty() {
        check_retain(stack, &retain)?;
    }
    match params.get("DeletionMode") {
        None | Some("STANDARD") => {}
        // A resource that cannot be deleted is retained; AWS tries once more before that.
        Some("FORCE_DELETE_STACK") if stack.status == StackStatus::DeleteFailed => {
            let failed = stack.resources.iter().filter(|(_, one)| one.status == ResourceStatus::DeleteFailed);
            retain.extend(failed.map(|(name, _)| name.clone()));
        }
        Some("FORCE_DELETE_STACK") => {
            return Err(ApiError::validation(format!(
                "Invalid operation on stack [{}]. Specify the deletion mode FORCE_DELETE_STACK only when the stack is in the \
                 DELETE_FAILED state.",
                stack.id
            )));
        }
        Some(odd) => {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{odd}' at 'deletionMode' failed to satisfy constraint: Member must satisfy \
                 enum value set: [FORCE_DELETE_STACK, STANDARD]"
            )));
        }
    }
    if let Some(text) = outputs::export_in_use(region, stack, &[]) {
        return Err(ApiError::validation(text));
    }
    let token = params.owned("ClientRequestToken");
    let request = OperationRequest { retain, ..OperationRequest::new(OperationKind::Delete, token.clone()) };
    let stack = &mut region.stacks[index];
    stack.last_token = token;
    begin::begin_deletion(region, index, request, moment);
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
