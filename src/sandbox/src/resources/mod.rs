//! The resource types that the sandbox knows, and what CloudFormation asks their handlers to do.
//!
//! A handler gets resolved properties and changes the services behind it at once; how long it takes is part of its answer.
//! It never writes events: that is the engine's work.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::cloudformation::change_set::Replacement;
use crate::cloudformation::stack::Resource;
use crate::dynamodb::table::Table;
use crate::random::Random;
use crate::state::Moment;

mod handle;
mod parameter;
mod scaling_policy;
mod scaling_target;
pub(crate) mod schema;
mod table;

/// A type of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum ResourceType {
    #[serde(rename = "AWS::ApplicationAutoScaling::ScalableTarget")]
    ScalableTarget,
    #[serde(rename = "AWS::ApplicationAutoScaling::ScalingPolicy")]
    ScalingPolicy,
    #[serde(rename = "AWS::CloudFormation::WaitConditionHandle")]
    WaitConditionHandle,
    #[serde(rename = "AWS::DynamoDB::Table")]
    Table,
    #[serde(rename = "AWS::SSM::Parameter")]
    Parameter,
}

impl ResourceType {
    const ALL: [Self; 5] =
        [Self::ScalableTarget, Self::ScalingPolicy, Self::WaitConditionHandle, Self::Table, Self::Parameter];

    /// The type of that name, if the sandbox models it.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ScalableTarget => "AWS::ApplicationAutoScaling::ScalableTarget",
            Self::ScalingPolicy => "AWS::ApplicationAutoScaling::ScalingPolicy",
            Self::WaitConditionHandle => "AWS::CloudFormation::WaitConditionHandle",
            Self::Table => "AWS::DynamoDB::Table",
            Self::Parameter => "AWS::SSM::Parameter",
        }
    }

    /// What `Fn::GetAtt` can ask for.
    pub(crate) fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::ScalableTarget => &["Id"],
            Self::ScalingPolicy => &["Arn", "PolicyName"],
            Self::WaitConditionHandle => &[],
            Self::Table => &["Arn", "StreamArn"],
            Self::Parameter => &["Type", "Value"],
        }
    }

    /// The properties that identify a resource to an import.
    pub(crate) fn identifiers(self) -> &'static [&'static str] {
        match self {
            Self::ScalableTarget => &["ResourceId", "ScalableDimension", "ServiceNamespace"],
            Self::ScalingPolicy => &["Arn", "ScalableDimension"],
            Self::WaitConditionHandle => &[],
            Self::Table => &["TableName"],
            Self::Parameter => &["Name"],
        }
    }

    /// The property that names the resource, when the template may leave the name to CloudFormation.
    pub(crate) fn name_property(self) -> Option<&'static str> {
        match self {
            Self::Table => Some("TableName"),
            Self::Parameter => Some("Name"),
            Self::ScalableTarget | Self::ScalingPolicy | Self::WaitConditionHandle => None,
        }
    }

    /// What a change set says of a change to this property.
    pub(crate) fn recreation(self, property: &str) -> Replacement {
        let (always, conditionally): (&[&str], &[&str]) = match self {
            Self::ScalableTarget => (&["ResourceId", "ScalableDimension", "ServiceNamespace"], &[]),
            Self::ScalingPolicy => (
                &["PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"],
                &[],
            ),
            Self::WaitConditionHandle => (&[], &[]),
            Self::Table => (&["TableName", "KeySchema"], &["AttributeDefinitions", "LocalSecondaryIndexes"]),
            Self::Parameter => (&["Name"], &[]),
        };
        if always.contains(&property) {
            Replacement::True
        } else if conditionally.contains(&property) {
            Replacement::Conditional
        } else {
            Replacement::False
        }
    }
}

/// What lies behind the handlers: the services' own state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Services {
    pub(crate) tables: BTreeMap<String, Table>,
    pub(crate) parameters: BTreeMap<String, Value>,
    /// By `resource|dimension|namespace`.
    pub(crate) scalable_targets: BTreeMap<String, Value>,
    /// By ARN.
    pub(crate) scaling_policies: BTreeMap<String, Value>,
}

impl Services {
    /// Takes away what is gone by now.
    pub(crate) fn settle(&mut self, now: Millis) {
        self.tables.retain(|_, table| table.gone_at.is_none_or(|at| at > now));
        for table in self.tables.values_mut() {
            table.settle(now);
        }
    }

    /// Whether a resource of that type and name is there.
    pub(crate) fn name_in_use(&self, kind: ResourceType, name: &str) -> bool {
        match kind {
            ResourceType::Table => self.tables.contains_key(name),
            ResourceType::Parameter => self.parameters.contains_key(name),
            ResourceType::ScalableTarget
            | ResourceType::ScalingPolicy
            | ResourceType::WaitConditionHandle => false,
        }
    }
}

