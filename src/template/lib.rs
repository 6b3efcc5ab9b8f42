//! Parses CloudFormation templates, in YAML or JSON, to a tree of [`Node`]s with positions.
//!
//! Short forms (`!Ref x`) are converted to long forms (`{"Ref": "x"}`), the order of the document is kept, and so is the text of
//! every scalar. Anything that CloudFormation does not accept is an error with its position, such as aliases, unknown tags and
//! keys that are not strings. *Invariants:* templates are not interpreted; no text causes a panic; no tree is deeper than
//! [`MAX_DEPTH`].
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
mod unprintable;

pub use duplicate::DuplicateKey;
use duplicate::Duplicates;
pub use error::{ParseError, ParseErrorKind, Position};
pub use nearest::nearest;
pub use node::{Entry, JsonLayout, Kind, Node, escape_non_ascii};
pub use references::{Malformed, PathSegment, Reference, Role, function, visit_references};
pub use scalar::{Scalar, ScalarValue, Style};
pub use sub::{Sub, SubPart, sub_parts};
pub use syntax::{Comment, Layout, Syntax, SyntaxEntry, SyntaxKind, SyntaxNode};
pub use tree::MAX_DEPTH;
pub use unprintable::is_unprintable;

/// Maximum length of a text, in bytes. The quota of CloudFormation is one megabyte.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Parses a template, in YAML or JSON, with or without a byte order mark.
///
/// Text that starts with `{` is parsed as strict JSON, everything else as YAML.
///
/// # Errors
///
/// Returns the first error, with its position; see [`ParseErrorKind`].
///
/// ```
/// let error = tablewright_template::parse("Resources:\n  T: !Reff x\n").expect_err("no such function");
/// assert_eq!(error.to_string(), "line 2, column 6: unknown tag `!Reff`");
/// assert_eq!(error.hint().as_deref(), Some("did you mean `!Ref`?"));
/// ```
pub fn parse(text: &str) -> Result<Node, ParseError> {
    read(text, Duplicates::Refused).map(|read| read.template)
}

/// Parses the bytes of a file, like [`parse`].
///
/// # Errors
///
/// Returns the errors of [`parse`], and an error if the bytes are not UTF-8, with the position of the first invalid byte.
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

/// The result of [`parse_deployed`].
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// The template as CloudFormation interprets it.
    pub template: Node,
    /// Duplicate keys that CloudFormation ignores, in the order of the document.
    pub duplicates: Vec<DuplicateKey>,
}

/// Parses a deployed template, as `GetTemplate` returns it: the last of duplicate keys is used, as CloudFormation does, and the
/// others are returned.
///
/// For a template to be deployed, use [`parse`], which refuses duplicate keys.
///
/// # Errors
///
/// Returns the errors of [`parse`], except for [`ParseErrorKind::DuplicateKey`].
///
/// ```
/// let read = tablewright_template::parse_deployed("Tags: []\nType: AWS::SNS::Topic\nTags: [a]\n")?;
/// assert_eq!(read.template.to_value(), serde_json::json!({ "Type": "AWS::SNS::Topic", "Tags": ["a"] }));
/// assert_eq!(
///     read.duplicates[0].to_string(),
///     "line 1, column 1: duplicate key `Tags`; CloudFormation uses the one at line 3, column 1",
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
