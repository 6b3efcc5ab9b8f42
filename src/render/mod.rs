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
mod layout;
mod templates;

mod compare;
mod error;
mod form;
mod header;
mod manifest;
mod size;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tablewright_template::{self as template, Node};

use crate::render::compare::{Comparison, compare};
use crate::render::header::with_header;
use crate::render::lower::{Piece, Section};
use crate::stack::Stack;
pub use additions::Addition;
pub use compare::{Difference, DifferenceKind};
pub use error::Error;
pub use form::Form;
pub use header::is_ours;
pub use manifest::{Manifest, ManifestEnv, ManifestError, ManifestStack, VerifyError};
pub use size::{Body, INLINE_BYTES, Part, Size, TooLarge};
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

impl Rendered {
    /// Returns how large the template is.
    ///
    /// ```
    /// use tablewright::render::{Templates, render};
    /// use tablewright::{Assembly, Env, Scalar, Stack, Table};
    ///
    /// let assembly = Assembly::new(&Env::new("demo", "dev"), &[("notes", |_| {
    ///     let mut stack = Stack::new("notes");
    ///     stack.table(Table::define("Note").partition("id", Scalar::S));
    ///     Ok(stack)
    /// })]);
    /// let size = render(&assembly.stacks[0], "dev", &Templates::builtin())?.size();
    /// assert_eq!((size.resources, size.outputs), (1, 0));
    /// # Ok::<(), tablewright::render::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> Size {
        Size::of(&self.template)
    }
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
    let pieces: Vec<Piece<'_>> = lower::resources(stack).collect::<Result<_, _>>()?;
    let sections = lower::sections(stack);
    let wanted = wanted(stack, &pieces, &sections);
    let body = layout::lay_out(stack, &pieces, &sections, templates)?;
    let text = with_header(stack, env, Form::Yaml, &[], &body);
    size::check(stack, &text, &wanted)?;
    let (template, additions) = faithful(stack, &text, wanted, templates)?;
    if !additions.is_empty() {
        size::check(stack, &text, &template)?;
    }
    Ok(Rendered { text, template, additions })
}

/// Writes a piece of a template that is no stack's own, as resources by hand are written: block YAML at the left margin,
/// functions in their short form where that is allowed.
///
/// ```
/// use tablewright::json;
/// use tablewright::render::yaml;
///
/// let event = json!({ "Type": "DynamoDB", "Properties": { "Stream": { "Fn::GetAtt": ["Note", "StreamArn"] } } });
/// assert_eq!(yaml(&event), "Type: DynamoDB\nProperties:\n  Stream: !GetAtt Note.StreamArn\n");
/// ```
#[must_use]
pub fn yaml(value: &Value) -> String {
    block::block(value).trim_start_matches([' ', '\n']).to_owned() + "\n"
}

/// Returns the template that the definition says, intrinsic functions in their long form.
fn wanted(stack: &Stack, pieces: &[Piece<'_>], sections: &[Section<'_>]) -> Value {
    let pieces = pieces.iter().map(|piece| (piece.id.clone(), wanted_resource(piece)));
    let raw = stack.resources.iter().map(|raw| (raw.id.clone(), raw.body.clone()));
    let mut wanted = json!({ "AWSTemplateFormatVersion": "2010-09-09" });
    wanted["Resources"] = pieces.chain(raw).collect::<Map<_, _>>().into();
    if let Some(description) = &stack.description {
        wanted["Description"] = json!(description);
    }
    for (section, entries) in sections.iter().filter(|(_, entries)| !entries.is_empty()) {
        let json = entries.iter().map(|(id, entry)| ((*id).to_owned(), entry.to_json()));
        wanted[section] = json.collect::<Map<_, _>>().into();
    }
    wanted
}

fn wanted_resource(piece: &Piece<'_>) -> Value {
    let mut body = json_map(&piece.body);
    for (name, value) in &piece.overridden {
        body["Properties"][name] = value.clone();
    }
    body
}

fn json_map(body: &[(&'static str, tree::Tree<'_>)]) -> Value {
    body.iter().map(|(key, value)| ((*key).to_owned(), value.to_json())).collect::<Map<_, _>>().into()
}

/// Reads back what came out and holds it against what is wanted. Returns the template and what was added to it.
fn faithful(
    stack: &Stack,
    text: &str,
    wanted: Value,
    templates: &Templates,
) -> Result<(Value, Vec<Addition>), Error> {
    if let Some(offset) = text.find(|c: char| !c.is_ascii()) {
        let (stack, files) = (stack.id.clone(), templates.files.clone());
        return Err(Error::NotAscii { stack, files, excerpt: position(text, offset).excerpt(text) });
    }
    let found = read_back(&stack.id, text, templates)?;
    let Comparison { mut differences, additions } = compare(&wanted, &found, &templates.declared);
    if !differences.is_empty() {
        blame(&mut differences, stack, templates);
        let (stack, text) = (stack.id.clone(), text.to_owned());
        return Err(Error::Unfaithful { stack, differences, text });
    }
    // Without additions the two are equal.
    Ok((if additions.is_empty() { wanted } else { found.to_value() }, additions))
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
