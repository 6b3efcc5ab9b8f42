//! Scalars: the text as written, how it was written, and what CloudFormation makes of it.
//!
//! The text is kept whatever the value is: an account id that somebody forgot to quote is a number
//! to CloudFormation, and the text is the only way to say what was meant. Nothing here knows of
//! places or of the parser.

use serde_json::Number;

use crate::number;

/// A scalar as written, and what it means.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text: of a plain scalar as it stands in the document, of others with escapes and
    /// folding undone.
    pub text: String,
    /// How it was written.
    pub style: Style,
    /// What it means.
    pub value: ScalarValue,
}

/// How a scalar was written. JSON's strings are double quoted, its other scalars plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without any quotes.
    Plain,
    /// `'single'`
    SingleQuoted,
    /// `"double"`
    DoubleQuoted,
    /// A block after `|`.
    Literal,
    /// A block after `>`.
    Folded,
}

/// What CloudFormation makes of a scalar.
///
/// What is quoted or in a block is a string, and so is the argument of a short form (`!Ref 012`). A
/// plain scalar is, by the first line that fits:
///
/// | as written | value |
/// | --- | --- |
/// | nothing, `~`, `null`, `Null`, `NULL` | null |
/// | `true`, `yes`, `on`, `false`, `no`, `off`, also in capitals or with one | boolean |
/// | `12`, `-1`, `+1`, `1_000`, `0x1F`, `0b101` | integer |
/// | `0123` (only digits up to 7) | octal: 83 |
/// | `012345678901` (a digit above 7) | decimal, as a float: 12345678901.0 |
/// | `12:30`, `1:02:03` | base 60: 750, 3723 |
/// | `1.5`, `.5`, `10.0`, `1e3`, `1_0.5`, `1:30.5` | float |
/// | an integer that 64 bits cannot hold; `1e999`; `.inf`; `.nan` | string, as written |
/// | all else: `2010-09-09`, `y`, `N`, `0o17`, `1.2.3` | string |
///
/// These are the patterns of SnakeYAML, as what is known of CloudFormation fits them. They take more
/// for numbers than YAML 1.1 does: `1e3` and the account id above. CloudFormation turns a value into
/// the string or number that a property wants, so that a number which JSON cannot carry exactly is
/// better kept as its text.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalarValue {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// An integer of 64 bits or a finite float.
    Number(Number),
    /// The text.
    String,
}

impl Scalar {
    /// A scalar that means its text.
    pub(crate) fn string(text: String, style: Style) -> Self {
        Self { text, style, value: ScalarValue::String }
    }

    /// A scalar without quotes and without a tag.
    pub(crate) fn plain(text: String) -> Self {
        let value = ScalarValue::of_plain(&text);
        Self { text, style: Style::Plain, value }
    }
}

impl ScalarValue {
    /// What a plain YAML scalar means.
    pub(crate) fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Self::Boolean(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Self::Boolean(false),
            _ => number::read(text).map_or(Self::String, Self::Number),
        }
    }
}
