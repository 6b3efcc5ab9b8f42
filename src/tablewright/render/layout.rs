//! From a stack as data to its YAML: what tera's templates are given, and what they make of it.
//!
//! In: what a stack comes to. Out: the text of the template without its header. Text is escaped when a template
//! prints it; functions, and whatever the user wrote as JSON, are finished YAML by then.

use serde_json::Value;
use tera::value::Key;

use crate::render::block::block;
use crate::render::lower::{Piece, RESOURCE_TEMPLATE, RESOURCES, Wanted};
use crate::render::scalar::scalar;
use crate::render::tree::Tree;
use crate::render::{Error, Templates};

const STACK_TEMPLATE: &str = "stack.yaml";

pub(super) fn lay_out(wanted: &Wanted<'_>, templates: &Templates) -> Result<String, Error> {
    let stack = wanted.stack;
    let pieces = wanted.pieces.iter().map(|piece| lay_out_piece(piece, templates));
    let raw = stack.resources.iter().map(|raw| Ok(lay_out_raw(&raw.id, &raw.body)));
    let resources: Vec<tera::Value> = pieces.chain(raw).collect::<Result<_, _>>()?;
    let mut context = tera::Context::new();
    if let Some(description) = &stack.description {
        context.insert_value("Description", description.as_str().into());
    }
    // A template of the user's may look into an entry; the built-in one prints it as a whole.
    let body = if templates.overrides(STACK_TEMPLATE) { Tree::to_tera } else { Tree::to_block };
    for (section, entries) in wanted.sections() {
        let entries =
            entries.iter().map(|(id, entry)| map([("LogicalId", (*id).into()), ("Body", body(entry))]));
        context.insert_value(*section, entries.collect::<Vec<_>>().into());
    }
    context.insert_value(RESOURCES, resources.into());
    let made = templates.tera.render(STACK_TEMPLATE, &context);
    made.map_err(|source| Error::Layout { id: stack.id.clone(), source })
}

/// Lays out a resource that is written by hand: there is nothing that a template could know of it.
fn lay_out_raw(id: &str, body: &Value) -> tera::Value {
    let body = block(body).replace('\n', "\n    ");
    tera::Value::safe_string(&format!("  {}:{body}", scalar(id)))
}

/// Renders one resource. Each on its own, and not by an include: tera drops the body of a parent template that an included
/// template extends.
fn lay_out_piece(piece: &Piece<'_>, templates: &Templates) -> Result<tera::Value, Error> {
    let mut context = tera::Context::new();
    context.insert_value("LogicalId", piece.id.as_str().into());
    context.insert_value("comment", piece.comment.clone().into());
    if !piece.overridden.is_empty() {
        context.insert_value("overridden", overridden(piece));
    }
    // As of the sections: only a template of the user's looks into a property.
    if templates.overrides(piece.template) || templates.overrides(RESOURCE_TEMPLATE) {
        for (key, value) in &piece.body {
            context.insert_value(*key, value.to_tera());
        }
        context.insert_value("attribute_comments", comments_of_attributes(piece));
    } else {
        for (key, value) in &piece.body {
            context.insert_value(*key, value.to_finished());
        }
    }
    let text = templates
        .tera
        .render(piece.template, &context)
        .map_err(|source| Error::Layout { id: piece.id.clone(), source })?;
    Ok(tera::Value::safe_string(text.trim_matches('\n')))
}

/// Returns the names and the finished YAML of properties that overrides have changed.
fn overridden(piece: &Piece<'_>) -> tera::Value {
    let properties = piece.overridden.iter().map(|(name, value)| {
        map([("Name", name.as_str().into()), ("Value", tera::Value::safe_string(&block(value)))])
    });
    properties.collect::<Vec<_>>().into()
}

/// Returns the comment lines of attributes by name, for templates that spell out `AttributeDefinitions`.
fn comments_of_attributes(piece: &Piece<'_>) -> tera::Value {
    let definitions = piece
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
