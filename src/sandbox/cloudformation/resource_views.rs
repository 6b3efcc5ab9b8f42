//! The views of a stack's resources.

use serde_json::{Value, json};

use super::{stack_name, stack_with_id};
use crate::state::stack::{self, Resource, ResourceStatus, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::Page;

const PAGE: usize = 100;

/// DescribeStackResource.
pub(crate) fn describe(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let name = stack_name(params)?;
    let index = stack::find(region, name)
        .ok_or_else(|| ApiError::validation(format!("Stack '{name}' does not exist")))?;
    let stack = &region.stacks[index];
    let logical_id = params.required("LogicalResourceId")?;
    let found = stack.resources.get(logical_id).filter(|resource| {
        resource.status != ResourceStatus::DeleteComplete || stack.status == StackStatus::DeleteComplete
    });
    let Some(resource) = found else {
        return Err(ApiError::validation(format!("Resource {logical_id} does not exist for stack {name}")));
    };
    let mut body = entry(logical_id, resource, "LastUpdatedTimestamp");
    body["StackId"] = json!(stack.id);
    body["StackName"] = json!(stack.name);
    if let Some(metadata) = metadata(stack, logical_id) {
        body["Metadata"] = json!(metadata.to_string());
    }
    Ok(json!({ "StackResourceDetail": body }))
}

fn metadata<'a>(stack: &'a Stack, logical_id: &str) -> Option<&'a Value> {
    stack.definition.as_ref()?.template.resource(logical_id)?.get("Metadata")
}

/// DescribeStackResources.
pub(crate) fn describe_all(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let index = match (params.get("StackName"), params.get("PhysicalResourceId")) {
        (Some(_), _) => {
            let name = stack_name(params)?;
            stack_with_id(region, name)?
        }
        (None, Some(physical_id)) => region
            .stacks
            .iter()
            .position(|stack| stack.resources.values().any(|resource| resource.physical_id == physical_id))
            .ok_or_else(|| ApiError::validation(format!("Stack for {physical_id} does not exist")))?,
        (None, None) => {
            return Err(ApiError::validation("Stack name or physical resource id must be specified."));
        }
    };
    let stack = &region.stacks[index];
    let logical_id = params.get("LogicalResourceId");
    let list: Vec<Value> = stack
        .resources
        .iter()
        .filter(|(name, _)| logical_id.is_none_or(|wanted| *name == wanted))
        .map(|(name, resource)| {
            let mut body = entry(name, resource, "Timestamp");
            body["StackId"] = json!(stack.id);
            body["StackName"] = json!(stack.name);
            body
        })
        .collect();
    if let (Some(logical_id), true) = (logical_id, list.is_empty()) {
        return Err(ApiError::validation(format!(
            "Resource {logical_id} does not exist for stack {}",
            stack.name
        )));
    }
    Ok(json!({ "StackResources": list }))
}

/// ListStackResources.
pub(crate) fn list(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let stack = &region.stacks[stack_with_id(region, stack_name(params)?)?];
    let list: Vec<Value> = stack
        .resources
        .iter()
        .map(|(name, resource)| entry(name, resource, "LastUpdatedTimestamp"))
        .collect();
    let name = |entry: &Value| entry["LogicalResourceId"].as_str().unwrap_or_default().to_owned();
    let page = Page::of(&list, PAGE, params.get("NextToken"), name)?;
    Ok(json!({ "StackResourceSummaries": page.items, "NextToken": page.next }))
}

fn entry(logical_id: &str, resource: &Resource, timestamp: &str) -> Value {
    let mut body = json!({
        "LogicalResourceId": logical_id,
        "ResourceType": resource.kind.name(),
        "ResourceStatus": resource.status.as_str(),
        "DriftInformation": match &resource.drift {
            Some(drift) => drift.information("StackResourceDriftStatus"),
            None => json!({ "StackResourceDriftStatus": "NOT_CHECKED" }),
        },
    });
    body[timestamp] = json!(text::iso(resource.changed));
    if !resource.physical_id.is_empty() {
        body["PhysicalResourceId"] = json!(resource.physical_id);
    }
    if let Some(reason) = &resource.status_reason {
        body["ResourceStatusReason"] = json!(reason);
    }
    body
}
