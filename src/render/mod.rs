//! Templates for review: a stack as CloudFormation YAML that people like to read.
//!
//! In: a [`Stack`] and [`Templates`]. Out: [`Rendered`] text, the same bytes on every machine and day. What leaves here
//! was parsed back and compared with the model: a template cannot drop, change or smuggle in anything unnoticed.

mod lower;
mod scalar;
mod templates;
mod tree;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tablewright_template as template;

use crate::stack::Stack;
pub use templates::Templates;
use tree::tera_map;

/// A stack's template.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The YAML text, with a header that says where it comes from.
    pub text: String,
    /// The same as a tree, intrinsic functions in their long form.
    pub template: Value,
}

/// Why a stack cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A template is not well-formed, or uses something that does not exist. The report names file, line and column.
    #[error("the template is wrong")]
    Template(#[source] tera::Error),
    /// A template failed for one resource.
    #[error("cannot lay out `{id}`")]
    Layout {
        /// The logical id, or the stack's id.
        id: String,
        /// tera's report.
        source: tera::Error,
    },
    /// A file overrides nothing.
    #[error(
        "there is no built-in template `{name}`; there are: scalable-target.yaml, scaling-policy.yaml, stack.yaml, table.yaml"
    )]
    UnknownTemplate {
        /// The file's name.
        name: String,
    },
    /// A folder or file of templates cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What came out is not a template.
    #[error("what the templates make of stack `{stack}` cannot be read back")]
    Unparsable {
        /// The stack's id.
        stack: String,
        /// Where and why.
        source: template::ParseError,
    },
    /// What came out is not what the definition says.
    #[error("what the templates make of stack `{stack}` differs from its definition at {path}: {difference}")]
    Unfaithful {
        /// The stack's id.
        stack: String,
        /// A JSON pointer into the template.
        path: String,
        /// What stands there and what should.
        difference: String,
    },
}

/// Renders a stack of the environment `env`.
///
/// # Errors
///
/// With the built-in templates never. With templates of the user's: see [`Error`].
pub fn render(stack: &Stack, env: &str, templates: &Templates) -> Result<Rendered, Error> {
    let mut resources = Vec::new();
    let mut wanted_resources = Map::new();
    for piece in lower::resources(stack) {
        wanted_resources.insert(piece.id.clone(), json_map(&piece.body));
        resources.push(lay_out(&piece, templates)?);
    }
    let mut outputs = Vec::new();
    let mut wanted_outputs = Map::new();
    for (name, body) in lower::outputs(stack) {
        wanted_outputs.insert(name.to_owned(), json_map(&body));
        let mut output = tera_map(&body);
        output.insert("LogicalId".into(), name.into());
        outputs.push(tera::Value::from(output));
    }
    let mut wanted = json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": wanted_resources });
    if let Some(description) = &stack.description {
        wanted["Description"] = json!(description);
    }
    if !wanted_outputs.is_empty() {
        wanted["Outputs"] = wanted_outputs.into();
    }

    let mut context = tera::Context::new();
    if let Some(description) = &stack.description {
        context.insert_value("Description", description.as_str().into());
    }
    context.insert_value("Resources", resources.into());
    context.insert_value("Outputs", outputs.into());
    let body = templates
        .0
        .render("stack.yaml", &context)
        .map_err(|source| Error::Layout { id: stack.id.clone(), source })?;
    let text = with_header(stack, env, body.trim_end());
    let template = read_back(&stack.id, &text)?;
    compare(&stack.id, &wanted, &template)?;
    Ok(Rendered { text, template })
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
    let text = templates
        .0
        .render(piece.template, &context)
        .map_err(|source| Error::Layout { id: piece.id.clone(), source })?;
    Ok(tera::Value::safe_string(text.trim_matches('\n')))
}

fn comments_of_attributes(piece: &lower::Piece) -> tera::Value {
    let by_name = piece
        .attribute_comments
        .iter()
        .map(|(name, lines)| (tera::value::Key::from(name.clone()), tera::Value::from(lines.clone())));
    by_name.collect::<tera::Map>().into()
}

/// Puts the header before the body: what made it, from where, how to make it again, and a checksum of what follows, so that
/// a hand edit shows. Nothing that varies by machine or day.
fn with_header(stack: &Stack, env: &str, body: &str) -> String {
    let id = &stack.id;
    let mut text = format!(
        "# Stack `{id}` of environment `{env}`, made by tablewright {} from {}.\n\
         # Do not edit: change the definition, then run `tablewright render {id} --env {env}`.\n\
         # sha256 of what follows: ",
        env!("CARGO_PKG_VERSION"),
        stack.at.file,
    );
    let body = format!("{body}\n");
    for byte in Sha256::digest(body.as_bytes()) {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    text.push('\n');
    text + &body
}

/// Returns whether a text has the header that this tool writes.
#[must_use]
pub fn is_ours(text: &str) -> bool {
    text.starts_with("# Stack `")
        && text.lines().next().is_some_and(|line| line.contains("made by tablewright "))
}

fn read_back(stack: &str, text: &str) -> Result<Value, Error> {
    let node =
        template::parse(text).map_err(|source| Error::Unparsable { stack: stack.to_owned(), source })?;
    Ok(node.to_value())
}

fn compare(stack: &str, wanted: &Value, found: &Value) -> Result<(), Error> {
    match first_difference(wanted, found) {
        None => Ok(()),
        Some((path, difference)) => Err(Error::Unfaithful { stack: stack.to_owned(), path, difference }),
    }
}

/// Returns where two trees differ first, and how.
fn first_difference(wanted: &Value, found: &Value) -> Option<(String, String)> {
    let below = |key: &str, (path, difference): (String, String)| (format!("/{key}{path}"), difference);
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            let missing = || {
                wanted.iter().find_map(|(key, value)| match found.get(key) {
                    Some(other) => first_difference(value, other).map(|difference| below(key, difference)),
                    None => Some((format!("/{key}"), "it is missing".to_owned())),
                })
            };
            let added = || {
                let key = found.keys().find(|key| !wanted.contains_key(*key))?;
                Some((format!("/{key}"), "the definition does not have it".to_owned()))
            };
            missing().or_else(added)
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            let differences = wanted.iter().zip(found).enumerate();
            differences
                .filter_map(|(i, (wanted, found))| {
                    Some(below(&i.to_string(), first_difference(wanted, found)?))
                })
                .next()
        }
        (wanted, found) if wanted == found => None,
        (wanted, found) => Some((String::new(), format!("{found} instead of {wanted}"))),
    }
}
