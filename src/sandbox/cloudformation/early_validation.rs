//! Early validation: problems found before anything is provisioned, and DescribeEvents, which shows them.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::resources::schema;
use crate::state::change_set::{Action, Change, Finding};
use crate::state::event::Event;
use crate::state::hook::HookEvent;
use crate::state::random::Random;
use crate::state::services::Services;
use crate::state::stack::{self, Stack};
use crate::state::{Moment, Region};
use crate::template::intrinsics::UNKNOWN;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::Page;

const PAGE: usize = 100;
const NAME_CONFLICT: &str = "NAME_CONFLICT_VALIDATION";
const PROPERTIES: &str = "PROPERTY_VALIDATION";

/// Finds names in use and properties that violate their type's schema.
pub(super) fn findings(
    services: &Services,
    random: &mut Random,
    stack: &Stack,
    changes: &[Change],
    now: Millis,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |change: &Change, validation: &str, path: String, reason: String| {
        findings.push(Finding {
            event_id: random.uuid(),
            at: now,
            logical_id: change.logical_id.clone(),
            physical_id: change.physical_id.clone(),
            resource_type: change.kind.name().to_owned(),
            validation: validation.to_owned(),
            path,
            reason,
        });
    };
    for change in changes {
        let Some(after) = &change.after else { continue };
        for problem in schema::check(change.kind, after) {
            let path = format!("/Resources/{}/Properties{}", change.logical_id, problem.path);
            add(change, PROPERTIES, path, problem.early());
        }
        let Some(property) = change.kind.name_property() else {
            continue;
        };
        let Some(name) = after.get(property).and_then(Value::as_str).filter(|name| *name != UNKNOWN) else {
            continue;
        };
        let own = stack
            .resources
            .get(&change.logical_id)
            .is_some_and(|resource| change.kind.name_in(&resource.physical_id) == name);
        if change.action != Action::Import
            && (change.action == Action::Add || !own)
            && services.name_in_use(change.kind, name)
        {
            let reason =
                format!("Resource of type '{}' with identifier '{name}' already exists.", change.kind.name());
            add(change, NAME_CONFLICT, format!("/Resources/{}", change.logical_id), reason);
        }
    }
    findings
}

/// The status reason of a change set with findings.
pub(super) fn reason(findings: &[Finding]) -> Option<String> {
    let mut checks = Vec::new();
    for (validation, check) in [
        (PROPERTIES, "AWS::EarlyValidation::PropertyValidation"),
        (NAME_CONFLICT, "AWS::EarlyValidation::ResourceExistenceCheck"),
    ] {
        if findings.iter().any(|finding| finding.validation == validation) {
            checks.push(check);
        }
    }
    if checks.is_empty() {
        return None;
    }
    Some(format!(
        "The following hook(s)/validation failed: [{}]. To troubleshoot Early Validation errors, use the DescribeEvents API \
         for detailed failure information.",
        checks.join(", ")
    ))
}

/// DescribeEvents.
pub(crate) fn describe_events(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let failed_only = params.get("Filters.FailedEvents") == Some("true");
    let change_set = params.get("ChangeSetName").filter(|name| name.starts_with("arn:"));
    let operation = params.get("OperationId");
    let seen = moment.now - Millis::from(moment.faults.event_lag_seconds) * 1_000;
    let events: Vec<Value> = if let Some(id) = change_set {
        let set = region.change_sets.iter().find(|set| set.id == id).ok_or_else(|| {
            ApiError::new(404, "ChangeSetNotFound", format!("ChangeSet [{id}] does not exist"))
        })?;
        set.findings
            .iter()
            .rev()
            .map(|finding| finding_event(finding, &set.stack_id, &set.operation_id))
            .collect()
    } else if params.get("ChangeSetName").is_none()
        && (operation.is_some() || params.get("StackName").is_some())
    {
        stack_events(region, params, operation, seen)?
    } else {
        return Err(ApiError::validation("One of ChangeSetName, OperationId or StackName must be specified"));
    };
    let events: Vec<Value> =
        events.into_iter().filter(|event| !failed_only || event["EventType"] != "STACK_EVENT").collect();
    let size = moment.faults.event_page_size.unwrap_or(PAGE).max(1);
    let name = |event: &Value| event["EventId"].as_str().unwrap_or_default().to_owned();
    let page = Page::of(&events, size, params.get("NextToken"), name)?;
    Ok(json!({ "OperationEvents": page.items, "NextToken": page.next }))
}

