//! Drift: the actual properties of a stack's resources against those in the template.
//!
//! Only properties in the template are compared. The views show the findings of the last detection.

use serde_json::{Value, json};

use super::{stack_in_brackets, stack_name};
use crate::clock::Millis;
use crate::resources;
use crate::state::drift::{Detection, Drift};
use crate::state::services::Services;
use crate::state::stack::{Resource, Stack, StackStatus};
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text;
use crate::wire::text::scalar;
use crate::wire::text::{Page, strings};

const PAGE: usize = 100;

impl Drift {
    fn of(resource: &Resource, services: &Services, now: Millis) -> Option<Self> {
        let expected =
            strings(&crate::template::parameter_store::resolve(services, &resource.properties).ok()?);
        let actual = resources::actual(resource, services)?;
        let actual = actual.map(|actual| restricted(&expected, &strings(&actual)));
        Some(Self { at: now, expected, actual })
    }

    pub(crate) fn information(&self, status: &str) -> Value {
        json!({ status: self.status(), "LastCheckTimestamp": text::iso(self.at) })
    }

    fn differences(&self) -> Vec<Value> {
        let mut found = Vec::new();
        if let Some(actual) = &self.actual {
            compare("", &self.expected, Some(actual), &mut found);
        }
        found
    }

    fn body(&self, stack: &Stack, logical_id: &str, resource: &Resource) -> Value {
        let mut body = json!({
            "StackId": stack.id,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": resource.physical_id,
            "ResourceType": resource.kind.name(),
            "ExpectedProperties": self.expected.to_string(),
            "StackResourceDriftStatus": self.status(),
            "PropertyDifferences": self.differences(),
            "Timestamp": text::iso(self.at),
        });
        if let Some(actual) = &self.actual {
            body["ActualProperties"] = json!(actual.to_string());
        }
        body
    }
}

/// The actual values of the properties in the template. Unordered lists are put in the template's order.
fn restricted(expected: &Value, actual: &Value) -> Value {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => Value::Object(
            expected
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), restricted(value, actual.get(key)?))))
                .collect(),
        ),
        (Value::Array(expected), Value::Array(actual)) => {
            let name = |item: &Value| {
                ["IndexName", "AttributeName", "Key", "Region"]
                    .iter()
                    .find_map(|key| item.get(*key).map(scalar))
            };
            let mut rest: Vec<&Value> = actual.iter().collect();
            let mut ordered = Vec::new();
            for item in expected {
                let place = match name(item) {
                    Some(wanted) => rest.iter().position(|other| name(other).as_deref() == Some(&wanted)),
                    None => rest.iter().position(|other| *other == item),
                };
                if let Some(place) = place {
                    ordered.push(restricted(item, rest.remove(place)));
                }
            }
            ordered.extend(rest.into_iter().cloned());
            Value::Array(ordered)
        }
        (_, actual) => actual.clone(),
    }
}

fn compare(path: &str, expected: &Value, actual: Option<&Value>, found: &mut Vec<Value>) {
    match (expected, actual) {
        (expected, Some(actual)) if expected == actual => {}
        (Value::Object(expected), Some(Value::Object(actual))) => {
            for (key, value) in expected {
                compare(&format!("{path}/{key}"), value, actual.get(key), found);
            }
        }
        (Value::Array(expected), Some(Value::Array(actual))) => {
            for index in 0..expected.len().max(actual.len()) {
                let path = format!("{path}/{index}");
                match expected.get(index) {
                    Some(expected) => compare(&path, expected, actual.get(index), found),
                    None => found.push(difference("ADD", &path, None, actual.get(index))),
                }
            }
        }
        (expected, None) => found.push(difference("REMOVE", path, Some(expected), None)),
        (expected, actual) => found.push(difference("NOT_EQUAL", path, Some(expected), actual)),
    }
}

fn difference(kind: &str, path: &str, expected: Option<&Value>, actual: Option<&Value>) -> Value {
    let shown = |value: Option<&Value>| value.map_or_else(|| "null".to_owned(), scalar);
    json!({
        "PropertyPath": path,
        "ExpectedValue": shown(expected),
        "ActualValue": shown(actual),
        "DifferenceType": kind,
    })
}

