//! The tree: nodes in the order of the document, each with its place, and what can be done with them.
//!
//! It is the same for YAML and JSON. Short forms have become the mappings that they stand for, so
//! the `a` of `!GetAtt a.b` is found at `/Fn::GetAtt/0`. Nothing here goes back to the text.

use std::fmt::Write;

use serde::{Serialize, Serializer};

use crate::{Position, Scalar, ScalarValue};

/// A value of a template, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it begins. A short form begins at its tag, a block mapping at its first key.
    pub position: Position,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A string, a number, a boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the document. No key is there twice.
    Mapping(Vec<Entry>),
}

/// A key of a mapping, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key is. The key of a short form is at its tag.
    pub key_position: Position,
    /// The value.
    pub value: Node,
}

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonLayout {
    /// One value a line, two spaces for each level.
    Pretty,
    /// No white space at all: what fits best into the 51,200 bytes of an inline template.
    Compact,
}

impl Node {
    /// The entry of a mapping with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Kind::Scalar(_) | Kind::Sequence(_) => None,
        }
    }

    /// The value of a mapping under this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The node at a JSON pointer (RFC 6901), such as `/Resources/Orders/Properties/KeySchema/0`.
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

    /// The text of a string. Not that of a number or a boolean.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(Scalar { text, value: ScalarValue::String, .. }) => Some(text),
            Kind::Scalar(_) | Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// The value as CloudFormation reads it (see [`ScalarValue`]), functions in their long form.
    ///
    /// Positions, styles and the order of keys are gone.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).expect("keys are strings and numbers are finite")
    }

    /// The value as JSON text in the order of the document, functions in their long form, without
    /// a line break at the end. Of a mapping, [`parse`](crate::parse) makes the same value again.
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

/// Returns JSON text with each character beyond ASCII as `\uXXXX`, which stands for the same value.
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

/// An index of a JSON pointer: digits, and no leading zero.
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
