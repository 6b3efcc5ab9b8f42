//! The values of `Fn::Join`, `Fn::Split`, `Fn::Select` and `Fn::FindInMap`, whose arguments have their values already.

use serde_json::Value;

use super::intrinsics::UNKNOWN;
use crate::state::template::Template;
use crate::template::error::TemplateError;
use crate::wire::text::scalar;

/// The value of a function; unknown when one of its arguments is.
pub(super) fn list_function(
    name: &str,
    arguments: &[Value],
    template: &Template,
) -> Result<Value, TemplateError> {
    if arguments.iter().any(holds_unknown) {
        return Ok(Value::String(UNKNOWN.to_owned()));
    }
    let text = |index: usize| arguments.get(index).map(scalar).unwrap_or_default();
    match name {
        "Fn::Join" => {
            let items = arguments.get(1).and_then(Value::as_array).ok_or_else(|| TemplateError::Function("every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of \
                 strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.".to_owned()))?;
            Ok(Value::String(items.iter().map(scalar).collect::<Vec<_>>().join(&text(0))))
        }
        "Fn::Split" => Ok(text(1).split(&text(0)).map(|part| Value::String(part.to_owned())).collect()),
        "Fn::Select" => {
            let index: usize = text(0).parse().map_err(|_| {
                TemplateError::Function(
                    "Fn::Select requires a list argument with two elements: an integer index and a list"
                        .to_owned(),
                )
            })?;
            arguments.get(1).and_then(|list| list.get(index)).cloned().ok_or_else(|| {
                TemplateError::Function(format!(
                    "Fn::Select cannot select nonexistent value at index {}",
                    text(0)
                ))
            })
        }
        _ => {
            let (map, first, second) = (text(0), text(1), text(2));
            template.mapping(&map, &first, &second).cloned().ok_or_else(|| {
                TemplateError::Function(format!("Unable to get mapping for {map}::{first}::{second}"))
            })
        }
    }
}

fn holds_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNKNOWN,
        Value::Array(items) => items.iter().any(holds_unknown),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}
