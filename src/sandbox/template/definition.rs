//! Reads a stack's definition from a call: template, parameters, tags, capabilities.

use serde_json::Value;

use super::intrinsics::Scope;
use super::language_extensions;
use super::parameters;
use super::rules;
use crate::state::bucket::Buckets;
use crate::state::resource_type::ResourceType;
use crate::state::rollback_configuration::RollbackConfiguration;
use crate::state::stack::{Definition, Stack, Tag};
use crate::state::template::Template;
use crate::state::{Moment, Region};
use crate::template::error::TemplateError;
use crate::template::template_url;
use crate::template::{order, outputs};
use crate::wire::error::ApiError;
use crate::wire::query::Params;

/// The largest template that fits into a call.
const INLINE_LIMIT: usize = 51_200;

/// Reads the definition in a call. `current` is the stack's definition now, for what the call keeps.
pub(crate) fn read(
    region: &Region,
    params: &Params,
    current: Option<&Definition>,
    moment: Moment<'_>,
) -> Result<Definition, ApiError> {
    let body = template_body(params, current, moment.buckets)?;
    let template = Template::parse(&body)?;
    let parameters = parameters::read(region, params, &template, current)?;
    let tags = match (params.records("Tags"), current) {
        (given, _) if !given.is_empty() => read_tags(&given)?,
        _ if params.is_emptied("Tags") => Vec::new(),
        // An update without tags keeps the stack's.
        (_, Some(current)) => current.tags.clone(),
        (_, None) => Vec::new(),
    };
    let notification_arns = match (params.list("NotificationARNs"), current) {
        (given, _) if !given.is_empty() => given,
        _ if params.is_emptied("NotificationARNs") => Vec::new(),
        (_, Some(current)) => current.notification_arns.clone(),
        (_, None) => Vec::new(),
    };
    if notification_arns.len() > 5 {
        return Err(ApiError::validation(
            "1 validation error detected: Value at 'notificationARNs' failed to satisfy constraint: Member must have length \
             less than or equal to 5",
        ));
    }
    let capabilities = read_capabilities(params)?;
    check_capabilities(&template, &capabilities)?;
    check_resource_types(&template, &params.list("ResourceTypes"))?;
    check_role(region, params.get("RoleARN"), moment)?;
    let rollback = RollbackConfiguration::read(params, current.map(|current| &current.rollback))?;
    let role_arn = params.owned("RoleARN").or_else(|| current.and_then(|current| current.role_arn.clone()));
    let mut definition =
        Definition { body, template, parameters, tags, capabilities, rollback, notification_arns, role_arn };
    rules::evaluate(&region.name, &definition)?;
    language_extensions::process(&region.name, &mut definition)?;
    Ok(definition)
}

/// The template's text: from the call's body or URL, or the stack's own.
pub(crate) fn template_body(
    params: &Params,
    current: Option<&Definition>,
    buckets: &Buckets,
) -> Result<String, ApiError> {
    match (params.get("TemplateURL"), params.get("TemplateBody")) {
        (Some(_), Some(_)) => {
            Err(ApiError::validation("You cannot specify both TemplateURL and TemplateBody"))
        }
        (Some(url), None) => template_url::read(buckets, url),
        (None, Some(body)) if body.len() > INLINE_LIMIT => Err(ApiError::validation(format!(
            "1 validation error detected: Value '{body}' at 'templateBody' failed to satisfy constraint: \
             Member must have length less than or equal to {INLINE_LIMIT}"
        ))),
        (None, Some(body)) => Ok(body.to_owned()),
        (None, None) => match current {
            Some(current) if params.flag("UsePreviousTemplate")? => Ok(current.body.clone()),
            _ => Err(ApiError::validation("Either Template URL or Template Body must be specified.")),
        },
    }
}

fn read_capabilities(params: &Params) -> Result<Vec<String>, ApiError> {
    let capabilities = params.list("Capabilities");
    let known = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];
    match capabilities.iter().find(|capability| !known.contains(&capability.as_str())) {
        Some(odd) => Err(ApiError::validation(format!(
            "1 validation error detected: Value '[{odd}]' at 'capabilities' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, \
             CAPABILITY_AUTO_EXPAND]]"
        ))),
        None => Ok(capabilities),
    }
}

/// The capabilities that a template demands, and the types that demand them.
pub(crate) fn demanded(template: &Template) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut capability = None;
    let mut kinds = Vec::new();
    for (_, resource) in template.resources() {
        let kind = resource.get("Type").and_then(Value::as_str).and_then(ResourceType::of);
        let Some((kind, (bare, named))) = kind.and_then(|kind| Some((kind, kind.capabilities()?))) else {
            continue;
        };
        let name = kind.name_property().and_then(|property| resource.get("Properties")?.get(property));
        if name.is_some() {
            capability = Some(named);
        }
        capability = capability.or(Some(bare));
        if !kinds.contains(&kind.name()) {
            kinds.push(kind.name());
        }
    }
    (capability.into_iter().collect(), kinds)
}

