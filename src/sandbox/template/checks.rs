//! Reads a template and makes the checks that CloudFormation makes before anything else.
//!
//! In goes the submitted text, out comes the tree in long form or AWS's "Template format error". What the sandbox does not
//! model (transforms, dynamic references, odd functions) is refused here, by name, so that it is never ignored.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::state::resource_type::ResourceType;
use crate::state::template::Template;
use crate::template::error::TemplateError;
use crate::template::intrinsics::Reference;
use crate::template::parameter_type::ParameterType;
use crate::template::{depends_on, function_checks, intrinsics, language_extensions, quotas, rules};
use crate::wire::error::{ApiError, not_modelled};

const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "CreationPolicy",
    "UpdatePolicy",
];

impl Template {
    /// Reads and checks a template.
    pub(crate) fn parse(body: &str) -> Result<Self, ApiError> {
        let template = Self::from_tree(read(body)?);
        template.check()?;
        Ok(template)
    }

    /// Whether a text is a template that macros would change.
    pub(crate) fn has_macros(body: &str) -> bool {
        let Ok(template) = read(body) else { return false };
        template.get("Transform").is_some() || template.to_string().contains("\"Fn::Transform\"")
    }

    fn check(&self) -> Result<(), TemplateError> {
        self.check_sections()?;
        quotas::check(self)?;
        self.check_parameters()?;
        rules::check(self)?;
        self.check_mappings()?;
        self.check_resources()?;
        self.check_outputs()?;
        self.check_nulls()?;
        for (_, condition) in self.conditions() {
            function_checks::check(condition, self)?;
            function_checks::check_condition(condition)?;
        }
        for (_, resource) in self.resources() {
            function_checks::check(resource, self)?;
        }
        for (_, output) in self.outputs() {
            function_checks::check(output, self)?;
        }
        self.check_references()?;
        self.check_circles()
    }

    fn check_sections(&self) -> Result<(), TemplateError> {
        const KNOWN: &[&str] = &[
            "AWSTemplateFormatVersion",
            "Conditions",
            "Description",
            "Mappings",
            "Metadata",
            "Outputs",
            "Parameters",
            "Resources",
            "Rules",
            "Transform",
        ];
        let Some(root) = self.tree().as_object() else {
            return Err(TemplateError::Format("unsupported structure.".to_owned()));
        };
        if root.contains_key("Hooks") {
            return Err(TemplateError::NotModelled("the template section Hooks".to_owned()));
        }
        language_extensions::declared(self.tree())?;
        let unknown: Vec<&str> = root.keys().map(String::as_str).filter(|key| !KNOWN.contains(key)).collect();
        if !unknown.is_empty() {
            return Err(TemplateError::Other(format!(
                "Invalid template property or properties [{}]",
                unknown.join(", ")
            )));
        }
        if let Some(version) = root.get("AWSTemplateFormatVersion")
            && version.as_str() != Some("2010-09-09")
        {
            let shown = version.as_str().map_or_else(|| version.to_string(), str::to_owned);
            return Err(TemplateError::Format(format!(
                "{shown} is not a supported value for AWSTemplateFormatVersion."
            )));
        }
        if root.get("Description").is_some_and(|description| !description.is_string()) {
            return Err(TemplateError::Format("every Description member must be a string.".to_owned()));
        }
        for name in ["Conditions", "Mappings", "Metadata", "Outputs", "Parameters", "Resources", "Rules"] {
            if root.get(name).is_some_and(|section| !section.is_object()) {
                return Err(TemplateError::Format(format!("{name} must be an object.")));
            }
        }
        Ok(())
    }

    fn check_parameters(&self) -> Result<(), TemplateError> {
        for (name, parameter) in self.parameters() {
            if !alphanumeric(name) {
                return Err(TemplateError::Format(format!("Parameter name {name} is non alphanumeric.")));
            }
            let Some(kind) = parameter.get("Type").and_then(Value::as_str) else {
                return Err(TemplateError::Format(
                    "Every Parameters object must contain a Type member.".to_owned(),
                ));
            };
            if ParameterType::of(kind).is_none() {
                return Err(TemplateError::Format(format!("Unrecognized parameter type: {kind}")));
            }
        }
        Ok(())
    }

