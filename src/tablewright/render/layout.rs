//! Renders a lowered stack to YAML with tera templates, without the header.
//!
//! tera escapes text when a template prints it; functions and JSON of the user are already YAML before.

use serde_json::Value;
use tera::value::Key;

use crate::render::block::block;
use crate::render::lower::{LoweredStack, RESOURCE_TEMPLATE, RESOURCES, Resource};
use crate::render::scalar::scalar;
use crate::render::tree::Tree;
use crate::render::{Error, Templates};

const STACK_TEMPLATE: &str = "stack.yaml";

pub(super) fn lay_out(lowered: &LoweredStack<'_>, templates: &Templates) -> Result<String, Error> {
    let stack = lowered.stack;
    let resources = lowered.resources.iter().map(|resource| lay_out_resource(resource, templates));
    let raw = stack.resources.iter().map(|raw| Ok(lay_out_raw(&raw.id, &raw.body)));
    let resources: Vec<tera::Value> = resources.chain(raw).collect::<Result<_, _>>()?;
    let mut context = tera::Context::new();
    if let Some(description) = &stack.description {
        context.insert_value("Description", description.as_str().into());
    }
    // Only the user's templates access parts of an entry; the built-in one prints it as a whole.
    let body = if templates.overrides(STACK_TEMPLATE) { Tree::to_tera } else { Tree::to_block };
    for (section, entries) in lowered.sections() {
        let entries =
            entries.iter().map(|(id, entry)| map([("LogicalId", (*id).into()), ("Body", body(entry))]));
        context.insert_value(*section, entries.collect::<Vec<_>>().into());
    }
    context.insert_value(RESOURCES, resources.into());
    let made = templates.tera.render(STACK_TEMPLATE, &context);
    made.map_err(|source| Error::Layout { id: stack.id.clone(), source })
}

/// Renders a raw resource.
fn lay_out_raw(id: &str, body: &Value) -> tera::Value {
    let body = block(body).replace('\n', "\n    ");
    tera::Value::safe_string(&format!("  {}:{body}", scalar(id)))
}

/// Renders a resource. It is not included by the stack template, as tera drops the body of a parent template that an included
/// template extends.
fn lay_out_resource(resource: &Resource<'_>, templates: &Templates) -> Result<tera::Value, Error> {
    let mut context = tera::Context::new();
    context.insert_value("LogicalId", resource.id.as_str().into());
    context.insert_value("comment", resource.comment.clone().into());
    if !resource.overridden.is_empty() {
        context.insert_value("overridden", overridden(resource));
    }
    // Only the user's templates access parts of a property.
    if templates.overrides(resource.template) || templates.overrides(RESOURCE_TEMPLATE) {
        for (key, value) in &resource.body {
            context.insert_value(*key, value.to_tera());
        }
        context.insert_value("attribute_comments", comments_of_attributes(resource));
    } else {
        for (key, value) in &resource.body {
            context.insert_value(*key, value.to_finished());
        }
    }
    let text = templates
        .tera
        .render(resource.template, &context)
        .map_err(|source| Error::Layout { id: resource.id.clone(), source })?;
    Ok(tera::Value::safe_string(text.trim_matches('\n')))
}

/// Returns the names and YAML of overridden properties.
fn overridden(resource: &Resource<'_>) -> tera::Value {
    let properties = resource.overridden.iter().map(|(name, value)| {
        map([("Name", name.as_str().into()), ("Value", tera::Value::safe_string(&block(value)))])
    });
    properties.collect::<Vec<_>>().into()
}

/// Returns the comment lines of attributes, by name, for templates that write `AttributeDefinitions` themselves.
fn comments_of_attributes(resource: &Resource<'_>) -> tera::Value {
    let definitions = resource
        .body
        .iter()
        .find(|(key, _)| *key == "Properties")
        .and_then(|(_, properties)| properties.get("AttributeDefinitions"));
    let Some(Tree::List(definitions)) = definitions else { return tera::Map::default().into() };
    let comments = definitions.iter().filter_map(|definition| match definition {
        Tree::Commented(lines, definition) => match definition.get("AttributeName") {
            Some(Tree::Text(name)) => Some((Key::from(name.to_string()), lines.clone().into())),
            _ => None,
        },
        _ => None,
    });
    comments.collect::<tera::Map>().into()
}

fn map(entries: [(&'static str, tera::Value); 2]) -> tera::Value {
    entries.into_iter().map(|(key, value)| (Key::Str(key), value)).collect::<tera::Map>().into()
}
