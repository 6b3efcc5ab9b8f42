//! `AWS::ApplicationAutoScaling::ScalingPolicy`, with target tracking.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal, scaling_target};
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::state::{ACCOUNT, Moment};
use crate::wire::error::not_modelled;
use crate::wire::text::scalar;

const SERVICE: &str = "ApplicationAutoScaling";

pub(super) fn create(
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let target = check(context, properties)?;
    let name = name(properties);
    let resource = target.split('|').next().unwrap_or_default();
    let arn = format!(
        "arn:aws:autoscaling:{}:{ACCOUNT}:scalingPolicy:{}:resource/dynamodb/{resource}:policyName/{name}",
        context.region,
        context.random.uuid()
    );
    context.services.scaling_policies.insert(arn.clone(), properties.clone());
    Ok(output(arn, properties, moment))
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check(context, properties)?;
    let arn = resource.physical_id.clone();
    match context.services.scaling_policies.get_mut(&arn) {
        Some(kept) => kept.clone_from(properties),
        None => return Err(Refusal::NotFound(ResourceType::ScalingPolicy, arn)),
    }
    Ok(output(arn, properties, moment))
}

fn name(properties: &Value) -> String {
    properties.get("PolicyName").map(scalar).unwrap_or_default()
}

fn output(arn: String, properties: &Value, moment: Moment<'_>) -> HandlerOutput {
    let attributes =
        BTreeMap::from([("Arn".to_owned(), arn.clone()), ("PolicyName".to_owned(), name(properties))]);
    HandlerOutput { physical_id: arn, attributes, takes: moment.timings.small }
}

/// Returns the target's id.
fn check(context: &mut HandlerContext<'_>, properties: &Value) -> Result<String, Refusal> {
    let kind = properties.get("PolicyType").map(scalar).unwrap_or_default();
    if kind != "TargetTrackingScaling" {
        return Err(Refusal::Plain(not_modelled(&format!("scaling policies of the type {kind}"))));
    }
    let target = match properties.get("ScalingTargetId") {
        Some(id) => scalar(id),
        None => scaling_target::id(properties),
    };
    if !context.services.scalable_targets.contains_key(&target) {
        let mut parts = target.split('|');
        let (resource, dimension) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let message = format!(
            "No scalable target registered for service namespace: dynamodb, resource ID: {resource}, scalable dimension: \
             {dimension}"
        );
        return Err(Refusal::from_service(SERVICE, &message, context.random));
    }
    let value = properties
        .pointer("/TargetTrackingScalingPolicyConfiguration/TargetValue")
        .and_then(|value| scalar(value).parse::<f64>().ok());
    match value {
        Some(value) if (20.0..=90.0).contains(&value) => Ok(target),
        Some(value) => {
            let message = format!(
                "Target utilization of a DynamoDB scaling policy must be between 20 and 90, not {value}"
            );
            Err(Refusal::from_service(SERVICE, &message, context.random))
        }
        None => {
            let message = "TargetTrackingScalingPolicyConfiguration must be specified for policy type TargetTrackingScaling";
            Err(Refusal::from_service(SERVICE, message, context.random))
        }
    }
}
