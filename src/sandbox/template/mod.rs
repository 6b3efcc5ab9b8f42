//! What a template means: its checks, its functions, its parameters, and the order of its resources.
//!
//! Works on [`crate::state::template::Template`] and the state that a template refers to. Nothing here changes a stack or a
//! resource.

mod checks;
pub(crate) mod error;
pub(crate) mod definition;
pub(crate) mod function_checks;
pub(crate) mod intrinsics;
pub(crate) mod language_extensions;
pub(crate) mod parameter_store;
mod list_functions;
mod parameter_type;
mod parameters;
mod quotas;
mod rules;
pub(crate) mod stack_policy;
pub(crate) mod outputs;
pub(crate) mod order;
pub(crate) mod template_url;

use serde_json::Value;

/// The logical ids in a resource's `DependsOn`.
pub(crate) fn depends_on(resource: &Value) -> Vec<String> {
    match resource.get("DependsOn") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}
