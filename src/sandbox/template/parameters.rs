//! The values of a template's parameters: where they come from, and the constraints that they satisfy.
//!
//! The text of a constraint without a `ConstraintDescription` is recorded for numbers and reported by users of AWS for
//! patterns; the others follow the same form.

use regex_lite::Regex;
use serde_json::Value;

use super::parameter_store;
use super::parameter_type::ParameterType;
use crate::state::Region;
use crate::state::stack::{Definition, Parameter};
use crate::state::template::Template;
use crate::template::error::TemplateError;
use crate::wire::error::ApiError;
use crate::wire::query::Params;
use crate::wire::text::scalar;

/// The largest value of a parameter, in bytes.
const LONGEST_VALUE: usize = 4_096;

/// Reads the values of a template's parameters: from the call, from the stack, or by default.
pub(crate) fn read(
    region: &Region,
    params: &Params,
    template: &Template,
    current: Option<&Definition>,
) -> Result<Vec<Parameter>, ApiError> {
    let given = params.records("Parameters");
    let unknown: Vec<String> = given
        .iter()
        .filter_map(|record| record.owned("ParameterKey"))
        .filter(|key| !template.parameters().any(|(name, _)| name == key))
        .collect();
    if !unknown.is_empty() {
        return Err(ApiError::validation(format!(
            "Parameters: [{}] do not exist in the template",
            unknown.join(", ")
        )));
    }
    let mut parameters = Vec::new();
    let mut missing = Vec::new();
    for (key, declaration) in template.parameters() {
        let kind = declaration.get("Type").and_then(Value::as_str).unwrap_or_default();
        let record = given.iter().find(|record| record.get("ParameterKey") == Some(key));
        let value = match record {
            Some(record) if record.flag("UsePreviousValue")? => {
                match current.and_then(|current| current.parameter(key)) {
                    Some(previous) => Some(previous.value.clone()),
                    None => {
                        return Err(ApiError::validation(format!(
                            "Invalid input for parameter key {key}. Cannot specify usePreviousValue as true for a parameter \
                             key not in the previous template"
                        )));
                    }
                }
            }
            // An empty value is a value.
            Some(record) => Some(record.owned("ParameterValue").unwrap_or_default()),
            None => declaration.get("Default").map(scalar),
        };
        match value {
            Some(value) => {
                let resolved = parameter_store::look_up(&region.services, kind, &value);
                let resolved = resolved?;
                parameters.push(Parameter { resolved, ..parameter(key, declaration, value)? });
            }
            None if kind.starts_with("AWS::SSM::Parameter::") => {
                return Err(ApiError::validation(format!(
                    "Parameter {key} should either have input value or default value"
                )));
            }
            None => missing.push(key),
        }
    }
    if !missing.is_empty() {
        return Err(ApiError::validation(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    Ok(parameters)
}

fn parameter(key: &str, declaration: &Value, value: String) -> Result<Parameter, ApiError> {
    let kind = ParameterType::declared(declaration);
    let is_stored = matches!(kind, ParameterType::Name | ParameterType::Stored(_));
    if value.len() > LONGEST_VALUE {
        return Err(broken(key, &format!("be no more than {LONGEST_VALUE} bytes")));
    }
    let items = kind.items(&value);
    if let Some(problem) = wrong_kind(kind, &items) {
        return Err(broken(key, problem));
    }
    let unknown = items.iter().find(|item| kind.element().is_some_and(|specific| !specific.fits(item)));
    if let Some(unknown) = unknown.filter(|_| !is_stored) {
        return Err(ApiError::validation(format!(
            "Parameter validation failed: parameter value {unknown} for parameter name {key} does not exist"
        )));
    }
    let constraint = broken_bound(declaration, &items, kind)
        .or_else(|| broken_length(declaration, &value))
        .or_else(|| broken_allowed_values(declaration, &items));
    let constraint = match constraint {
        None => broken_pattern(key, declaration, &items)?,
        found => found,
    };
    match (constraint, declaration.get("ConstraintDescription")) {
        (None, _) => {}
        (Some(constraint), None) => return Err(broken(key, &constraint)),
        // As users of AWS report it (aws-cli#7750); the name has no quotes here.
        (Some(_), Some(description)) => {
            return Err(ApiError::validation(format!(
                "Parameter {key} failed to satisfy constraint: {}",
                scalar(description)
            )));
        }
    }
    Ok(Parameter {
        key: key.to_owned(),
        value,
        no_echo: declaration.get("NoEcho").is_some_and(|flag| scalar(flag) == "true"),
        list: kind.is_list(),
        resolved: None,
    })
}

fn broken(key: &str, constraint: &str) -> ApiError {
    ApiError::validation(format!("Parameter '{key}' must {constraint}"))
}

/// A numeric attribute of a parameter's declaration: its value, and its text for messages.
fn bound(declaration: &Value, name: &str) -> Option<(f64, String)> {
    let text = scalar(declaration.get(name)?);
    Some((text.parse().ok()?, text))
}

/// The constraint on the length that a value breaks.
fn broken_length(declaration: &Value, value: &str) -> Option<String> {
    let length = value.chars().count() as f64;
    let least = bound(declaration, "MinLength").filter(|(least, _)| length < *least);
    let most = bound(declaration, "MaxLength").filter(|(most, _)| length > *most);
    match (least, most) {
        (Some((_, least)), _) => Some(format!("contain at least {least} characters")),
        (None, Some((_, most))) => Some(format!("contain at most {most} characters")),
        (None, None) => None,
    }
}

/// What is wrong with a number, or with a list of numbers.
fn wrong_kind(kind: ParameterType, items: &[&str]) -> Option<&'static str> {
    let is_number = |text: &&str| text.parse::<f64>().is_ok_and(f64::is_finite);
    match kind {
        ParameterType::Number if !items.iter().all(is_number) => Some("be a number."),
        ParameterType::Numbers if !items.iter().all(is_number) => Some("be a list of numbers."),
        _ => None,
    }
}

/// `MinValue` and `MaxValue`, for each item of a list.
fn broken_bound(declaration: &Value, items: &[&str], kind: ParameterType) -> Option<String> {
    if !matches!(kind, ParameterType::Number | ParameterType::Numbers) {
        return None;
    }
    let numbers = || items.iter().filter_map(|item| item.parse::<f64>().ok());
    let least = bound(declaration, "MinValue").filter(|(least, _)| numbers().any(|number| number < *least));
    let most = bound(declaration, "MaxValue").filter(|(most, _)| numbers().any(|number| number > *most));
    match (least, most) {
        (Some((_, least)), _) => Some(format!("be a number not less than {least}")),
        (None, Some((_, most))) => Some(format!("be a number not greater than {most}")),
        (None, None) => None,
    }
}

/// `AllowedValues`, for each item of a list.
fn broken_allowed_values(declaration: &Value, items: &[&str]) -> Option<String> {
    let allowed: Vec<String> = declaration.get("AllowedValues")?.as_array()?.iter().map(scalar).collect();
    let fits = items.iter().all(|item| allowed.iter().any(|one| one == item));
    (!fits).then(|| "be one of AllowedValues".to_owned())
}

/// `AllowedPattern`, which must match each item of a list as a whole, as documented. AWS's expressions are those of Java;
/// what ours lack (lookaround, back references, Unicode classes) is refused by name.
fn broken_pattern(key: &str, declaration: &Value, items: &[&str]) -> Result<Option<String>, ApiError> {
    let Some(pattern) = declaration.get("AllowedPattern").map(scalar) else { return Ok(None) };
    let whole = Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|_| TemplateError::NotModelled(format!("the AllowedPattern {pattern} (parameter {key})")))?;
    let fits = items.iter().all(|item| whole.is_match(item));
    Ok((!fits).then(|| format!("match pattern {pattern}")))
}
