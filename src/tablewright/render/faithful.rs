//! Parses the rendered text and compares it with the definition.
//!
//! Returns the parsed template and the declared additions of the user's templates. A text with the same values in the same order,
//! as the built-in templates write it, is compared in one pass; any other is compared property by property.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tablewright_template::{self as template, Entry, Kind, Node, Scalar, ScalarValue};

use crate::render::block_reader;
use crate::render::compare::{Comparison, Difference, compare};
use crate::render::lower::{self, LoweredStack, RESOURCE_TEMPLATE, RESOURCES, Resource};
use crate::render::templates::position;
use crate::render::tree::Tree;
use crate::render::{Addition, Error, Templates};
use crate::stack::Stack;

pub(super) fn faithful(
    lowered: &LoweredStack<'_>,
    text: &str,
    templates: &Templates,
) -> Result<(Node, Vec<Addition>), Error> {
    let stack = lowered.stack;
    if !text.is_ascii() {
        let offset = text.find(|c: char| !c.is_ascii()).unwrap_or_default();
        let (stack, files) = (stack.id.clone(), templates.files.clone());
        return Err(Error::NotAscii { stack, files, excerpt: position(text, offset).excerpt(text) });
    }
    // The general parser handles any YAML, and returns the positions that differences are reported with.
    if let Some(found) = block_reader::read(text).filter(|found| is_same(lowered, found)) {
        return Ok((found, Vec::new()));
    }
    let found = read_back(&stack.id, text, templates)?;
    if is_same(lowered, &found) {
        return Ok((found, Vec::new()));
    }
    let Comparison { mut differences, additions } = compare(&lowered.to_json(), &found, &templates.declared);
    if differences.is_empty() {
        return Ok((found, additions));
    }
    note_template_files(&mut differences, stack, templates);
    Err(Error::Unfaithful { stack: stack.id.clone(), differences, text: text.to_owned() })
}

/// Whether the template has exactly the values of the stack, in the same order.
pub(super) fn is_same(lowered: &LoweredStack<'_>, found: &Node) -> bool {
    let Kind::Mapping(found) = &found.kind else { return false };
    let mut found = found.iter();
    let mut next = |key: &str| found.next().filter(|entry| entry.key == key).map(|entry| &entry.value);
    let is_text = |found: Option<&Node>, text| found.is_some_and(|found| found.as_str() == Some(text));
    let description = lowered.stack.description.as_deref();
    is_text(next("AWSTemplateFormatVersion"), lower::FORMAT_VERSION)
        && description.is_none_or(|text| is_text(next("Description"), text))
        && lowered.sections().all(|(section, entries)| {
            let same = |found: &Node| is_same_section(section, entries, lowered, found);
            next(section).is_some_and(same)
        })
        && found.next().is_none()
}

fn is_same_section(
    section: &str,
    entries: &[(&str, Tree<'_>)],
    lowered: &LoweredStack<'_>,
    found: &Node,
) -> bool {
    let Kind::Mapping(found) = &found.kind else { return false };
    if section != RESOURCES {
        return is_same_map(entries, found);
    }
    let (resources, raw) = (&lowered.resources, &lowered.stack.resources);
    found.len() == resources.len() + raw.len()
        && resources.iter().zip(found).all(|(resource, found)| is_same_resource(resource, found))
        && raw
            .iter()
            .zip(&found[resources.len()..])
            .all(|(raw, found)| raw.id == found.key && raw.body == found.value.to_value())
}

fn is_same_resource(resource: &Resource<'_>, found: &Entry) -> bool {
    match &found.value.kind {
        Kind::Mapping(entries) => {
            resource.id == found.key && resource.overridden.is_empty() && is_same_map(&resource.body, entries)
        }
        Kind::Sequence(_) | Kind::Scalar(_) => false,
    }
}

fn is_same_map(wanted: &[(&str, Tree<'_>)], found: &[Entry]) -> bool {
    wanted.len() == found.len()
        && wanted
            .iter()
            .zip(found)
            .all(|((key, wanted), found)| *key == found.key && is_same_tree(wanted, &found.value))
}

fn is_same_tree(wanted: &Tree<'_>, found: &Node) -> bool {
    match (wanted, &found.kind) {
        (Tree::Map(wanted), Kind::Mapping(found)) => is_same_map(wanted, found),
        (Tree::List(wanted), Kind::Sequence(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| is_same_tree(wanted, found))
        }
        (Tree::Commented(_, wanted), _) => is_same_tree(wanted, found),
        (Tree::Text(wanted), _) => found.as_str() == Some(wanted),
        (Tree::Word(wanted), _) => found.as_str() == Some(wanted),
        (Tree::Bool(wanted), Kind::Scalar(Scalar { value: ScalarValue::Boolean(found), .. })) => {
            wanted == found
        }
        (Tree::Number(wanted), Kind::Scalar(Scalar { value: ScalarValue::Number(found), .. })) => {
            found.as_u64() == Some(*wanted)
        }
        (Tree::Json(wanted), _) => **wanted == found.to_value(),
        (Tree::Call(wanted), _) => json!(**wanted) == found.to_value(),
        (Tree::Map(_) | Tree::List(_) | Tree::Bool(_) | Tree::Number(_), _) => false,
    }
}

/// Returns the value of a node, without copying its strings.
pub(super) fn into_value(node: Node) -> Value {
    match node.kind {
        Kind::Mapping(entries) => entries
            .into_iter()
            .map(|entry| (entry.key, into_value(entry.value)))
            .collect::<Map<_, _>>()
            .into(),
        Kind::Sequence(items) => items.into_iter().map(into_value).collect(),
        Kind::Scalar(Scalar { text, value, .. }) => match value {
            ScalarValue::Null => Value::Null,
            ScalarValue::Boolean(boolean) => boolean.into(),
            ScalarValue::Number(number) => number.into(),
            ScalarValue::String => text.into(),
        },
    }
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

/// Sets in each difference the user's template that wrote the property: that of the resource type, else that of the stack.
fn note_template_files(differences: &mut [Difference], stack: &Stack, templates: &Templates) {
    let of_resources: HashMap<String, &str> = lower::resources(stack)
        .filter_map(|resource| resource.ok().map(|resource| (resource.id, resource.template)))
        .collect();
    for difference in differences {
        let resource =
            difference.pointer.strip_prefix("/Resources/").and_then(|below| below.split('/').next());
        let own = resource.and_then(|id| of_resources.get(id)).copied();
        let file =
            own.into_iter().chain([RESOURCE_TEMPLATE, "stack.yaml"]).find(|name| templates.overrides(name));
        difference.template_file = file.map(str::to_owned);
    }
}
