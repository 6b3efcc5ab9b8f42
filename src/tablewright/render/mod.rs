//! Renders a stack as a CloudFormation template.
//!
//! The result is the same on every machine and date. *Invariant:* the text is parsed and compared with the model, so that a
//! template cannot drop, change or add a property unnoticed.

pub(crate) mod lower;
mod tree;

mod block;
mod block_reader;
mod checksum;
mod comment;
mod scalar;

mod additions;
mod layout;
mod templates;

mod compare;
mod error;
mod faithful;
mod form;
mod header;
mod manifest;
mod size;

#[cfg(test)]
mod tests;

use serde_json::Value;
use tablewright_template::{self as template, Node};

use crate::render::faithful::{faithful, into_value};
use crate::render::header::with_header;
use crate::render::lower::LoweredStack;
use crate::stack::Stack;
pub use additions::Addition;
pub use compare::{Difference, DifferenceKind};
pub use error::Error;
pub use form::Form;
pub use header::is_ours;
pub use manifest::{Manifest, ManifestEnv, ManifestError, ManifestStack, VerifyError};
pub use size::{Body, INLINE_BYTES, Part, Size, TooLarge};
pub use templates::Templates;

/// A stack's template.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The template as YAML, with a header.
    pub text: String,
    /// The template as JSON, with intrinsic functions in their long form.
    pub template: Value,
    /// The declared additions of the user's templates.
    pub additions: Vec<Addition>,
}

impl Rendered {
    /// Returns the size of the template.
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

/// A stack's template as text, to be written. It lacks the JSON of [`Rendered`], which takes a third of the time to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedText {
    /// The template as YAML, with a header.
    pub text: String,
    /// The size of the template.
    pub size: Size,
    /// The declared additions of the user's templates.
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
/// With the built-in templates, returns an error if an override does not apply or the template exceeds a quota of CloudFormation.
/// For the user's templates, see [`Error`].
pub fn render(stack: &Stack, env: &str, templates: &Templates) -> Result<Rendered, Error> {
    let (text, template, additions) = read_back(stack, env, templates)?;
    Ok(Rendered { text, template: into_value(template), additions })
}

/// Renders a stack like [`render`], with the same checks, as text only.
///
/// ```
/// use tablewright::render::{Templates, render, render_text};
/// # use tablewright::{Assembly, Env, Scalar, Stack, Table};
///
/// # let assembly = Assembly::new(&Env::new("demo", "dev"), &[("notes", |_| {
/// #     let mut stack = Stack::new("notes");
/// #     stack.table(Table::define("Note").partition("id", Scalar::S));
/// #     Ok(stack)
/// # })]);
/// let templates = Templates::builtin();
/// let rendered = render(&assembly.stacks[0], "dev", &templates)?;
/// let text = render_text(&assembly.stacks[0], "dev", &templates)?;
/// assert_eq!((&text.text, text.size), (&rendered.text, rendered.size()));
/// # Ok::<(), tablewright::render::Error>(())
/// ```
///
/// # Errors
///
/// As [`render`].
pub fn render_text(stack: &Stack, env: &str, templates: &Templates) -> Result<RenderedText, Error> {
    let (text, template, additions) = read_back(stack, env, templates)?;
    Ok(RenderedText { text, size: Size::of(&template), additions })
}

/// Renders a stack, and returns the text, what it is parsed to, and the declared additions.
fn read_back(
    stack: &Stack,
    env: &str,
    templates: &Templates,
) -> Result<(String, Node, Vec<Addition>), Error> {
    let lowered = LoweredStack::of(stack)?;
    let text = with_header(stack, env, Form::Yaml, &[], &layout::lay_out(&lowered, templates)?);
    // Checked before parsing, which would return a less helpful error.
    if text.len() > template::MAX_BYTES {
        size::check(stack, &text, &lowered.to_json())?;
    }
    let (template, additions) = faithful(&lowered, &text, templates)?;
    size::check(stack, &text, &template)?;
    Ok((text, template, additions))
}

/// Returns a part of a template as block YAML without indentation, with functions in their short form where CloudFormation allows
/// it.
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
