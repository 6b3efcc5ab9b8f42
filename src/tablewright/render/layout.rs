//! From a stack as data to its YAML: what tera's templates are given, and what they make of it.
//!
//! In: what a stack comes to. Out: the text of the template without its header. Text is escaped when a template
//! prints it; functions, and whatever the user wrote as JSON, are finished YAML by then.

use serde_json::Value;
use tera::value::Key;

use crate::render::block::block;
use crate::render::lower::{Piece, RESOURCES, Wanted};
use crate::render::scalar::scalar;
use crate::render::tree::Tree;
use crate::render::{Error, Templates};

pub(super) fn lay_out(wanted: &Wanted<'_>, templates: &Templates) -> Result<String, Error> {
    let stack = wanted.stack;
    let pieces = wanted.pieces.iter().map(|piece| lay_out_piece(piece, templates));
    let raw = stack.resources.iter().map(|raw| Ok(lay_out_raw(&raw.id, &raw.body)));
    let resources: Vec<tera::Value> = pieces.chain(raw).collect::<Result<_, _>>()?;
    let mut context = tera::Context::new();
    if let Some(description) = &stack.description {
        context.insert_value("Description", description.as_str().into());
    }
    for (section, entries) in wanted.sections() {
        context.insert_value(*section, section_entries(entries));
    }
    context.insert_value(RESOURCES, resources.into());
    let made = templates.tera.render("stack.yaml", &context);
    made.map_err(|source| Error::Layout { id: stack.id.clone(), source })
}

/// Returns the entries of a section as tera's templates see them, in their order.
fn section_entries(entries: &[(&str, Tree<'_>)]) -> tera::Value {
    let entries = entries.iter().map(|(id, entry)| {
        let pair = [("LogicalId", (*id).into()), ("Body", entry.to_tera())];
        tera::Value::from(pair.into_iter().map(|(key, value)| (Key::Str(key), value)).collect::<tera::Map>())
    });
    entries.collect::<Vec<_>>().into()
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
    for (key, value) in &piece.body {
        context.insert_value(*key, value.to_tera());
    }
    context.insert_value("attribute_comments", comments_of_attributes(piece));
    if !piece.overridden.is_empty() {
        context.insert_value("overridden", overridden(piece));
    }
    let text = templates
        .tera
        .render(piece.template, &context)
        .map_err(|source| Error::Layout { id: piece.id.clone(), source })?;
    Ok(tera::Value::safe_string(text.trim_matches('\n')))
}

/// Returns the names and the finished YAML of properties that no template lays out.
fn overridden(piece: &Piece<'_>) -> tera::Value {
    let properties = piece.overridden.iter().map(|(name, value)| {
        let entries = [("Name", name.as_str().into()), ("Value", tera::Value::safe_string(&block(value)))];
        tera::Value::from(
            entries.into_iter().map(|(key, value)| (Key::Str(key), value)).collect::<tera::Map>(),
        )
    });
    properties.collect::<Vec<_>>().into()
}

fn comments_of_attributes(piece: &Piece<'_>) -> tera::Value {
    let by_name = piece
        .attribute_comments
        .iter()
        .map(|(name, lines)| (Key::from(name.clone()), tera::Value::from(lines.clone())));
    by_name.collect::<tera::Map>().into()
}
