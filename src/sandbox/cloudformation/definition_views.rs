//! Parameters and tags as stacks and change sets show them.

use serde_json::{Value, json};

use crate::state::stack::{Definition, Tag};

/// Parameters as they may be shown.
pub(crate) fn parameters(definition: &Definition) -> Value {
    definition
        .parameters
        .iter()
        .map(|parameter| {
            let value = if parameter.no_echo { "****" } else { &parameter.value };
            let mut body = json!({ "ParameterKey": parameter.key, "ParameterValue": value });
            if let (Some(resolved), false) = (&parameter.resolved, parameter.no_echo) {
                body["ResolvedValue"] = json!(resolved);
            }
            body
        })
        .collect()
}

/// Tags as they are shown.
pub(crate) fn tags(tags: &[Tag]) -> Value {
    tags.iter().map(|tag| json!({ "Key": tag.key, "Value": tag.value })).collect()
}