    fn check_mappings(&self) -> Result<(), TemplateError> {
        for (_, mapping) in self.entries("Mappings") {
            for (key, attributes) in mapping.as_object().into_iter().flatten() {
                let Some(attributes) = attributes.as_object() else {
                    return Err(TemplateError::Format(format!("Every Mappings member {key} must be a map")));
                };
                if attributes.values().any(Value::is_object) {
                    return Err(TemplateError::Format(
                        "Every Mappings attribute must be a String or a List.".to_owned(),
                    ));
                }
            }
        }
        Ok(())
    }

    fn check_resources(&self) -> Result<(), TemplateError> {
        let extended = language_extensions::declared(self.tree())?;
        if self.section("Resources").is_none_or(Map::is_empty) {
            return Err(TemplateError::Format("At least one Resources member must be defined.".to_owned()));
        }
        let mut unknown_types = BTreeSet::new();
        for (name, resource) in self.resources() {
            if extended && name.starts_with("Fn::") {
                return Err(TemplateError::NotModelled(name.to_owned()));
            }
            let Some(fields) = resource.as_object() else {
                return Err(TemplateError::Format("Any Resources member must be an object.".to_owned()));
            };
            if !alphanumeric(name) {
                return Err(TemplateError::Format(format!("Resource name {name} is non alphanumeric.")));
            }
            let Some(kind) = fields.get("Type").and_then(Value::as_str) else {
                return Err(TemplateError::Format(format!(
                    "[/Resources/{name}] Every Resources object must contain a Type member."
                )));
            };
            if let Some(odd) = fields.keys().find(|key| !RESOURCE_ATTRIBUTES.contains(&key.as_str())) {
                return Err(TemplateError::Other(format!("Invalid template resource property '{odd}'")));
            }
            for attribute in ["CreationPolicy", "UpdatePolicy"] {
                if fields.contains_key(attribute) {
                    return Err(TemplateError::NotModelled(format!(
                        "the resource attribute {attribute} (resource {name})"
                    )));
                }
            }
            if ResourceType::of(kind).is_none() {
                unknown_types.insert(kind);
            }
            check_policies(name, kind, resource, extended)?;
        }
        if !unknown_types.is_empty() {
            let list = unknown_types.into_iter().collect::<Vec<_>>().join(", ");
            let hint = not_modelled(if list.contains(',') { "them" } else { "it" });
            return Err(TemplateError::Format(format!("Unrecognized resource types: [{list}] ({hint})")));
        }
        Ok(())
    }

