//! The tree of a template: nodes with positions, in the order of the document.
//!
//! It is the same for YAML and JSON. Short forms are converted to long forms, so the `a` of `!GetAtt a.b` is at `/Fn::GetAtt/0`.

use std::fmt::Write;

use serde::{Serialize, Serializer};

use crate::{Position, Scalar, ScalarValue};

/// A value of a template, and its position.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The start of the value: the tag of a short form, the first key of a block mapping.
    pub position: Position,
    /// The value.
    pub kind: Kind,
}

/// The value of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A string, a number, a boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the document, without duplicate keys.
    Mapping(Vec<Entry>),
}

/// A key of a mapping, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Position of the key; for a short form, the position of its tag.
    pub key_position: Position,
    /// The value.
    pub value: Node,
}

/// Layout of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonLayout {
    /// One value per line, indented by two spaces per level.
    Pretty,
    /// No white space, to fit into the 51,200 bytes of an inline template.
    Compact,
}

impl Node {
    /// Returns the entry of a mapping with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Kind::Scalar(_) | Kind::Sequence(_) => None,
        }
    }

    /// Returns the value of a mapping under this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the node at a JSON pointer (RFC 6901), such as `/Resources/Orders/Properties/KeySchema/0`.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &node.kind {
                Kind::Mapping(_) => node.get(&token),
                Kind::Sequence(items) => items.get(index(&token)?),
                Kind::Scalar(_) => None,
            }
        })
    }

    /// Returns the text of a string; `None` for numbers, booleans and collections.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(Scalar { text, value: ScalarValue::String, .. }) => Some(text),
            Kind::Scalar(_) | Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// Converts the value to JSON, as CloudFormation interprets it (see [`ScalarValue`]), with functions in their long form.
    ///
    /// Positions, styles and the order of keys are lost.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("keys are strings and numbers are finite")
    }

    /// Returns the value as JSON text, in the order of the document, with functions in their long form, without a final line
    /// break. [`parse`](crate::parse) returns the same value for a mapping.
    ///
    /// The text is ASCII; see [`escape_non_ascii`].
    #[must_use]
    pub fn write_json(&self, layout: JsonLayout) -> String {
        let json = match layout {
            JsonLayout::Pretty => serde_json::to_string_pretty(self),
            JsonLayout::Compact => serde_json::to_string(self),
        };
        escape_non_ascii(json.expect("keys are strings and numbers are finite"))
    }
}

/// Replaces each character beyond ASCII in JSON text by `\uXXXX`, which has the same value.
///
/// CloudFormation accepts such characters in a template, but GetTemplate returns `?` for each of them
/// ([coverage-roadmap#1220](https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1220)).
#[must_use]
pub fn escape_non_ascii(json: String) -> String {
    if json.is_ascii() {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() * 2);
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            write!(escaped, "\\u{unit:04x}").expect("a String takes every text");
        }
    }
    escaped
}

/// Parses an index of a JSON pointer: digits without a leading zero.
fn index(token: &str) -> Option<usize> {
    let canonical = token.bytes().all(|b| b.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    canonical.then(|| token.parse().ok())?
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            Kind::Scalar(Scalar { text, value, .. }) => match value {
                ScalarValue::Null => serializer.serialize_unit(),
                ScalarValue::Boolean(boolean) => serializer.serialize_bool(*boolean),
                ScalarValue::Number(number) => number.serialize(serializer),
                ScalarValue::String => serializer.serialize_str(text),
            },
            Kind::Sequence(items) => serializer.collect_seq(items),
            Kind::Mapping(entries) => {
                serializer.collect_map(entries.iter().map(|entry| (&entry.key, &entry.value)))
            }
        }
    }
}
