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
mod syntax;

mod number;
mod duplicate;
mod short_form;
mod tree;

mod error;
mod node;
mod scalar;

mod references;
mod sub;

mod nearest;

pub use duplicate::DuplicateKey;
use duplicate::Duplicates;
pub use error::{ParseError, ParseErrorKind, Position};
pub use nearest::nearest;
pub use node::{Entry, JsonLayout, Kind, Node, escape_non_ascii};
pub use references::{Malformed, Reference, Role, Step, function, visit_references};
pub use scalar::{Scalar, ScalarValue, Style};
pub use sub::{Sub, SubPart, sub_parts};
pub use syntax::{Comment, Layout, Syntax, SyntaxEntry, SyntaxKind, SyntaxNode};
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
    read(text, Duplicates::Refused).map(|read| read.template)
}

/// Reads the bytes of a file as [`parse`] reads text.
///
/// # Errors
///
/// As of [`parse`]; and for what is not UTF-8, with the place of the first byte that is none.
///
/// ```
/// let error = tablewright_template::parse_bytes(b"a: b\nc: \xe9\n").expect_err("Latin-1");
/// assert_eq!(error.to_string(), "line 2, column 4: not UTF-8: a template is text in UTF-8");
/// ```
pub fn parse_bytes(bytes: &[u8]) -> Result<Node, ParseError> {
    check_length(bytes)?;
    match str::from_utf8(bytes) {
        Ok(text) => parse(text),
        Err(_) if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) => {
            Err(ParseErrorKind::Utf16.at(Position::START))
        }
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Err(ParseErrorKind::NotUtf8.at(Position::START.behind(without_byte_order_mark(&before))))
        }
    }
}

/// What [`parse_deployed`] reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// The template as CloudFormation took it.
    pub template: Node,
    /// Keys that it passed over, in the order of the document.
    pub duplicates: Vec<DuplicateKey>,
}

/// Reads a template that CloudFormation has taken already, as `GetTemplate` returns it: of a key that is there twice the last
/// one counts, as it does for CloudFormation, and the others are told.
///
/// For a comparison with what is deployed. For a template that somebody is about to deploy use [`parse`], which refuses them.
///
/// # Errors
///
/// As of [`parse`], but for [`ParseErrorKind::DuplicateKey`].
///
/// ```
/// let read = tablewright_template::parse_deployed("Tags: []\nType: AWS::SNS::Topic\nTags: [a]\n")?;
/// assert_eq!(read.template.to_value(), serde_json::json!({ "Type": "AWS::SNS::Topic", "Tags": ["a"] }));
/// assert_eq!(
///     read.duplicates[0].to_string(),
///     "line 1, column 1: duplicate key `Tags`; CloudFormation takes the one at line 3, column 1",
/// );
/// # Ok::<(), tablewright_template::ParseError>(())
/// ```
pub fn parse_deployed(text: &str) -> Result<Deployed, ParseError> {
    read(text, Duplicates::Noted(Vec::new()))
}

fn read(text: &str, duplicates: Duplicates) -> Result<Deployed, ParseError> {
    check_length(text.as_bytes())?;
    let text = without_byte_order_mark(text);
    match text.trim_ascii_start().bytes().next() {
        None => Err(ParseErrorKind::Empty.at(Position::START)),
        Some(b'{') => json::read(text, duplicates),
        Some(_) => yaml::read(text, duplicates),
    }
}

fn check_length(bytes: &[u8]) -> Result<(), ParseError> {
    match bytes.len() {
        0..=MAX_BYTES => Ok(()),
        bytes => Err(ParseErrorKind::TooLong { bytes }.at(Position::START)),
    }
}

fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