fn check_capabilities(template: &Template, given: &[String]) -> Result<(), ApiError> {
    let (wanted, _) = demanded(template);
    // CAPABILITY_NAMED_IAM includes CAPABILITY_IAM.
    let has =
        |capability: &str| given.iter().any(|given| given == capability || given == "CAPABILITY_NAMED_IAM");
    match wanted.iter().find(|capability| !has(capability)) {
        None => Ok(()),
        Some(missing) => Err(ApiError::new(
            400,
            "InsufficientCapabilitiesException",
            format!("Requires capabilities : [{missing}]"),
        )),
    }
}

/// `ResourceTypes`: the types that the caller allows.
fn check_resource_types(template: &Template, allowed: &[String]) -> Result<(), ApiError> {
    let fits = |pattern: &String, kind: &str| match pattern.strip_suffix("::*") {
        Some(start) => kind.strip_prefix(start).is_some_and(|rest| rest.starts_with("::")),
        None => pattern == kind,
    };
    for (_, resource) in template.resources() {
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        if !allowed.is_empty() && !allowed.iter().any(|pattern| fits(pattern, kind)) {
            return Err(ApiError::validation(format!(
                "Resource type {kind} is not allowed by parameter ResourceTypes [{}]",
                allowed.join(", ")
            )));
        }
    }
    Ok(())
}

/// Refuses a role that CloudFormation cannot assume: a role of the sandbox that does not trust it, or one of the faults. A
/// role that the sandbox does not have is accepted.
pub(crate) fn check_role(region: &Region, arn: Option<&str>, moment: Moment<'_>) -> Result<(), ApiError> {
    let Some(arn) = arn else { return Ok(()) };
    let name = arn.rsplit('/').next().unwrap_or_default();
    let known = region.services.records.get(&ResourceType::Role).and_then(|roles| roles.get(name));
    let trusts = known.is_none_or(|role| {
        let trust = role.properties.get("AssumeRolePolicyDocument").map(Value::to_string).unwrap_or_default();
        trust.contains("cloudformation.amazonaws.com")
    });
    let refused = moment.faults.refused_roles.iter().any(|role| role == arn || role == name);
    if arn.starts_with("arn:") && trusts && !refused {
        return Ok(());
    }
    Err(ApiError::validation(format!("Role {arn} is invalid or cannot be assumed")))
}

fn read_tags(records: &[Params]) -> Result<Vec<Tag>, ApiError> {
    let mut tags: Vec<Tag> = Vec::new();
    for record in records {
        let key = record.required("Key")?.to_owned();
        if key.starts_with("aws:") {
            return Err(ApiError::validation(
                "aws: prefixed tag key names are not allowed for external use.",
            ));
        }
        if tags.iter().any(|tag| tag.key == key) {
            return Err(ApiError::validation(format!("Duplicate tag keys found: {key}")));
        }
        tags.push(Tag { key, value: record.owned("Value").unwrap_or_default() });
    }
    if tags.len() > 50 {
        return Err(ApiError::validation("A maximum of 50 tags can be specified for a stack"));
    }
    Ok(tags)
}

/// Checks that need parameters: conditions, and the references in what they include.
pub(crate) fn check(region: &Region, stack: &Stack, definition: &Definition) -> Result<(), ApiError> {
    let exports = outputs::exports(region, Some(&stack.id));
    let nothing = std::collections::BTreeSet::new();
    let scope = Scope::new(&region.name, stack, definition, Some(&nothing), &exports);
    check_live(&scope).map_err(ApiError::from)
}

fn check_live(scope: &Scope<'_>) -> Result<(), TemplateError> {
    for (name, _) in scope.definition.template.conditions() {
        scope.condition(name)?;
    }
    let active = order::active(scope)?;
    let lost = |value: &Value| -> Option<String> {
        scope
            .live_references(value)
            .into_iter()
            .map(|reference| reference.name)
            .find(|name| scope.definition.template.resource(name).is_some() && !active.contains(name))
    };
    for name in &active {
        let resource = scope.definition.template.resource(name).cloned().unwrap_or_default();
        if let Some(lost) = lost(&resource) {
            return Err(TemplateError::Format(format!(
                "Unresolved resource dependencies [{lost}] in the Resources block of the template"
            )));
        }
        // Selections, mappings and the like are refused before anything begins; exports are looked up later.
        match scope.properties(&resource) {
            Err(error @ (TemplateError::Format(_) | TemplateError::Function(_))) => return Err(error),
            Ok(_) | Err(TemplateError::NotModelled(_) | TemplateError::Other(_)) => {}
        }
    }
    for (_, output) in scope.definition.template.outputs() {
        if scope.is_active(output)?
            && let Some(lost) = lost(output)
        {
            return Err(TemplateError::Other(format!(
                "Unresolved resource dependencies [{lost}] in the Outputs block of the template"
            )));
        }
    }
    outputs::check_exports(scope)
}
