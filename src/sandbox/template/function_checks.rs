//! The structure of intrinsic functions, in AWS's words when it is wrong.
//!
//! Looks at a template alone, before parameters are known. A function that the sandbox does not model is refused by name.

use serde_json::Value;

use super::intrinsics::{SubPart, function, get_att, sub, sub_parts};
use super::parameter_store;
use crate::state::resource_type::ResourceType;
use crate::state::template::Template;
use crate::template::error::TemplateError;

/// Checks the structure of every function in a value.
pub(crate) fn check(value: &Value, template: &Template) -> Result<(), TemplateError> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check(item, template)),
        Value::String(text) => parameter_store::check(text),
        Value::Object(fields) => {
            if let Some((name, argument)) = function(value) {
                check_function(name, argument, template)?;
            }
            fields.values().try_for_each(|field| check(field, template))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Refuses `Fn::If` in a condition, where it is not supported ("Condition functions"). The words are ours.
pub(crate) fn check_condition(value: &Value) -> Result<(), TemplateError> {
    if let Some(("Fn::If", _)) = function(value) {
        return Err(TemplateError::Format(
            "Fn::If cannot be used in the Conditions block of the template".to_owned(),
        ));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(check_condition),
        Value::Object(fields) => fields.values().try_for_each(check_condition),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn check_function(name: &str, argument: &Value, template: &Template) -> Result<(), TemplateError> {
    let list = argument.as_array();
    let length = list.map_or(0, Vec::len);
    let complain = |text: &str| Err(TemplateError::Function(text.to_owned()));
    match name {
        "Ref" if !argument.is_string() => complain("every Ref object must have a single String value."),
        "Ref" => Ok(()),
        "Fn::GetAtt" => match get_att(argument) {
            None => complain(
                "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
            ),
            Some((resource, attribute)) => check_attribute(&resource, &attribute, template),
        },
        "Fn::Sub" => match (argument, length) {
            (Value::String(_), _) => check_sub(argument, template),
            (Value::Array(items), 2) if items[0].is_string() && items[1].is_object() => {
                check_sub(argument, template)
            }
            _ => complain(
                "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first \
                 argument, and an optional second argument to specify a mapping of values to replace in the string",
            ),
        },
        "Fn::Join" if length != 2 => complain(
            "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined \
             or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
        ),
        "Fn::Split" if length != 2 => complain(
            "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a \
             function that returns a string to be split.",
        ),
        "Fn::Select" if length != 2 || list.is_some_and(|items| !is_index(&items[0])) => {
            complain("Fn::Select requires a list argument with two elements: an integer index and a list")
        }
        "Fn::Equals" if length != 2 => {
            complain("every Fn::Equals object requires a list of 2 string parameters.")
        }
        "Fn::And" | "Fn::Or" if !(2..=10).contains(&length) => complain(&format!(
            "every {name} object requires a list of at least 2 and at most 10 boolean parameters."
        )),
        "Fn::Not" if length != 1 => complain("Fn::Not requires a list argument with one element"),
        "Fn::If" => match list.map(Vec::as_slice) {
            Some([condition, _, _]) => match condition.as_str() {
                Some(condition) if template.condition(condition).is_none() => {
                    complain(&format!("unresolved condition dependency {condition} in Fn::If"))
                }
                Some(_) => Ok(()),
                None => complain("Fn::If requires a list argument with the first element being a condition"),
            },
            _ => complain("Fn::If requires a list argument with three elements"),
        },
        "Fn::Transform" if argument.get("Name").is_some_and(|name| !name.is_string()) => {
            Err(TemplateError::Other("Key Name of transform definition must be a string.".to_owned()))
        }
        "Fn::FindInMap" if length == 4 => {
            Err(TemplateError::NotModelled("Fn::FindInMap with a default value".to_owned()))
        }
        "Fn::FindInMap" if length != 3 => complain(
            "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value",
        ),
        "Fn::Join" | "Fn::Split" | "Fn::Select" | "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not"
        | "Fn::FindInMap" | "Fn::ImportValue" | "Fn::Base64" => Ok(()),
        other => Err(TemplateError::NotModelled(other.to_owned())),
    }
}

fn is_index(value: &Value) -> bool {
    match value {
        Value::String(text) => text.parse::<usize>().is_ok(),
        Value::Number(number) => number.is_u64(),
        // A function that yields the index is checked when it is resolved.
        Value::Object(_) => true,
        Value::Null | Value::Bool(_) | Value::Array(_) => false,
    }
}

fn check_sub(argument: &Value, template: &Template) -> Result<(), TemplateError> {
    let (text, variables) = sub(argument);
    for part in sub_parts(text)? {
        if let SubPart::Reference(name) = part
            && variables.is_none_or(|variables| !variables.contains_key(name))
            && let Some((resource, attribute)) = name.split_once('.')
        {
            check_attribute(resource, attribute, template)?;
        }
    }
    Ok(())
}

fn check_attribute(resource: &str, attribute: &str, template: &Template) -> Result<(), TemplateError> {
    // A resource that is not there is reported as an unresolved dependency instead.
    let kind = template.resource(resource).and_then(|resource| resource.get("Type")?.as_str());
    match kind.and_then(ResourceType::of) {
        Some(kind) if !kind.has_attribute(attribute) => Err(TemplateError::Function(format!(
            "resource {resource} does not support attribute type {attribute} in Fn::GetAtt"
        ))),
        _ => Ok(()),
    }
}
