//! Templates for review: a stack as CloudFormation YAML that people like to read.
//!
//! In: a [`Stack`] and [`Templates`]. Out: [`Rendered`] text, the same bytes on every machine and day. What leaves here
//! was parsed back and compared with the model: a template cannot drop, change or smuggle in anything unnoticed.

pub(crate) mod lower;
mod tree;

mod block;
mod checksum;
mod comment;
mod scalar;

mod additions;
mod templates;

mod compare;
mod error;
mod form;
mod header;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tablewright_template::{self as template, Node};

use crate::render::compare::{Comparison, compare};
use crate::render::header::with_header;
use crate::stack::Stack;
pub use additions::Addition;
pub use compare::{Difference, DifferenceKind};
pub use error::Error;
pub use form::Form;
pub use header::is_ours;
pub use templates::Templates;
use templates::position;

/// A stack's template.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The YAML text, with a header that says where it comes from.
    pub text: String,
    /// The same as a tree, intrinsic functions in their long form.
    pub template: Value,
    /// What templates of the user's have added to the definition, as they declare it.
    pub additions: Vec<Addition>,
}

/// Renders a stack of the environment `env`.
///
/// ```
/// use tablewright::render::{Templates, render};
/// use tablewright::{Assembly, Env, Scalar, Stack, Table};
///
/// let env = Env::new("demo", "dev");
/// let assembly = Assembly::new(&env, &[("notes", |_| {
///     let mut stack = Stack::new("notes");
///     stack.table(Table::define("Note").partition("id", Scalar::S));
///     Ok(stack)
/// })]);
/// let rendered = render(&assembly.stacks[0], env.name(), &Templates::builtin())?;
/// assert!(rendered.text.contains("TableName: demo-dev-note\n"));
/// assert_eq!(rendered.template["Resources"]["Note"]["DeletionPolicy"], "RetainExceptOnCreate");
/// # Ok::<(), tablewright::render::Error>(())
/// ```
///
/// # Errors
///
/// With the built-in templates only where an override hits nothing. With templates of the user's: see [`Error`].
pub fn render(stack: &Stack, env: &str, templates: &Templates) -> Result<Rendered, Error> {
    let mut resources = Vec::new();
    let mut wanted_resources = Map::new();
    for piece in lower::resources(stack) {
        let piece = piece?;
        wanted_resources.insert(piece.id.clone(), wanted_resource(&piece));
        resources.push(lay_out(&piece, templates)?);
    }
    for raw in &stack.resources {
        wanted_resources.insert(raw.id.clone(), raw.body.clone());
        resources.push(lay_out_raw(&raw.id, &raw.body));
    }
    let mut wanted = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": wanted_resources });
    let mut context = tera::Context::new();
    if let Some(description) = &stack.description {
        wanted["Description"] = json!(description);
        context.insert_value("Description", description.as_str().into());
    }
    context.insert_value("Resources", resources.into());
    for (section, entries) in lower::sections(stack) {
        if !entries.is_empty() {
            let json = entries.iter().map(|(id, entry)| ((*id).to_owned(), entry.to_json()));
            wanted[section] = json.collect::<Map<_, _>>().into();
            context.insert_value(section, section_entries(&entries));
        }
    }
    let body = templates
        .tera
        .render("stack.yaml", &context)
        .map_err(|source| Error::Layout { id: stack.id.clone(), source })?;
    let text = with_header(stack, env, Form::Yaml, &[], body.trim_end());
    if let Some(offset) = text.find(|c: char| !c.is_ascii()) {
        let (stack, files) = (stack.id.clone(), templates.files.clone());
        return Err(Error::NotAscii { stack, files, excerpt: position(&text, offset).excerpt(&text) });
    }
    let found = read_back(&stack.id, &text, templates)?;
    let Comparison { mut differences, additions } = compare(&wanted, &found, &templates.declared);
    if !differences.is_empty() {
        blame(&mut differences, stack, templates);
        return Err(Error::Unfaithful { stack: stack.id.clone(), differences, text });
    }
    // Without additions the two are equal.
    let template = if additions.is_empty() { wanted } else { found.to_value() };
    Ok(Rendered { text, template, additions })
}

/// Returns the entries of a section as tera's templates see them, in their order.
fn section_entries(entries: &[(&str, tree::Tree)]) -> tera::Value {
    let entries = entries.iter().map(|(id, entry)| {
        let pair = [("LogicalId", (*id).into()), ("Body", entry.to_tera())];
        tera::Value::from(
            pair.into_iter().map(|(key, value)| (tera::value::Key::Str(key), value)).collect::<tera::Map>(),
        )
    });
    entries.collect::<Vec<_>>().into()
}

/// Lays out a resource that is written by hand: there is nothing that a template could know of it.
fn lay_out_raw(id: &str, body: &Value) -> tera::Value {
    let body = block::block(body).replace('\n', "\n    ");
    tera::Value::safe_string(&format!("  {}:{body}", scalar::scalar(id)))
}

fn wanted_resource(piece: &lower::Piece) -> Value {
    let mut body = json_map(&piece.body);
    for (name, value) in &piece.overridden {
        body["Properties"][name] = value.clone();
    }
    body
}

fn json_map(body: &[(&'static str, tree::Tree)]) -> Value {
    body.iter().map(|(key, value)| ((*key).to_owned(), value.to_json())).collect::<Map<_, _>>().into()
}

/// Renders one resource. Each on its own, and not by an include: tera drops the body of a parent template that an included
/// template extends.
fn lay_out(piece: &lower::Piece, templates: &Templates) -> Result<tera::Value, Error> {
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
fn overridden(piece: &lower::Piece) -> tera::Value {
    let properties = piece.overridden.iter().map(|(name, value)| {
        let entries =
            [("Name", name.as_str().into()), ("Value", tera::Value::safe_string(&block::block(value)))];
        tera::Value::from(
            entries
                .into_iter()
                .map(|(key, value)| (tera::value::Key::Str(key), value))
                .collect::<tera::Map>(),
        )
    });
    properties.collect::<Vec<_>>().into()
}

fn comments_of_attributes(piece: &lower::Piece) -> tera::Value {
    let by_name = piece
        .attribute_comments
        .iter()
        .map(|(name, lines)| (tera::value::Key::from(name.clone()), tera::Value::from(lines.clone())));
    by_name.collect::<tera::Map>().into()
}

fn read_back(stack: &str, text: &str, templates: &Templates) -> Result<Node, Error> {
    template::parse(text).map_err(|source| {
        let (stack, mut files) = (stack.to_owned(), templates.files.clone());
        if files.is_empty() {
            files.push("the built-in templates".to_owned());
        }
        Error::Unparsable { stack, files, excerpt: source.excerpt(text), source: Box::new(source) }
    })
}

/// Says of each difference which file of the user's lays the place out: the one of the resource's own template, else the
/// one that puts the stack together.
fn blame(differences: &mut [Difference], stack: &Stack, templates: &Templates) {
    let of_resources: HashMap<String, &str> = lower::resources(stack)
        .filter_map(|piece| piece.ok().map(|piece| (piece.id, piece.template)))
        .collect();
    for difference in differences {
        let resource =
            difference.pointer.strip_prefix("/Resources/").and_then(|below| below.split('/').next());
        let own = resource.and_then(|id| of_resources.get(id)).copied();
        let file = own.into_iter().chain(["stack.yaml"]).find(|name| templates.overrides(name));
        difference.template_file = file.map(str::to_owned);
    }
}
