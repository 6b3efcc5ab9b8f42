//! Values from the SSM parameter store: parameters of an SSM type, and dynamic references.
//!
//! A parameter is looked up when a call brings it; a dynamic reference only when a handler is called, so a change set shows
//! it as it stands and does not notice that the stored value changed.

use serde_json::Value;

use crate::state::services::Services;
use crate::template::error::TemplateError;
use crate::wire::text::scalar;

const REFERENCE: &str = "{{resolve:";

/// What `Ref` of a parameter of that type gives; `None` for a type that stands for itself.
pub(crate) fn look_up(services: &Services, kind: &str, name: &str) -> Result<Option<String>, TemplateError> {
    match kind {
        "AWS::SSM::Parameter::Name" => stored(services, name).map(|_| None),
        _ if kind.starts_with("AWS::SSM::Parameter::Value<") => stored(services, name).map(Some),
        _ => Ok(None),
    }
}

fn stored(services: &Services, name: &str) -> Result<String, TemplateError> {
    if name.contains(':') {
        return Err(TemplateError::NotModelled(format!("versions and labels of SSM parameters ({name})")));
    }
    let value = services.parameters.get(name).and_then(|parameter| parameter.get("Value"));
    value.map(scalar).ok_or_else(|| {
        TemplateError::Other(format!(
            "Unable to fetch parameters [{name}] from parameter store for this account."
        ))
    })
}

/// Whether a text holds a dynamic reference.
pub(crate) fn is_dynamic(text: &str) -> bool {
    text.contains(REFERENCE)
}

/// Refuses the dynamic references that are not modelled.
pub(crate) fn check(text: &str) -> Result<(), TemplateError> {
    for reference in references(text) {
        match reference.split_once(':') {
            Some(("ssm", name)) if !name.is_empty() => {}
            _ => {
                return Err(TemplateError::NotModelled(format!(
                    "dynamic references of this kind ({{{{resolve:{reference}}}}})"
                )));
            }
        }
    }
    Ok(())
}

fn references(text: &str) -> impl Iterator<Item = &str> {
    text.split(REFERENCE).skip(1).map(|rest| rest.split("}}").next().unwrap_or(rest))
}

/// Puts the stored values in the place of every dynamic reference.
pub(crate) fn resolve(services: &Services, value: &Value) -> Result<Value, TemplateError> {
    Ok(match value {
        Value::String(text) if is_dynamic(text) => {
            let mut out = text.clone();
            for reference in references(text) {
                let name = reference.strip_prefix("ssm:").unwrap_or(reference);
                out = out.replace(&format!("{REFERENCE}{reference}}}}}"), &stored(services, name)?);
            }
            Value::String(out)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| resolve(services, item)).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), resolve(services, field)?)))
                .collect::<Result<_, TemplateError>>()?,
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    })
}