    fn check_outputs(&self) -> Result<(), TemplateError> {
        for (name, output) in self.outputs() {
            if !alphanumeric(name) {
                return Err(TemplateError::Format(format!("Output name {name} is non alphanumeric.")));
            }
            // AWS looks for other null members first and then for the value, as recorded.
            let other_null = output
                .as_object()
                .is_some_and(|fields| fields.iter().any(|(key, v)| key != "Value" && v.is_null()));
            if other_null || output.get("Value").is_none() {
                return Err(TemplateError::Format(
                    "Every Outputs member must contain a Value object".to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_nulls(&self) -> Result<(), TemplateError> {
        match null_path(self.tree()) {
            Some(path) => {
                Err(TemplateError::Other(format!("[{path}] 'null' values are not allowed in templates")))
            }
            None => Ok(()),
        }
    }

    /// Every reference has a target in the template, whatever the conditions.
    fn check_references(&self) -> Result<(), TemplateError> {
        let mut missing = BTreeSet::new();
        for (_, resource) in self.resources() {
            for dependency in depends_on(resource) {
                if self.resource(&dependency).is_none() {
                    missing.insert(dependency);
                }
            }
            for reference in intrinsics::references(resource) {
                if !self.resolves(&reference) {
                    missing.insert(reference.name);
                }
            }
            if let Some(condition) = resource.get("Condition") {
                self.check_condition(condition)?;
            }
        }
        if !missing.is_empty() {
            return Err(TemplateError::Format(format!(
                "Unresolved resource dependencies [{}] in the Resources block of the template",
                join(missing)
            )));
        }
        let mut missing = BTreeSet::new();
        for (_, output) in self.outputs() {
            for reference in intrinsics::references(output) {
                if !self.resolves(&reference) {
                    missing.insert(reference.name);
                }
            }
            if let Some(condition) = output.get("Condition") {
                self.check_condition(condition)?;
            }
        }
        if !missing.is_empty() {
            return Err(TemplateError::Format(format!(
                "Unresolved resource dependencies [{}] in the Outputs block of the template",
                join(missing)
            )));
        }
        for (_, condition) in self.conditions() {
            let missing: BTreeSet<String> = intrinsics::references(condition)
                .into_iter()
                .filter(|reference| !self.is_input(&reference.name) || reference.attribute.is_some())
                .map(|reference| reference.name)
                .collect();
            if !missing.is_empty() {
                return Err(TemplateError::Format(format!(
                    "Unresolved dependencies [{}]. Cannot reference resources in the Conditions \
                     block of the template",
                    join(missing)
                )));
            }
        }
        Ok(())
    }

    fn check_condition(&self, condition: &Value) -> Result<(), TemplateError> {
        match condition.as_str() {
            Some(name) if self.condition(name).is_some() => Ok(()),
            Some(name) => {
                Err(TemplateError::Format(format!("Unresolved condition dependency {name} in the template")))
            }
            None => Err(TemplateError::Format("Every Condition member must be a string.".to_owned())),
        }
    }

    fn is_input(&self, name: &str) -> bool {
        name.starts_with("AWS::") && intrinsics::PSEUDO_PARAMETERS.contains(&name)
            || self.section("Parameters").is_some_and(|parameters| parameters.contains_key(name))
    }

    fn resolves(&self, reference: &Reference) -> bool {
        self.resource(&reference.name).is_some()
            || (reference.attribute.is_none() && self.is_input(&reference.name))
    }

    /// There are no circular dependencies.
    fn check_circles(&self) -> Result<(), TemplateError> {
        let mut waiting: BTreeMap<&str, BTreeSet<String>> =
            self.resources().map(|(name, resource)| (name, self.static_dependencies(resource))).collect();
        loop {
            let ready: Vec<&str> =
                waiting.iter().filter(|(_, needs)| needs.is_empty()).map(|(name, _)| *name).collect();
            if ready.is_empty() {
                break;
            }
            for name in ready {
                waiting.remove(name);
                for needs in waiting.values_mut() {
                    needs.remove(name);
                }
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let names = waiting.into_keys().collect::<Vec<_>>().join(", ");
        Err(TemplateError::Other(format!("Circular dependency between resources: [{names}]")))
    }

    fn static_dependencies(&self, resource: &Value) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = depends_on(resource).into_iter().collect();
        names.extend(
            intrinsics::references(resource)
                .into_iter()
                .map(|reference| reference.name)
                .filter(|name| self.resource(name).is_some()),
        );
        names
    }
}

fn read(body: &str) -> Result<Value, ApiError> {
    let json = body.trim_start().starts_with('{');
    let node = tablewright_template::parse(body).map_err(|error| {
        let kind = if json { "JSON" } else { "YAML" };
        ApiError::validation(format!("Template format error: {kind} not well-formed. ({error})"))
    })?;
    Ok(node.to_value())
}

/// Checks the policies of a resource. Functions in them need the language extensions.
pub(super) fn check_policies(
    name: &str,
    kind: &str,
    resource: &Value,
    extended: bool,
) -> Result<(), TemplateError> {
    for attribute in ["DeletionPolicy", "UpdateReplacePolicy"] {
        let Some(policy) = resource.get(attribute) else {
            continue;
        };
        match policy.as_str() {
            Some("Delete" | "Retain") => {}
            Some("RetainExceptOnCreate") if attribute == "DeletionPolicy" => {}
            Some("Snapshot") => {
                return Err(TemplateError::Function(format!(
                    "resource type {kind} does not support deletion policy Snapshot"
                )));
            }
            Some(other) => {
                return Err(TemplateError::Format(format!(
                    "Unrecognized {attribute} {other} for resource {name}"
                )));
            }
            None if policy.is_object() && extended => {}
            None => {
                return Err(TemplateError::Format(format!("Every {attribute} member must be a string.")));
            }
        }
    }
    Ok(())
}

fn null_path(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Object(fields) => {
            fields.iter().find_map(|(key, field)| null_path(field).map(|rest| format!("/{key}{rest}")))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| null_path(item).map(|rest| format!("/{index}{rest}"))),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn alphanumeric(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric())
}

fn join(names: BTreeSet<String>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