fn finding_event(finding: &Finding, stack_id: &str, operation_id: &str) -> Value {
    json!({
        "EventId": finding.event_id,
        "StackId": stack_id,
        "OperationId": operation_id,
        "OperationType": "CREATE_CHANGESET",
        "OperationStatus": "FAILED",
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": finding.logical_id,
        "PhysicalResourceId": finding.physical_id.clone().unwrap_or_default(),
        "ResourceType": finding.resource_type,
        "Timestamp": text::iso(finding.at),
        "ValidationFailureMode": "FAIL",
        "ValidationName": finding.validation,
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": finding.reason,
        "ValidationPath": finding.path,
    })
}

fn stack_events(
    region: &Region,
    params: &Params,
    operation: Option<&str>,
    seen: Millis,
) -> Result<Vec<Value>, ApiError> {
    let wanted = |event: &&Event| {
        event.timestamp <= seen && operation.is_none_or(|id| event.operation_id.as_deref() == Some(id))
    };
    let stacks: Vec<&Stack> = match params.get("StackName") {
        Some(name) => {
            let index = stack::find(region, name)
                .ok_or_else(|| ApiError::validation(format!("Stack [{name}] does not exist")))?;
            vec![&region.stacks[index]]
        }
        None => region.stacks.iter().collect(),
    };
    let ids: Vec<&str> = stacks.iter().map(|stack| stack.id.as_str()).collect();
    let sets = region.change_sets.iter().rev().filter(|set| ids.contains(&set.stack_id.as_str()));
    let sets = sets.filter(|set| operation.is_none_or(|id| set.operation_id == id));
    let found = sets.flat_map(|set| {
        set.findings.iter().rev().map(|finding| finding_event(finding, &set.stack_id, &set.operation_id))
    });
    let mut events: Vec<Value> = found.collect();
    events.extend(stacks.into_iter().flat_map(|stack| {
        stack.events.iter().rev().filter(wanted).map(|event| operation_event(event, stack))
    }));
    // Newest first across stacks.
    events.sort_by(|one, other| other["Timestamp"].as_str().cmp(&one["Timestamp"].as_str()));
    Ok(events)
}

/// The status of the operation that led to a stack's status.
fn operation_status(status: &str) -> &'static str {
    match status {
        "CREATE_COMPLETE"
        | "UPDATE_COMPLETE"
        | "DELETE_COMPLETE"
        | "IMPORT_COMPLETE"
        | "ROLLBACK_COMPLETE"
        | "UPDATE_ROLLBACK_COMPLETE"
        | "IMPORT_ROLLBACK_COMPLETE" => "SUCCEEDED",
        failed if failed.ends_with("_FAILED") => "FAILED",
        _ => "IN_PROGRESS",
    }
}

fn operation_event(event: &Event, stack: &Stack) -> Value {
    let own = event.physical_id == stack.id;
    let failed = event.status.ends_with("_FAILED");
    let hook = event.hook.as_ref();
    let kind = match hook {
        Some(hook) if hook.status == "HOOK_COMPLETE_FAILED" => "HOOK_INVOCATION_ERROR",
        _ if failed && !own => "PROVISIONING_ERROR",
        _ => "STACK_EVENT",
    };
    let past = stack.past.iter().find(|past| Some(&past.id) == event.operation_id.as_ref());
    json!({
        "EventId": event.id,
        "StackId": stack.id,
        "OperationId": event.operation_id,
        "OperationType": past.map(|past| past.kind.as_str()),
        "OperationStatus": own.then(|| operation_status(&event.status)),
        "EventType": kind,
        "HookType": hook.map(|hook| hook.type_name.clone()),
        "HookStatus": hook.map(|hook| hook.status.clone()),
        "HookStatusReason": hook.and_then(|hook| hook.reason.clone()),
        "HookInvocationPoint": hook.map(|_| "PRE_PROVISION"),
        "HookFailureMode": hook.map(HookEvent::mode),
        "LogicalResourceId": event.logical_id,
        "PhysicalResourceId": event.physical_id,
        "ResourceType": event.resource_type,
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason,
        "ResourceProperties": event.properties,
        "ClientRequestToken": event.token,
        "Timestamp": text::iso(event.timestamp),
    })
}
