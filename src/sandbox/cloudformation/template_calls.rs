//! The calls about templates alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{stack_name, stack_with_id};
use crate::cloudformation::change_set_calls;
use crate::state::resource_type::ResourceType;
use crate::state::stack::StackStatus;
use crate::state::template::Template;
use crate::state::{Moment, Region};
use crate::template::definition;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text::scalar;

/// GetTemplate: the submitted text, in ASCII.
pub(crate) fn get(region: &mut Region, params: &Params, _: Moment<'_>) -> Result<Value, ApiError> {
    if params.get("TemplateStage").is_some_and(|stage| stage != "Original" && stage != "Processed") {
        return Err(ApiError::validation(
            "1 validation error detected: Value at 'templateStage' failed to satisfy constraint: Member must satisfy enum \
             value set: [Original, Processed]",
        ));
    }
    let definition = match (params.get("ChangeSetName"), params.get("StackName")) {
        (None, None) => {
            return Err(ApiError::validation("StackName is required if ChangeSetName is not specified."));
        }
        (Some(name), None) if !name.starts_with("arn:") => {
            return Err(ApiError::validation("StackName is a required parameter."));
        }
        (Some(_), _) => &region.change_sets[change_set_calls::find(region, params)?].definition,
        (None, Some(_)) => {
            let name = stack_name(params)?;
            let stack = &region.stacks[stack_with_id(region, name)?];
            match &stack.definition {
                Some(definition) => definition,
                None => {
                    return Err(ApiError::validation(format!(
                        "Stack with id {name} has no template, it is in review"
                    )));
                }
            }
        }
    };
    // Without transforms the processed template is the original one; a transformed one is JSON.
    let tree = definition.template.tree();
    let is_processed = tree.get("Transform").is_some() && params.get("TemplateStage") != Some("Original");
    let body = if is_processed {
        let mut processed = tree.clone();
        processed.as_object_mut().map(|sections| sections.remove("Transform"));
        processed.to_string()
    } else {
        definition.body.clone()
    };
    Ok(json!({ "TemplateBody": as_returned(&body), "StagesAvailable": ["Original", "Processed"] }))
}

/// A template's text with `?` for each character beyond ASCII, as on AWS (coverage-roadmap#1220). The stack itself has the
/// characters that were sent.
fn as_returned(body: &str) -> String {
    body.replace(|character: char| !character.is_ascii(), "?")
}

/// GetTemplateSummary.
pub(crate) fn summary(region: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let template = match params.get("StackName") {
        Some(_) => {
            let stack = &region.stacks[stack_with_id(region, stack_name(params)?)?];
            if stack.status == StackStatus::ReviewInProgress {
                return Err(ApiError::validation(
                    "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.",
                ));
            }
            stack.definition.as_ref().map(|definition| definition.template.clone())
        }
        None => None,
    };
    let template = match template {
        Some(template) => template,
        None => Template::parse(&definition::template_body(params, None, moment.buckets)?)?,
    };
    let mut by_type: BTreeMap<ResourceType, Vec<&str>> = BTreeMap::new();
    for (name, resource) in template.resources() {
        if let Some(kind) = resource.get("Type").and_then(Value::as_str).and_then(ResourceType::of) {
            by_type.entry(kind).or_default().push(name);
        }
    }
    let types: BTreeSet<&str> = by_type.keys().map(|kind| kind.name()).collect();
    let identifiers: Vec<Value> = by_type
        .iter()
        .map(|(kind, names)| {
            let mut entry = json!({ "ResourceType": kind.name(), "LogicalResourceIds": names });
            if !kind.identifiers().is_empty() {
                entry["ResourceIdentifiers"] = json!(kind.identifiers());
            }
            entry
        })
        .collect();
    let mut body = json!({
        "Parameters": template.parameters().map(|(name, declaration)| declared(name, declaration, true)).collect::<Vec<_>>(),
        "ResourceTypes": types,
        "ResourceIdentifierSummaries": identifiers,
    });
    add_capabilities(&mut body, &template);
    add_transforms(&mut body, &template);
    for (name, value) in [("Version", "AWSTemplateFormatVersion"), ("Description", "Description")] {
        if let Some(text) = template.text(value) {
            body[name] = json!(text);
        }
    }
    if let Some(metadata) = template.metadata() {
        body["Metadata"] = json!(metadata.to_string());
    }
    Ok(body)
}

fn declared(name: &str, declaration: &Value, with_type: bool) -> Value {
    let mut entry = json!({
        "ParameterKey": name,
        "NoEcho": declaration.get("NoEcho").is_some_and(|flag| scalar(flag) == "true"),
    });
    if let Some(default) = declaration.get("Default") {
        entry["DefaultValue"] = json!(scalar(default));
    }
    if let Some(description) = declaration.get("Description").and_then(Value::as_str) {
        entry["Description"] = json!(description);
    }
    if with_type {
        entry["ParameterType"] = declaration["Type"].clone();
        let allowed: Vec<String> = declaration
            .get("AllowedValues")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(scalar)
            .collect();
        entry["ParameterConstraints"] =
            if allowed.is_empty() { json!({}) } else { json!({ "AllowedValues": allowed }) };
    }
    entry
}

/// ValidateTemplate.
pub(crate) fn validate(_: &mut Region, params: &Params, moment: Moment<'_>) -> Result<Value, ApiError> {
    let template = Template::parse(&definition::template_body(params, None, moment.buckets)?)?;
    let parameters: Vec<Value> =
        template.parameters().map(|(name, declaration)| declared(name, declaration, false)).collect();
    let mut body = json!({ "Parameters": parameters });
    add_capabilities(&mut body, &template);
    add_transforms(&mut body, &template);
    if let Some(description) = template.text("Description") {
        body["Description"] = json!(description);
    }
    Ok(body)
}

fn add_capabilities(body: &mut Value, template: &Template) {
    let (capabilities, kinds) = definition::demanded(template);
    if !capabilities.is_empty() {
        body["Capabilities"] = json!(capabilities);
        body["CapabilitiesReason"] =
            json!(format!("The following resource(s) require capabilities: [{}]", kinds.join(", ")));
    }
}

fn add_transforms(body: &mut Value, template: &Template) {
    match template.tree().get("Transform") {
        None => {}
        Some(names @ Value::Array(_)) => body["DeclaredTransforms"] = names.clone(),
        Some(name) => body["DeclaredTransforms"] = json!([name]),
    }
}
