//! Parse errors of templates.
//!
//! The message names the problem, the [`hint`](ParseError::hint) says how to fix it, and the [`excerpt`](ParseError::excerpt) is
//! the line with a caret below the position.

use std::fmt;

use crate::tree::MAX_DEPTH;
use crate::{MAX_BYTES, short_form, without_byte_order_mark};

/// A position in a text. Lines and columns are counted from 1; columns are in characters, without a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Position {
    /// The start of the text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Returns the line of `text` with its number, and a caret below the position.
    ///
    /// A long line, such as compact JSON, is truncated.
    ///
    /// ```
    /// use tablewright_template::Position;
    ///
    /// let text = "Resources:\n  T: x\n";
    /// assert_eq!(Position { line: 2, column: 6 }.excerpt(text), "2 |   T: x\n  |      ^\n");
    /// ```
    #[must_use]
    pub fn excerpt(self, text: &str) -> String {
        /// Number of characters that are shown before and after the position.
        const BEFORE: usize = 60;
        const AFTER: usize = 40;

        let Self { line, column } = self;
        let text = without_byte_order_mark(text).replace("\r\n", "\n");
        let whole = text.split(['\n', '\r']).nth(line.saturating_sub(1)).unwrap_or_default();
        let skipped = column.saturating_sub(1 + BEFORE);
        let shown: String = whole
            .chars()
            .skip(skipped)
            .take(BEFORE + AFTER)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let caret = column - skipped;
        let margin = line.to_string().len();
        format!("{line} | {shown}\n{:margin$} | {:>caret$}\n", "", '^')
    }

    /// Returns the position after `text`, which starts at this position.
    pub(crate) fn behind(mut self, text: &str) -> Self {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\r' if chars.peek() == Some(&'\n') => {}
                '\n' | '\r' => self = Self { line: self.line + 1, column: 1 },
                _ => self.column += 1,
            }
        }
        self
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is not a template that CloudFormation accepts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {kind}")]
pub struct ParseError {
    kind: ParseErrorKind,
    position: Position,
}

/// The kind of a parse error, without the position.
///
/// Quoted parts of the text are shortened and their control characters escaped, so that a message is one line and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// The text has only white space and comments.
    #[error("the template is empty")]
    Empty,
    /// The text is longer than [`MAX_BYTES`].
    #[error("the template has {bytes} bytes, more than {MAX_BYTES}")]
    TooLong {
        /// The length of the text, in bytes.
        bytes: usize,
    },
    /// The bytes are not UTF-8.
    #[error("not UTF-8: a template is text in UTF-8")]
    NotUtf8,
    /// The bytes are UTF-16, by their byte order mark.
    #[error("UTF-16: a template is text in UTF-8")]
    Utf16,
    /// Collections are nested deeper than [`MAX_DEPTH`].
    #[error("more than {MAX_DEPTH} levels of nesting")]
    TooDeep,
    /// The text is not valid YAML.
    #[error("YAML not well-formed: {0}")]
    Yaml(String),
    /// The text starts with `{` and is not valid JSON.
    #[error("JSON not well-formed: {0}")]
    Json(String),
    /// A second YAML document.
    #[error("a template must be a single YAML document; a second one starts here")]
    SecondDocument,
    /// A YAML alias (`*name`), with the asterisk.
    #[error("YAML aliases are not allowed in CloudFormation templates: `{0}`")]
    Alias(String),
    /// The YAML 1.1 merge key, `<<`.
    #[error("YAML merges (`<<`) are not allowed in CloudFormation templates")]
    Merge,
    /// A tag, as written, that is neither an intrinsic function nor a basic type of YAML.
    #[error("unknown tag `{0}`")]
    UnknownTag(String),
    /// A tag that does not match its value, such as `!!int abc`.
    #[error("the tag `{0}` does not match this value")]
    TagMismatch(String),
    /// The argument of `!GetAtt` is not `resource.attribute`.
    #[error("`!GetAtt {0}` does not name a resource and an attribute")]
    GetAtt(String),
    /// A duplicate key in a mapping. The position of the error is that of the second one.
    #[error("duplicate key `{key}`, first at {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Position of the first one.
        first: Position,
    },
    /// A key that YAML reads as a number, a boolean or null.
    #[error("map keys must be strings, but `{key}` is {what}")]
    KeyNotString {
        /// The key as written.
        key: String,
        /// Its type in YAML.
        what: &'static str,
    },
    /// A key that is a sequence, a mapping or a function call.
    #[error("map keys must be strings, but this key is not a scalar")]
    KeyNotScalar,
}

impl ParseErrorKind {
    pub(crate) fn at(self, position: Position) -> ParseError {
        ParseError { kind: self, position }
    }
}

/// Shortens and escapes a part of the text for a message.
pub(crate) fn quote(piece: &str) -> String {
    const LONGEST: usize = 80;
    let mut quoted = String::new();
    for c in piece.chars().take(LONGEST) {
        if c.is_control() {
            quoted.extend(c.escape_default());
        } else {
            quoted.push(c);
        }
    }
    if piece.chars().nth(LONGEST).is_some() {
        quoted.push('…');
    }
    quoted
}

impl ParseError {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> &ParseErrorKind {
        &self.kind
    }

    /// Returns the position of the error.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Returns how to fix the error, unless the message already says so.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            ParseErrorKind::UnknownTag(tag) => {
                short_form::nearest_tag(tag).map(|near| format!("did you mean `!{near}`?"))
            }
            ParseErrorKind::Alias(_) | ParseErrorKind::Merge => {
                Some("write the values out, or let `aws cloudformation package --use-json` do it".to_owned())
            }
            ParseErrorKind::KeyNotString { key, .. } => Some(format!("quote it: '{key}'")),
            ParseErrorKind::GetAtt(_) => Some("write `!GetAtt Resource.Attribute`".to_owned()),
            ParseErrorKind::NotUtf8 | ParseErrorKind::Utf16 => Some("save the file as UTF-8".to_owned()),
            ParseErrorKind::Empty
            | ParseErrorKind::TooLong { .. }
            | ParseErrorKind::TooDeep
            | ParseErrorKind::Yaml(_)
            | ParseErrorKind::Json(_)
            | ParseErrorKind::SecondDocument
            | ParseErrorKind::TagMismatch(_)
            | ParseErrorKind::DuplicateKey { .. }
            | ParseErrorKind::KeyNotScalar => None,
        }
    }

    /// Returns the line of the error with its number, and a caret below the position.
    ///
    /// `text` is the parsed text.
    ///
    /// ```
    /// let text = "Resources:\n  T: !Reff x\n";
    /// let error = tablewright_template::parse(text).expect_err("no such function");
    /// assert_eq!(error.excerpt(text), "2 |   T: !Reff x\n  |      ^\n");
    /// ```
    #[must_use]
    pub fn excerpt(&self, text: &str) -> String {
        self.position.excerpt(text)
    }
}
