//! The transform `AWS::LanguageExtensions`, of which the sandbox models functions in `DeletionPolicy` and
//! `UpdateReplacePolicy`.
//!
//! The processed template has the policies in their place. What else the transform brings (`Fn::ForEach`, `Fn::Length`,
//! `Fn::ToJsonString`) is refused by name.

use serde_json::Value;

use super::checks;
use super::intrinsics::Scope;
use crate::state::stack::Definition;
use crate::state::template::Template;
use crate::template::error::TemplateError;
use crate::wire::text::scalar;

const NAME: &str = "AWS::LanguageExtensions";

/// Whether a template declares the transform. Another transform is refused by name.
pub(crate) fn declared(tree: &Value) -> Result<bool, TemplateError> {
    let names = match tree.get("Transform") {
        None => return Ok(false),
        Some(Value::Array(names)) => names.clone(),
        Some(name) => vec![name.clone()],
    };
    match names.iter().find(|name| name.as_str() != Some(NAME)) {
        Some(other) => Err(TemplateError::NotModelled(format!("the Transform {}", scalar(other)))),
        None => Ok(true),
    }
}

/// Puts the values of functions into the policies of a definition's template.
pub(crate) fn process(region: &str, definition: &mut Definition) -> Result<(), TemplateError> {
    if !declared(definition.template.tree())? {
        return Ok(());
    }
    let mut tree = definition.template.tree().clone();
    let names: Vec<String> = definition.template.resources().map(|(name, _)| name.to_owned()).collect();
    for name in names {
        for attribute in ["DeletionPolicy", "UpdateReplacePolicy"] {
            let resource = &mut tree["Resources"][name.as_str()];
            let Some(policy) = resource.get(attribute).filter(|policy| policy.is_object()) else { continue };
            // A policy can depend on parameters only.
            match Scope::of_parameters(region, definition).resolve(policy)? {
                Some(value) => resource[attribute] = value,
                None => drop(resource.as_object_mut().and_then(|fields| fields.remove(attribute))),
            }
        }
        let resource = &tree["Resources"][name.as_str()];
        checks::check_policies(&name, scalar(&resource["Type"]).as_str(), resource, false)?;
    }
    definition.template = Template::from_tree(tree);
    Ok(())
}