/// Detects the drift of a stack's resources, or of one of them.
fn detect(region: &mut Region, index: usize, only: Option<&str>, now: Millis) -> usize {
    let Region { stacks, services, .. } = region;
    let mut drifted = 0;
    for (name, resource) in &mut stacks[index].resources {
        if only.is_none_or(|only| only == name) && !resource.physical_id.is_empty() {
            resource.drift = Drift::of(resource, services, now);
        }
        drifted += usize::from(resource.drift.as_ref().is_some_and(|drift| drift.status() != "IN_SYNC"));
    }
    drifted
}

fn settled(stack: &Stack) -> Result<(), ApiError> {
    let stable = stack.operation.is_none() && stack.status.as_str().ends_with("_COMPLETE")
        || matches!(
            stack.status,
            StackStatus::CreateFailed | StackStatus::UpdateFailed | StackStatus::UpdateRollbackFailed
        );
    if stable && stack.definition.is_some() {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "Drift detection cannot be performed on stack [{}] while it is in {} state.",
        stack.id,
        stack.status.as_str()
    )))
}

/// DetectStackDrift.
pub(crate) fn detect_stack(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    settled(&region.stacks[index])?;
    let id = region.random.uuid();
    let drifted = detect(region, index, None, moment.now);
    let done_at = moment.now + moment.timings.drift_detection;
    region.stacks[index].detection = Some(Detection { id: id.clone(), begun: moment.now, done_at, drifted });
    Ok(json!({ "StackDriftDetectionId": id }))
}

/// DescribeStackDriftDetectionStatus.
pub(crate) fn detection_status(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let id = params.required("StackDriftDetectionId")?;
    let found = region
        .stacks
        .iter()
        .find_map(|stack| Some((stack, stack.detection.as_ref().filter(|detection| detection.id == id)?)));
    let Some((stack, detection)) = found else {
        return Err(ApiError::validation(format!("Drift detection {id} does not exist")));
    };
    let done = moment.now >= detection.done_at;
    let mut body = json!({
        "StackId": stack.id,
        "StackDriftDetectionId": id,
        "DetectionStatus": if done { "DETECTION_COMPLETE" } else { "DETECTION_IN_PROGRESS" },
        "Timestamp": text::iso(if done { detection.done_at } else { detection.begun }),
    });
    if done {
        body["StackDriftStatus"] = json!(detection.status());
        body["DriftedStackResourceCount"] = json!(detection.drifted);
    }
    Ok(body)
}

impl Detection {
    /// The drift information in DescribeStacks.
    pub(crate) fn information(&self, now: Millis) -> Option<Value> {
        (now >= self.done_at).then(
            || json!({ "StackDriftStatus": self.status(), "LastCheckTimestamp": text::iso(self.done_at) }),
        )
    }
}

/// DetectStackResourceDrift.
pub(crate) fn detect_resource(
    region: &mut Region,
    params: &Params,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    let index = stack_in_brackets(region, stack_name(params)?)?;
    let logical_id = params.required("LogicalResourceId")?;
    settled(&region.stacks[index])?;
    if !region.stacks[index].resources.contains_key(logical_id) {
        return Err(ApiError::validation(format!(
            "Resource {logical_id} does not exist for stack {}",
            region.stacks[index].name
        )));
    }
    detect(region, index, Some(logical_id), moment.now);
    let stack = &region.stacks[index];
    let resource = &stack.resources[logical_id];
    match &resource.drift {
        Some(drift) => Ok(json!({ "StackResourceDrift": drift.body(stack, logical_id, resource) })),
        None => Err(ApiError::validation(format!(
            "Resource type {} is not supported for drift detection",
            resource.kind.name()
        ))),
    }
}

/// DescribeStackResourceDrifts.
pub(crate) fn describe(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    let stack = &region.stacks[stack_in_brackets(region, stack_name(params)?)?];
    let filters = params.list("StackResourceDriftStatusFilters");
    let found: Vec<Value> = stack
        .resources
        .iter()
        .filter_map(|(name, resource)| Some((name, resource, resource.drift.as_ref()?)))
        .filter(|(_, _, drift)| filters.is_empty() || filters.iter().any(|status| status == drift.status()))
        .map(|(name, resource, drift)| drift.body(stack, name, resource))
        .collect();
    let name = |drift: &Value| drift["LogicalResourceId"].as_str().unwrap_or_default().to_owned();
    let page = Page::of(&found, PAGE, params.get("NextToken"), name)?;
    Ok(json!({ "StackResourceDrifts": page.items, "NextToken": page.next }))
}
