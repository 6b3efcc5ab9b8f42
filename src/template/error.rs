//! What can be wrong with the text of a template, and where.
//!
//! The message says what is wrong. What to do about it is the [`hint`](ParseError::hint), and the
//! line with a caret under the place is the [`excerpt`](ParseError::excerpt).

use std::fmt;

use crate::tree::MAX_DEPTH;
use crate::{MAX_BYTES, short_form, without_byte_order_mark};

/// A place in the text. Both numbers start at 1; columns count characters, of which a byte order
/// mark is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character in the line.
    pub column: usize,
}

impl Position {
    /// The first character of the text.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The line of `text` at this place, with its number, and a caret under the place.
    ///
    /// Of a long line (compact JSON is one) a part is shown.
    ///
    /// ```
    /// use tablewright_template::Position;
    ///
    /// let text = "Resources:\n  T: x\n";
    /// assert_eq!(Position { line: 2, column: 6 }.excerpt(text), "2 |   T: x\n  |      ^\n");
    /// ```
    #[must_use]
    pub fn excerpt(self, text: &str) -> String {
        /// What is shown before and after the place.
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

    /// Returns the place behind this piece of the text, which begins here.
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

/// Why a text is not a template that CloudFormation can read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {kind}")]
pub struct ParseError {
    kind: ParseErrorKind,
    position: Position,
}

/// What is wrong with the text, without the place.
///
/// Pieces of the text are shortened, and control characters in them escaped: a message is one line
/// and safe to print.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// Nothing but white space and comments.
    #[error("the template is empty")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("the template has {bytes} bytes, more than {MAX_BYTES}")]
    TooLong {
        /// The length of the text.
        bytes: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("not UTF-8: a template is text in UTF-8")]
    NotUtf8,
    /// Bytes of UTF-16, by their byte order mark.
    #[error("UTF-16: a template is text in UTF-8")]
    Utf16,
    /// More than [`MAX_DEPTH`] collections inside each other.
    #[error("more than {MAX_DEPTH} levels of nesting")]
    TooDeep,
    /// Text that is not YAML.
    #[error("YAML not well-formed: {0}")]
    Yaml(String),
    /// Text that begins with `{` and is not JSON.
    #[error("JSON not well-formed: {0}")]
    Json(String),
    /// A second YAML document.
    #[error("a template is one YAML document, and here a second one begins")]
    SecondDocument,
    /// A reference to an anchor (`*name`), with its asterisk.
    #[error("YAML aliases are not allowed in CloudFormation templates: `{0}`")]
    Alias(String),
    /// The YAML 1.1 merge key, `<<`.
    #[error("YAML merges (`<<`) are not allowed in CloudFormation templates")]
    Merge,
    /// A tag that is neither a function of CloudFormation nor a basic type of YAML, as written.
    #[error("unknown tag `{0}`")]
    UnknownTag(String),
    /// A tag on a value that it does not fit, such as `!!int abc`.
    #[error("the tag `{0}` does not fit this value")]
    TagMismatch(String),
    /// A `!GetAtt` whose text is not `resource.attribute`.
    #[error("`!GetAtt {0}` does not name a resource and an attribute")]
    GetAtt(String),
    /// The same key twice in a mapping. The error's position is that of the second.
    #[error("duplicate key `{key}`, first at {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it is for the first time.
        first: Position,
    },
    /// A key that YAML reads as a number, a boolean or null.
    #[error("map keys must be strings, and `{key}` is {what}")]
    KeyNotString {
        /// The key as written.
        key: String,
        /// What YAML makes of it.
        what: &'static str,
    },
    /// A key that is a sequence, a mapping or a function call.
    #[error("map keys must be strings, and this one is not a scalar")]
    KeyNotScalar,
}

impl ParseErrorKind {
    pub(crate) fn at(self, position: Position) -> ParseError {
        ParseError { kind: self, position }
    }
}

/// A piece of the text for a message.
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
    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &ParseErrorKind {
        &self.kind
    }

    /// Where it is wrong.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// What to do about it, where that is not plain from the message.
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

    /// The line of `text` where the error is, with its number, and a caret under the place.
    ///
    /// `text` is what was parsed.
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
