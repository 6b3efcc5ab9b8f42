//! Checks that a template defines what a fragment refers to: CloudFormation refuses a template with a reference to nothing.

use serde_json::Value as Json;
use tablewright_template::{Reference as Found, Role, SyntaxEntry, SyntaxKind, SyntaxNode, visit_references};

use crate::EmbedError;
use crate::document::{Document, keys};
use crate::embed::Warning;
use crate::fragment::Fragment;
use crate::way::Way;

/// What a fragment refers to, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Needs {
    /// The id of the stack.
    pub(crate) stack: String,
    /// How the template integrates the table.
    pub(crate) way: Way,
    /// The logical id of the table.
    pub(crate) table: String,
    /// The type of the table in its definition.
    pub(crate) table_type: &'static str,
    /// The logical id of the nested stack.
    pub(crate) nested: String,
    /// The condition of the fragment itself, if it is a resource or an output.
    pub(crate) condition: Option<String>,
    /// The names that the fragment refers to, and the attributes; in the order of the fragment.
    pub(crate) names: Vec<(String, Option<String>)>,
}

const TABLES: [&str; 3] =
    ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable"];
const STACKS: [&str; 2] = ["AWS::CloudFormation::Stack", "AWS::Serverless::Application"];

/// Returns the names in a value that must be parameters or resources of the template, each with the attribute that is read.
pub(super) fn names_in(content: &Json) -> Vec<(String, Option<String>)> {
    let mut names = Vec::new();
    visit_references(Role::Value, content, &mut |_, reference| {
        let name = match reference {
            Found::Name(name) => (name.to_owned(), None),
            Found::Attribute { resource, attribute } => (resource.to_owned(), attribute.map(str::to_owned)),
            _ => return,
        };
        if !name.0.starts_with("AWS::") && !names.contains(&name) {
            names.push(name);
        }
    });
    names
}

/// Returns warnings about what a fragment refers to, or an error if the template does not define it or defines something else.
pub(super) fn check(document: &Document<'_>, fragment: &Fragment) -> Result<Vec<Warning>, EmbedError> {
    let Some(needs) = &fragment.needs else { return Ok(Vec::new()) };
    let root = document.root();
    let section = |name: &str| root.get(name).map(|entry| &entry.value);
    let names = |name: &str| section(name).map(|node| keys(&document.syntax, node)).unwrap_or_default();
    let defined = [names("Parameters"), names("Resources")].concat();
    let mut missing: Vec<String> = Vec::new();
    for (name, attribute) in &needs.names {
        let is_resource = attribute.is_some() || *name == needs.table || *name == needs.nested;
        let is_unknown =
            may_be_defined_elsewhere(document, if is_resource { "Resources" } else { "Parameters" });
        if !is_unknown && defined.iter().all(|(key, ..)| key != name) && !missing.contains(name) {
            missing.push(name.clone());
        }
    }
    let resources = section("Resources").map(SyntaxNode::entries).unwrap_or_default();
    if !missing.is_empty() {
        let is_stack = |entry: &&SyntaxEntry| type_of(entry).is_some_and(|found| STACKS.contains(&found));
        let nested = resources.iter().filter(is_stack).filter_map(|entry| entry.key.as_str());
        return Err(EmbedError::NotDefined {
            names: missing,
            stack: needs.stack.clone(),
            way: needs.way,
            nested: nested.map(str::to_owned).collect(),
        });
    }
    let of_function = fragment.function.as_ref().and_then(|(function, _)| condition_of(root, function));
    let condition = needs.condition.as_deref().or(of_function);
    let mut warnings = Vec::new();
    for (name, attribute) in &needs.names {
        let Some(entry) = resources.iter().find(|entry| entry.key.as_str() == Some(name)) else { continue };
        check_type(needs, name, attribute.as_deref(), entry, &mut warnings)?;
        let of_entry = condition_of(root, name);
        if of_entry.is_some() && of_entry != condition {
            let message = under_condition(fragment, name, of_entry.unwrap_or_default());
            add(&mut warnings, Warning { position: entry.key.position, message });
        }
    }
    Ok(warnings)
}

/// Checks that the table is a table that has the attribute, and the nested stack a stack.
fn check_type(
    needs: &Needs,
    name: &str,
    attribute: Option<&str>,
    entry: &SyntaxEntry,
    warnings: &mut Vec<Warning>,
) -> Result<(), EmbedError> {
    let Some(found) = type_of(entry) else { return Ok(()) };
    let (is_table, is_nested) = (name == needs.table, needs.way == Way::Nested && name == needs.nested);
    let position = entry.key.position;
    let other = |expected| EmbedError::NotATable {
        name: name.to_owned(),
        found: found.to_owned(),
        expected,
        position,
    };
    if is_nested && !STACKS.contains(&found) {
        return Err(other(STACKS[0]));
    }
    if is_table
        && (!TABLES.contains(&found)
            || found == "AWS::Serverless::SimpleTable" && attribute == Some("StreamArn"))
    {
        return Err(other(needs.table_type));
    }
    if is_table && found != needs.table_type {
        let expected = needs.table_type;
        let message = format!("`{name}` is an `{found}`, but its definition is an `{expected}`");
        add(warnings, Warning { position, message });
    }
    Ok(())
}

fn under_condition(fragment: &Fragment, name: &str, condition: &str) -> String {
    let (whose, advice) = match &fragment.function {
        Some((function, _)) => (
            format!("function `{function}`, which refers to it, does not"),
            format!("add `Condition: {condition}` to the function"),
        ),
        None => ("what refers to it does not".to_owned(), format!("add `Condition: {condition}` to it")),
    };
    format!("`{name}` depends on the condition `{condition}`, but {whose}; {advice}")
}

fn add(warnings: &mut Vec<Warning>, warning: Warning) {
    if !warnings.contains(&warning) {
        warnings.push(warning);
    }
}

/// Whether a macro or an alias may define entries of a section.
fn may_be_defined_elsewhere(document: &Document<'_>, section: &str) -> bool {
    let root = document.root();
    let is_macro = |key: &str| key == "Fn::Transform" || key.starts_with("Fn::ForEach::");
    let is_custom = |name: &SyntaxNode| name.as_str().is_none_or(|name| !name.starts_with("AWS::"));
    let transforms = root.get("Transform").map(|entry| match &entry.value.kind {
        SyntaxKind::Sequence(_, items) => items.iter().any(is_custom),
        _ => is_custom(&entry.value),
    });
    let node = root.get(section).map(|entry| &entry.value);
    transforms.unwrap_or_default()
        || keys(&document.syntax, root).iter().any(|(key, ..)| is_macro(key))
        || node.is_some_and(|node| matches!(node.kind, SyntaxKind::Alias(_)))
        || node.is_some_and(|node| keys(&document.syntax, node).iter().any(|(key, ..)| is_macro(key)))
}

fn type_of(entry: &SyntaxEntry) -> Option<&str> {
    entry.value.get("Type")?.value.as_str()
}

fn condition_of<'d>(root: &'d SyntaxNode, resource: &str) -> Option<&'d str> {
    root.get("Resources")?.value.get(resource)?.value.get("Condition")?.value.as_str()
}
