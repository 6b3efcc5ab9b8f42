//! The views of stacks, and the settings that need no operation.

use serde_json::{Value, json};

use super::event;
use super::intrinsics::Scope;
use super::stack::{Definition, Output, Stack, StackStatus, Tag};
use super::time::{self, Page};
use super::{stack_in_brackets, stack_name, stack_with_id};
use crate::engine::outputs;
use crate::s3::template_url;
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;

const PAGE: usize = 100;

/// DescribeStacks.
pub(crate) fn describe(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    if params.get("StackName").is_some() {
        let stack = &region.stacks[stack_with_id(region, stack_name(params)?)?];
        return Ok(json!({ "Stacks": [body(stack, moment)] }));
    }
    let live: Vec<&Stack> =
        region.stacks.iter().rev().filter(|stack| stack.status != StackStatus::DeleteComplete).collect();
    let page = Page::of(&live, PAGE, params.get("NextToken"), |stack| stack.id.clone())?;
    let stacks: Vec<Value> = page.items.iter().map(|stack| body(stack, moment)).collect();
    Ok(json!({ "Stacks": stacks, "NextToken": page.next }))
}

fn body(stack: &Stack, moment: Moment<'_>) -> Value {
    let (status, reason) = stack.shown(moment.now);
    let definition = stack.definition.as_ref();
    let mut body = json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": time::iso(stack.created),
        "StackStatus": status.as_str(),
        "DisableRollback": stack.disable_rollback,
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
        "NotificationARNs": definition.map(|definition| definition.notification_arns.clone()).unwrap_or_default(),
        "RollbackConfiguration": {},
        "Tags": definition.map_or_else(|| json!([]), |definition| tags(&definition.tags)),
    });
    if let Some(reason) = reason {
        body["StackStatusReason"] = json!(reason);
    }
    for (name, at) in [("LastUpdatedTime", stack.updated), ("DeletionTime", stack.deleted)] {
        if let Some(at) = at {
            body[name] = json!(time::iso(at));
        }
    }
    if status != StackStatus::DeleteComplete {
        body["EnableTerminationProtection"] = json!(stack.termination_protection);
    }
    if let Some(id) = &stack.change_set_id {
        body["ChangeSetId"] = json!(id);
    }
    if let Some(definition) = definition {
        if !definition.capabilities.is_empty() {
            body["Capabilities"] = json!(definition.capabilities);
        }
        if !definition.parameters.is_empty() {
            body["Parameters"] = parameters(definition);
        }
        if let Some(role) = &definition.role_arn {
            body["RoleARN"] = json!(role);
        }
        if let Some(description) = definition.template.text("Description") {
            body["Description"] = json!(description);
        }
    }
    if !stack.outputs.is_empty() {
        body["Outputs"] = stack.outputs.iter().map(output).collect();
    }
    if let Some(operation) = &stack.operation {
        body["LastOperations"] =
            json!([{ "OperationId": operation.id, "OperationType": operation_type(stack.status) }]);
    }
    body
}

fn operation_type(status: StackStatus) -> &'static str {
    match status {
        StackStatus::CreateInProgress => "CREATE_STACK",
        StackStatus::DeleteInProgress => "DELETE_STACK",
        StackStatus::RollbackInProgress
        | StackStatus::UpdateRollbackInProgress
        | StackStatus::UpdateRollbackCompleteCleanupInProgress => "ROLLBACK",
        StackStatus::ReviewInProgress
        | StackStatus::CreateComplete
        | StackStatus::CreateFailed
        | StackStatus::RollbackComplete
        | StackStatus::RollbackFailed
        | StackStatus::UpdateInProgress
        | StackStatus::UpdateCompleteCleanupInProgress
        | StackStatus::UpdateComplete
        | StackStatus::UpdateFailed
        | StackStatus::UpdateRollbackComplete
        | StackStatus::UpdateRollbackFailed
        | StackStatus::DeleteComplete
        | StackStatus::DeleteFailed => "UPDATE_STACK",
    }
}

fn output(output: &Output) -> Value {
    let mut body = json!({ "OutputKey": output.key, "OutputValue": output.value });
    if let Some(description) = &output.description {
        body["Description"] = json!(description);
    }
    if let Some(export) = &output.export {
        body["ExportName"] = json!(export);
    }
    body
}

/// Parameters as they may be shown.
pub(super) fn parameters(definition: &Definition) -> Value {
    definition
        .parameters
        .iter()
        .map(|parameter| {
            let value = if parameter.no_echo { "****" } else { &parameter.value };
            json!({ "ParameterKey": parameter.key, "ParameterValue": value })
        })
        .collect()
}

/// Tags as they are shown.
pub(super) fn tags(tags: &[Tag]) -> Value {
    tags.iter().map(|tag| json!({ "Key": tag.key, "Value": tag.value })).collect()
}

/// DescribeStackEvents.
pub(crate) fn describe_events(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    event::describe(&region.stacks[index], params, moment)
}

/// ListStacks, deleted ones too.
pub(crate) fn list(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let filter = params.list("StackStatusFilter");
    let stacks: Vec<&Stack> = region
        .stacks
        .iter()
        .rev()
        .filter(|stack| {
            filter.is_empty() || filter.iter().any(|status| status == stack.shown(moment.now).0.as_str())
        })
        .collect();
    let page = Page::of(&stacks, PAGE, params.get("NextToken"), |stack| stack.id.clone())?;
    let summaries: Vec<Value> = page.items.iter().map(|stack| summary(stack, moment)).collect();
    Ok(json!({ "StackSummaries": summaries, "NextToken": page.next }))
}

