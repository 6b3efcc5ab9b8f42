//! Reads the text of a CloudFormation template, YAML or JSON, into a tree of [`Node`]s that know
//! their line and column.
//!
//! In: the text of a file, or what `GetTemplate` returned. Out: a tree in the order of the document,
//! with the short forms (`!Ref x`) written out (`{"Ref": "x"}`) and the text of every scalar kept. What
//! CloudFormation would not read is an error that tells the place: an alias, an unknown tag, a key
//! that is no string. It never asks what a template means, never panics on a text, and never builds
//! a tree deeper than [`MAX_DEPTH`].
//!
//! ```
//! let text = "Resources:\n  Orders:\n    Properties:\n      TableName: !Ref Name\n";
//! let template = tablewright_template::parse(text)?;
//!
//! let name = template.pointer("/Resources/Orders/Properties/TableName").expect("written above");
//! assert_eq!(name.position.to_string(), "line 4, column 18");
//! assert_eq!(name.to_value(), serde_json::json!({ "Ref": "Name" }));
//! # Ok::<(), tablewright_template::ParseError>(())
//! ```

mod json;
mod yaml;

mod number;
mod short_form;
mod tree;

mod error;
mod node;
mod scalar;

pub use error::{ParseError, ParseErrorKind, Position};
pub use node::{Entry, JsonLayout, Kind, Node};
pub use scalar::{Scalar, ScalarValue, Style};
pub use tree::MAX_DEPTH;

/// The longest text that [`parse`] takes, in bytes. CloudFormation takes one megabyte.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Reads a template, YAML or JSON, with or without a byte order mark.
///
/// Text that begins with `{` is JSON, and read by the rules of JSON alone; everything else is YAML.
///
/// # Errors
///
/// The first thing that is wrong, with its place; see [`ParseErrorKind`].
///
/// ```
/// let error = tablewright_template::parse("Resources:\n  T: !Reff x\n").expect_err("no such function");
/// assert_eq!(error.to_string(), "line 2, column 6: unknown tag `!Reff`");
/// assert_eq!(error.hint().as_deref(), Some("did you mean `!Ref`?"));
/// ```
pub fn parse(text: &str) -> Result<Node, ParseError> {
    if text.len() > MAX_BYTES {
        return Err(ParseErrorKind::TooLong { bytes: text.len() }.at(Position::START));
    }
    let text = without_byte_order_mark(text);
    match text.trim_ascii_start().bytes().next() {
        None => Err(ParseErrorKind::Empty.at(Position::START)),
        Some(b'{') => json::read(text),
        Some(_) => yaml::read(text),
    }
}

fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
