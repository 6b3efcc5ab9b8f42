//! The handlers of the resource types: create, update, delete, import.
//!
//! A handler gets resolved properties and changes the services behind it at once; how long it takes is part of its answer.
//! It never writes events: that is the engine's work.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clock::Millis;
use crate::state::Moment;
use crate::state::change_set::Replacement;
use crate::state::random::Random;
use crate::state::resource_type::{Handler, ResourceType};
use crate::state::services::Services;
use crate::state::stack::Resource;
use crate::state::table::Table;

mod global_table;
mod handle;
mod parameter;
pub(crate) mod record;
mod scaling_policy;
mod scaling_target;
pub(crate) mod schema;
mod table;

/// What a handler works with: the resource's place, and the services.
pub(crate) struct HandlerContext<'a> {
    pub(crate) region: &'a str,
    pub(crate) stack_name: &'a str,
    pub(crate) logical_id: &'a str,
    pub(crate) services: &'a mut Services,
    pub(crate) random: &'a mut Random,
}

/// The result of a handler that created or changed a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandlerOutput {
    pub(crate) physical_id: String,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) takes: Millis,
}

/// Why a handler refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A message of the handler, or of its service.
    Invalid(String),
    /// The name is taken.
    Exists(ResourceType, String),
    /// The resource to change does not exist.
    NotFound(ResourceType, String),
    /// A reason without the usual frame.
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

/// The engine runs nested stacks itself.
const NESTED: &str = "Internal Failure";

/// Makes a resource.
pub(crate) fn create(
    kind: ResourceType,
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check_schema(kind, properties)?;
    match kind.handler() {
        Handler::ScalableTarget => scaling_target::create(context, properties, moment),
        Handler::ScalingPolicy => scaling_policy::create(context, properties, moment),
        Handler::Stack => Err(Refusal::Plain(NESTED.to_owned())),
        Handler::WaitConditionHandle => Ok(handle::create(context, moment)),
        Handler::GlobalTable => global_table::create(context, properties, moment),
        Handler::Table => table::create(kind, context, properties, moment),
        Handler::Record => record::create(kind, context, properties, moment),
        Handler::Parameter => parameter::create(context, properties, moment),
    }
}

/// Changes a resource in place. `back` is the rollback of such a change, which forgives more.
pub(crate) fn update(
    resource: &Resource,
    context: &mut HandlerContext<'_>,
    properties: &Value,
    is_rollback: bool,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check_schema(resource.kind, properties)?;
    match resource.kind.handler() {
        Handler::ScalableTarget => scaling_target::update(context, resource, properties, moment),
        Handler::ScalingPolicy => scaling_policy::update(context, resource, properties, moment),
        Handler::Stack => Err(Refusal::Plain(NESTED.to_owned())),
        Handler::WaitConditionHandle => Ok(handle::update(resource, moment)),
        Handler::Record => record::update(context, resource, properties, moment),
        Handler::GlobalTable => global_table::update(context, resource, properties, is_rollback, moment),
        Handler::Table => table::update(context, resource, properties, is_rollback, moment),
        Handler::Parameter => parameter::update(context, resource, properties, moment),
    }
}

/// Takes over a resource that is there. Its settings stay what they are; the tags become the stack's.
pub(crate) fn import(
    resource: &Resource,
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    check_schema(resource.kind, properties)?;
    match resource.kind {
        ResourceType::GlobalTable | ResourceType::Table => {
            table::import(context, resource, properties, moment)
        }
        ResourceType::Alarm
        | ResourceType::Key
        | ResourceType::LogGroup
        | ResourceType::Role
        | ResourceType::Stream => record::import(context, resource, moment),
        ResourceType::Parameter => parameter::import(context, resource, moment),
        kind @ (ResourceType::ScalableTarget
        | ResourceType::ScalingPolicy
        | ResourceType::Stack
        | ResourceType::WaitConditionHandle
        | ResourceType::ManagedPolicy
        | ResourceType::Alias
        | ResourceType::Topic) => {
            Err(Refusal::Plain(format!("ResourceTypes [{}] are not supported for Import", kind.name())))
        }
    }
}

/// Deletes a resource, and returns how long it takes. What is not there any more is deleted already.
pub(crate) fn delete(
    resource: &Resource,
    context: &mut HandlerContext<'_>,
    moment: Moment<'_>,
) -> Result<Millis, Refusal> {
    match resource.kind.handler() {
        Handler::ScalableTarget => {
            context.services.scalable_targets.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
        Handler::ScalingPolicy => {
            context.services.scaling_policies.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
        Handler::Stack => Err(Refusal::Plain(NESTED.to_owned())),
        Handler::WaitConditionHandle => Ok(moment.timings.small),
        Handler::Record => Ok(record::delete(context, resource, moment)),
        Handler::GlobalTable => global_table::delete(context, resource, moment),
        Handler::Table => table::delete(context, resource, moment),
        Handler::Parameter => {
            context.services.parameters.remove(&resource.physical_id);
            Ok(moment.timings.small)
        }
    }
}

/// Whether a change cannot be made in place.
pub(crate) fn must_replace(kind: ResourceType, before: &Value, after: &Value) -> bool {
    let differs = |property: &str| {
        let side = |value: &Value| value.get(property).map(crate::wire::text::strings);
        side(before) != side(after)
    };
    match kind.handler() {
        Handler::Table => table::must_replace(before, after),
        Handler::GlobalTable => global_table::must_replace(before, after),
        Handler::Record | Handler::ScalableTarget | Handler::ScalingPolicy | Handler::Parameter => after
            .as_object()
            .into_iter()
            .chain(before.as_object())
            .flatten()
            .any(|(name, _)| kind.recreation(name) == Replacement::True && differs(name)),
        Handler::Stack | Handler::WaitConditionHandle => false,
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
fn generated_name(prefix: &str, context: &mut HandlerContext<'_>, longest: usize) -> String {
    let suffix = context.random.suffix();
    let mut name = format!("{prefix}-{}", context.logical_id);
    name.truncate(longest - suffix.len() - 1);
    format!("{name}-{suffix}")
}

/// The properties of a resource as it is now: `None` for a type without drift detection, `Some(None)` for what is gone.
pub(crate) fn actual(resource: &Resource, services: &Services) -> Option<Option<Value>> {
    let id = &resource.physical_id;
    match resource.kind {
        ResourceType::Table => Some(services.tables.get(id).map(Table::properties)),
        ResourceType::Parameter => Some(services.parameters.get(id).cloned()),
        ResourceType::ScalableTarget => Some(services.scalable_targets.get(id).cloned()),
        ResourceType::ScalingPolicy => Some(services.scaling_policies.get(id).cloned()),
        ResourceType::Alarm
        | ResourceType::Key
        | ResourceType::LogGroup
        | ResourceType::ManagedPolicy
        | ResourceType::Role
        | ResourceType::Stream
        | ResourceType::Topic => {
            let records = services.records.get(&resource.kind);
            Some(records.and_then(|records| records.get(id)).map(|record| record.properties.clone()))
        }
        ResourceType::GlobalTable
        | ResourceType::Stack
        | ResourceType::WaitConditionHandle
        | ResourceType::Alias => None,
    }
}