fn summary(stack: &Stack, moment: Moment<'_>) -> Value {
    let (status, reason) = stack.shown(moment.now);
    let mut body = json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": time::iso(stack.created),
        "StackStatus": status.as_str(),
        "DriftInformation": { "StackDriftStatus": "NOT_CHECKED" },
    });
    for (name, at) in [("LastUpdatedTime", stack.updated), ("DeletionTime", stack.deleted)] {
        if let Some(at) = at {
            body[name] = json!(time::iso(at));
        }
    }
    if let Some(reason) = reason {
        body["StackStatusReason"] = json!(reason);
    }
    if let Some(description) =
        stack.definition.as_ref().and_then(|definition| definition.template.text("Description"))
    {
        body["TemplateDescription"] = json!(description);
    }
    body
}

/// ListExports.
pub(crate) fn list_exports(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let mut exports: Vec<Value> = Vec::new();
    for stack in region.stacks.iter().filter(|stack| stack.status != StackStatus::DeleteComplete) {
        for output in &stack.outputs {
            if let Some(name) = &output.export {
                exports.push(json!({ "ExportingStackId": stack.id, "Name": name, "Value": output.value }));
            }
        }
    }
    let name = |export: &Value| export["Name"].as_str().unwrap_or_default().to_owned();
    let page = Page::of(&exports, PAGE, params.get("NextToken"), name)?;
    Ok(json!({ "Exports": page.items, "NextToken": page.next }))
}

/// What AWS says when a stack goes whose exports another one imports.
pub(super) fn export_in_use(region: &Region, stack: &Stack) -> Option<String> {
    let others = || {
        region
            .stacks
            .iter()
            .filter(|other| other.id != stack.id && other.status != StackStatus::DeleteComplete)
    };
    stack.outputs.iter().filter_map(|output| output.export.as_ref()).find_map(|export| {
        let user = others().find(|other| other.imports.contains(export))?;
        Some(format!("Export {export} cannot be deleted as it is in use by {}", user.name))
    })
}

/// GetStackPolicy.
pub(crate) fn get_policy(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let stack = &region.stacks[stack_in_brackets(region, stack_name(params)?)?];
    Ok(json!({ "StackPolicyBody": stack.policy }))
}

/// SetStackPolicy. A policy that denies is kept and shown; updates that it might stop are then refused by name.
pub(crate) fn set_policy(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    match (params.get("StackPolicyBody"), params.get("StackPolicyURL")) {
        (Some(_), Some(_)) => {
            Err(ApiError::validation("You cannot specify both StackPolicyURL and StackPolicyBody"))
        }
        (None, None) => Ok(json!({})),
        (given, url) => {
            let policy = match (given, url) {
                (None, Some(url)) => template_url::read(moment.buckets, url)?,
                (given, _) => given.unwrap_or_default().to_owned(),
            };
            check_policy_text(&policy)?;
            region.stacks[index].policy = Some(policy);
            Ok(json!({}))
        }
    }
}

/// Refuses what is no stack policy.
pub(super) fn check_policy_text(policy: &str) -> Result<(), ApiError> {
    let parsed: Option<Value> = serde_json::from_str(policy).ok();
    match parsed.as_ref().and_then(|policy| policy.get("Statement")) {
        Some(Value::Array(_) | Value::Object(_)) => Ok(()),
        _ => Err(ApiError::validation("Error validating stack policy: Invalid stack policy")),
    }
}

/// The sandbox does not work stack policies out; a stack with a denying one takes no change of what it has.
pub(super) fn check_policy(stack: &Stack, touches: bool) -> Result<(), ApiError> {
    let denies = stack.policy.as_deref().is_some_and(|policy| policy.contains("Deny"));
    if touches && denies {
        return Err(ApiError::not_modelled("the enforcement of a stack policy that denies"));
    }
    Ok(())
}

/// UpdateTerminationProtection.
pub(crate) fn update_termination_protection(
    region: &mut Region,
    params: &Params,
    _: Moment<'_>,
) -> Result<Value, ApiError> {
    params.required("EnableTerminationProtection")?;
    let on = params.flag("EnableTerminationProtection")?;
    let index = stack_in_brackets(region, stack_name(params)?)?;
    let stack = &mut region.stacks[index];
    stack.termination_protection = on;
    Ok(json!({ "StackId": stack.id }))
}

/// Whether two definitions differ in what lies beside the resources: outputs, tags, notifications.
pub(super) fn differ(region: &Region, stack: &Stack, current: &Definition, wanted: &Definition) -> bool {
    if current.tags != wanted.tags || current.notification_arns != wanted.notification_arns {
        return true;
    }
    let exports = outputs::exports(region, Some(&stack.id));
    let outputs = |definition: &Definition| {
        let nothing = std::collections::BTreeSet::new();
        let scope = Scope::new(&region.name, stack, definition, Some(&nothing), &exports);
        outputs::outputs(&scope)
    };
    outputs(current) != outputs(wanted)
}
