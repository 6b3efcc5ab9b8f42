//! The views of stacks, and the settings that need no operation.

use serde_json::{Value, json};

use super::{definition_views, stack_in_brackets, stack_name, stack_with_id};
use crate::state::event;
use crate::state::stack::{Output, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::template::stack_policy;
use crate::template::template_url;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::Page;

const PAGE: usize = 100;
/// Operations that DescribeStacks shows.
const PAST: usize = 10;

/// DescribeStacks.
pub(crate) fn describe(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    if params.get("StackName").is_some() {
        let stack = &region.stacks[stack_with_id(region, stack_name(params)?)?];
        return Ok(json!({ "Stacks": [body(region, stack, moment)] }));
    }
    let live: Vec<&Stack> =
        region.stacks.iter().rev().filter(|stack| stack.status != StackStatus::DeleteComplete).collect();
    let page = Page::of(&live, PAGE, params.get("NextToken"), |stack| stack.id.clone())?;
    let stacks: Vec<Value> = page.items.iter().map(|stack| body(region, stack, moment)).collect();
    Ok(json!({ "Stacks": stacks, "NextToken": page.next }))
}

fn body(region: &Region, stack: &Stack, moment: Moment<'_>) -> Value {
    let (status, reason) = stack.shown(moment.now);
    let definition = stack.definition.as_ref();
    let mut body = json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": text::iso(stack.created),
        "StackStatus": status.as_str(),
        "DisableRollback": stack.disable_rollback,
        "DriftInformation": drift_information(stack, moment),
        "NotificationARNs": definition.map(|definition| definition.notification_arns.clone()).unwrap_or_default(),
        "RollbackConfiguration": definition.map_or_else(|| json!({}), |definition| definition.rollback.body()),
        "Tags": definition.map_or_else(|| json!([]), |definition| definition_views::tags(&definition.tags)),
    });
    if let Some(reason) = reason {
        body["StackStatusReason"] = json!(reason);
    }
    for (name, at) in [("LastUpdatedTime", stack.updated), ("DeletionTime", stack.deleted)] {
        if let Some(at) = at {
            body[name] = json!(text::iso(at));
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
            body["Parameters"] = definition_views::parameters(definition);
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
    if let Some((parent, root)) = above(region, stack) {
        body["ParentId"] = json!(parent);
        body["RootId"] = json!(root);
    }
    if !stack.past.is_empty() {
        body["LastOperations"] = stack
            .past
            .iter()
            .take(PAST)
            .map(|past| json!({ "OperationId": past.id, "OperationType": past.kind.as_str() }))
            .collect();
    }
    body
}

fn drift_information(stack: &Stack, moment: Moment<'_>) -> Value {
    let found = stack.detection.as_ref().and_then(|detection| detection.information(moment.now));
    found.unwrap_or_else(|| json!({ "StackDriftStatus": "NOT_CHECKED" }))
}

/// The ids of a nested stack's parent and root.
fn above<'a>(region: &'a Region, stack: &'a Stack) -> Option<(&'a str, &'a str)> {
    let parent = stack.parent.as_ref()?;
    let higher = region.stacks.iter().find(|other| other.id == parent.stack_id);
    let root =
        higher.and_then(|higher| above(region, higher)).map_or(parent.stack_id.as_str(), |(_, root)| root);
    Some((&parent.stack_id, root))
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
    let summaries: Vec<Value> = page.items.iter().map(|stack| summary(region, stack, moment)).collect();
    Ok(json!({ "StackSummaries": summaries, "NextToken": page.next }))
}

fn summary(region: &Region, stack: &Stack, moment: Moment<'_>) -> Value {
    let (status, reason) = stack.shown(moment.now);
    let mut body = json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "CreationTime": text::iso(stack.created),
        "StackStatus": status.as_str(),
        "DriftInformation": drift_information(stack, moment),
    });
    if let Some((parent, root)) = above(region, stack) {
        body["ParentId"] = json!(parent);
        body["RootId"] = json!(root);
    }
    for (name, at) in [("LastUpdatedTime", stack.updated), ("DeletionTime", stack.deleted)] {
        if let Some(at) = at {
            body[name] = json!(text::iso(at));
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

/// ListImports.
pub(crate) fn list_imports(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let export = params.required("ExportName")?;
    let is_user =
        |stack: &&Stack| stack.status != StackStatus::DeleteComplete && stack.imports.contains(export);
    let users: Vec<&Stack> = region.stacks.iter().filter(is_user).collect();
    if users.is_empty() {
        return Err(ApiError::validation(format!("Export '{export}' is not imported by any stack.")));
    }
    let page = Page::of(&users, PAGE, params.get("NextToken"), |stack| stack.id.clone())?;
    let names: Vec<&str> = page.items.iter().map(|stack| stack.name.as_str()).collect();
    Ok(json!({ "Imports": names, "NextToken": page.next }))
}

/// GetStackPolicy.
pub(crate) fn get_policy(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let stack = &region.stacks[stack_in_brackets(region, stack_name(params)?)?];
    Ok(json!({ "StackPolicyBody": stack.policy }))
}

/// SetStackPolicy.
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
            stack_policy::check_text(&policy)?;
            region.stacks[index].policy = Some(policy);
            Ok(json!({}))
        }
    }
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
