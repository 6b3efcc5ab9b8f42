//! Scalars: the text, the style, and the value that CloudFormation interprets.
//!
//! The text is kept in any case: CloudFormation interprets an account id without quotes as a number, and only the text shows what
//! was intended.

use serde_json::Number;

use crate::number;

/// A scalar: its text and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text, with escapes and folding resolved.
    pub text: String,
    /// The style.
    pub style: Style,
    /// The value.
    pub value: ScalarValue,
}

/// The style of a scalar. JSON strings are double quoted, other JSON scalars are plain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    /// Without quotes.
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

/// The value of a scalar, as CloudFormation interprets it.
///
/// Quoted scalars, block scalars and the argument of a short form (`!Ref 012`) are strings. For a plain scalar, the first
/// matching line applies:
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
/// These are the patterns of SnakeYAML, which match the known behavior of CloudFormation. Unlike YAML 1.1, they include numbers
/// such as `1e3` and the account id above. CloudFormation converts a value to the string or number that a property requires, so a
/// number that JSON cannot represent exactly is kept as a string.
#[derive(Debug, Clone, PartialEq)]
pub enum ScalarValue {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean(bool),
    /// A 64-bit integer or a finite float.
    Number(Number),
    /// A string, which is the text.
    String,
}

impl Scalar {
    /// Creates a string scalar.
    pub(crate) fn string(text: String, style: Style) -> Self {
        Self { text, style, value: ScalarValue::String }
    }

    /// Creates a plain scalar without a tag.
    pub(crate) fn plain(text: String) -> Self {
        let value = ScalarValue::of_plain(&text);
        Self { text, style: Style::Plain, value }
    }
}

impl ScalarValue {
    /// Returns the value of a plain YAML scalar.
    pub(crate) fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => Self::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Self::Boolean(true),
            "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Self::Boolean(false),
            _ => number::read(text).map_or(Self::String, Self::Number),
        }
    }
}
