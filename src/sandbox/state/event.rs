//! Stack events: how they are recorded and read.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::stack::{ResourceStatus, Stack, StackStatus};
use crate::clock::Millis;
use crate::state::Moment;
use crate::state::hook::HookEvent;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::Page;

/// Events that AWS would put into 1 MB; a test can ask for fewer.
const PAGE: usize = 100;

/// Something that happened to a stack or to one of its resources.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) logical_id: String,
    pub(crate) physical_id: String,
    pub(crate) resource_type: String,
    pub(crate) timestamp: Millis,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// JSON text, on the creation and update events of resources.
    pub(crate) properties: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) operation_id: Option<String>,
    pub(crate) hook: Option<HookEvent>,
}

/// Puts the stack into `status` and records it.
pub(crate) fn stack_event(
    stack: &mut Stack,
    status: StackStatus,
    reason: Option<String>,
    now: Millis,
    id: String,
) {
    stack.status = status;
    stack.status_reason.clone_from(&reason);
    let (token, operation_id) = operation_of(stack);
    stack.events.push(Event {
        id,
        logical_id: stack.name.clone(),
        physical_id: stack.id.clone(),
        resource_type: "AWS::CloudFormation::Stack".to_owned(),
        timestamp: now,
        status: status.as_str().to_owned(),
        reason,
        properties: None,
        token,
        operation_id,
        hook: None,
    });
}

/// Names the operation of the last event, for a stack without a running one: the creation of a change set.
pub(crate) fn belongs_to(stack: &mut Stack, operation_id: &str) {
    if let Some(event) = stack.events.last_mut() {
        event.operation_id = Some(operation_id.to_owned());
    }
}

/// What is recorded of a resource.
pub(crate) struct ResourceEvent<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) physical_id: &'a str,
    pub(crate) resource_type: &'a str,
    pub(crate) status: ResourceStatus,
    pub(crate) reason: Option<String>,
    pub(crate) properties: Option<&'a Value>,
    pub(crate) hook: Option<HookEvent>,
}

/// Records what happened to a resource.
pub(crate) fn resource_event(stack: &mut Stack, event: ResourceEvent<'_>, now: Millis) {
    // "User Initiated" is not shown any more once the first resource has begun.
    if stack.status.as_str().ends_with("_IN_PROGRESS") {
        stack.status_reason = None;
    }
    let (token, operation_id) = operation_of(stack);
    let mut id = format!("{}-{}-{}", event.logical_id, event.status.as_str(), text::iso(now));
    if stack.events.iter().any(|earlier| earlier.id == id) {
        id.push_str(&format!("-{}", stack.events.len()));
    }
    stack.events.push(Event {
        id,
        logical_id: event.logical_id.to_owned(),
        physical_id: event.physical_id.to_owned(),
        resource_type: event.resource_type.to_owned(),
        timestamp: now,
        status: event.status.as_str().to_owned(),
        reason: event.reason,
        properties: event.properties.map(|properties| text::strings(properties).to_string()),
        token,
        operation_id,
        hook: event.hook,
    });
}

fn operation_of(stack: &Stack) -> (Option<String>, Option<String>) {
    stack
        .operation
        .as_ref()
        .map_or((None, None), |operation| (operation.token.clone(), Some(operation.id.clone())))
}

/// DescribeStackEvents: newest first, a page at a time.
pub(crate) fn describe(stack: &Stack, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let seen = moment.now - Millis::from(moment.faults.event_lag_seconds) * 1_000;
    let old = history(stack, moment.faults.history_events);
    let newest_first: Vec<&Event> =
        old.iter().chain(&stack.events).rev().filter(|event| event.timestamp <= seen).collect();
    let size = moment.faults.event_page_size.unwrap_or(PAGE).max(1);
    // The token names the last event seen, so that events that come meanwhile do not shift the pages.
    let page = Page::of(&newest_first, size, params.get("NextToken"), |event| event.id.clone())?;
    let grain = Millis::from(moment.faults.event_timestamp_seconds.max(1)) * 1_000;
    let rounded = moment.faults.event_timestamp_seconds > 0;
    let doubled = moment.faults.double_event_every.filter(|every| *every > 0);
    let events: Vec<Value> = page
        .items
        .iter()
        .enumerate()
        .flat_map(|(place, event)| {
            let twice = doubled.is_some_and(|every| (place + 1) % every == 0);
            std::iter::repeat_n(event, if twice { 2 } else { 1 })
        })
        .map(|event| {
            let shown = if rounded { event.timestamp / grain * grain } else { event.timestamp };
            let mut body = json!({
                "StackId": stack.id,
                "EventId": event.id,
                "StackName": stack.name,
                "LogicalResourceId": event.logical_id,
                "PhysicalResourceId": event.physical_id,
                "ResourceType": event.resource_type,
                "Timestamp": text::iso(shown),
                "ResourceStatus": event.status,
                "ResourceStatusReason": event.reason,
                "ResourceProperties": event.properties,
            });
            if !moment.faults.events_without_token {
                body["ClientRequestToken"] = json!(event.token);
                body["OperationId"] = json!(event.operation_id);
            }
            if let Some(hook) = &event.hook {
                body["HookType"] = json!(hook.type_name);
                body["HookStatus"] = json!(hook.status);
                body["HookStatusReason"] = json!(hook.reason);
                body["HookInvocationPoint"] = json!("PRE_PROVISION");
                body["HookInvocationId"] = json!(hook.invocation_id);
                body["HookFailureMode"] = json!(hook.mode());
            }
            body
        })
        .collect();
    Ok(json!({ "StackEvents": events, "NextToken": page.next }))
}

/// Events of earlier times that a stack is to have: updates, one a day.
fn history(stack: &Stack, count: usize) -> Vec<Event> {
    const DAY: Millis = 86_400_000;
    let steps = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"];
    (0..count)
        .map(|place| {
            let from_now = count - place;
            let at = stack.created
                - Millis::try_from(from_now / steps.len() + 1).unwrap_or(Millis::MAX / DAY) * DAY;
            Event {
                id: format!("00000000-0000-4000-8000-{place:012}"),
                logical_id: stack.name.clone(),
                physical_id: stack.id.clone(),
                resource_type: "AWS::CloudFormation::Stack".to_owned(),
                timestamp: at + Millis::try_from(place % steps.len()).unwrap_or_default() * 1_000,
                status: steps[place % steps.len()].to_owned(),
                reason: None,
                properties: None,
                token: Some(format!("earlier-{}", place / steps.len())),
                operation_id: Some(format!("00000000-0000-4000-9000-{:012}", place / steps.len())),
                hook: None,
            }
        })
        .collect()
}