/// Where a handler works.
pub(crate) struct Site<'a> {
    pub(crate) region: &'a str,
    pub(crate) stack_name: &'a str,
    pub(crate) logical_id: &'a str,
    pub(crate) services: &'a mut Services,
    pub(crate) random: &'a mut Random,
}

/// What a handler has made or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) physical_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) takes: Millis,
}

/// Why a handler did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The handler's own words, or those of the service behind it.
    Invalid(String),
    /// The name is taken.
    Exists(ResourceType, String),
    /// What should be changed is not there.
    NotFound(ResourceType, String),
    /// A reason that stands as it is.
    Plain(String),
}

impl Refusal {
    /// The reason as the event gives it.
    pub(crate) fn reason(&self, random: &mut Random) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Invalid(message) => format!(
                "Resource handler returned message: \"{message}\" (RequestToken: {}, HandlerErrorCode: InvalidRequest)",
                random.uuid()
            ),
            Self::Exists(kind, name) => format!(
                "Resource of type '{}' with identifier '{name}' already exists. (RequestToken: {}, HandlerErrorCode: \
                 AlreadyExists)",
                kind.name(),
                random.uuid()
            ),
            Self::NotFound(kind, name) => format!(
                "Resource of type '{}' with identifier '{name}' was not found. (RequestToken: {}, HandlerErrorCode: NotFound)",
                kind.name(),
                random.uuid()
            ),
        }
    }

    /// What a service said, with the trailer that its client adds.
    fn from_service(service: &str, message: &str, random: &mut Random) -> Self {
        let request = random.service_request_id();
        Self::Invalid(format!("{message} (Service: {service}, Status Code: 400, Request ID: {request})"))
    }
}

/// Makes a resource.
pub(crate) fn create(
    kind: ResourceType,
    site: &mut Site<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<Made, Refusal> {
    check_schema(kind, properties)?;
    match kind {
        ResourceType::ScalableTarget => scaling_target::create(site, properties, moment),
        ResourceType::ScalingPolicy => scaling_policy::create(site, properties, moment),
        ResourceType::WaitConditionHandle => Ok(handle::create(site, moment)),
        ResourceType::Table => table::create(site, properties, moment),
        ResourceType::Parameter => parameter::create(site, properties, moment),
    }
}

/// Changes a resource in place. `back` is the rollback of such a change, which forgives more.
pub(crate) fn update(
    resource: &Resource,
    site: &mut Site<'_>,
    properties: &Value,
    back: bool,
    moment: Moment<'_>,
) -> Result<Made, Refusal> {
    check_schema(resource.kind, properties)?;
    match resource.kind {
        ResourceType::ScalableTarget => scaling_target::update(site, resource, properties, moment),
        ResourceType::ScalingPolicy => scaling_policy::update(site, resource, properties, moment),
        ResourceType::WaitConditionHandle => Ok(handle::update(resource, moment)),
        ResourceType::Table => table::update(site, resource, properties, back, moment),
        ResourceType::Parameter => parameter::update(site, resource, properties, moment),
    }
}

/// Deletes a resource, and returns how long it takes. What is not there any more is deleted already.
pub(crate) fn delete(
    resource: &Resource,
    site: &mut Site<'_>,
    moment: Moment<'_>,
) -> Result<Millis, Refusal> {
    match resource.kind {
        ResourceType::ScalableTarget => {
            site.services.scalable_targets.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
        ResourceType::ScalingPolicy => {
            site.services.scaling_policies.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
        ResourceType::WaitConditionHandle => Ok(moment.timings.small),
        ResourceType::Table => table::delete(site, resource, moment),
        ResourceType::Parameter => {
            site.services.parameters.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
    }
}

/// Whether a change cannot be made in place.
pub(crate) fn must_replace(kind: ResourceType, before: &Value, after: &Value) -> bool {
    let differs = |property: &str| {
        let side = |value: &Value| value.get(property).map(crate::cloudformation::time::strings);
        side(before) != side(after)
    };
    match kind {
        ResourceType::Table => table::must_replace(before, after),
        ResourceType::ScalableTarget | ResourceType::ScalingPolicy | ResourceType::Parameter => after
            .as_object()
            .into_iter()
            .chain(before.as_object())
            .flatten()
            .any(|(name, _)| kind.recreation(name) == Replacement::True && differs(name)),
        ResourceType::WaitConditionHandle => false,
    }
}

fn check_schema(kind: ResourceType, properties: &Value) -> Result<(), Refusal> {
    let problems: Vec<String> = schema::check(kind, properties).iter().map(schema::Problem::late).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Refusal::Plain(format!("Property validation failure: [{}]", problems.join(", "))))
}

/// A generated name: stack, logical id, 12 characters.
fn generated_name(prefix: &str, site: &mut Site<'_>, longest: usize) -> String {
    let suffix = site.random.suffix();
    let mut name = format!("{prefix}-{}", site.logical_id);
    name.truncate(longest - suffix.len() - 1);
    format!("{name}-{suffix}")
}
