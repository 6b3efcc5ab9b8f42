//! Quotas of templates, how a template is sent, and how to split a stack that is too large.
//!
//! A template of about forty tables already has to be uploaded to S3.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;
use tablewright_template::{self as template, Entry, JsonLayout, Kind, Node, ParseError, ScalarValue};

use crate::check::quota::{self, grouped};
use crate::render::Error;
use crate::stack::Stack;
use crate::table::scaling;

/// Maximum size of a template in a request (`TemplateBody`), in bytes.
///
/// See [`Body`].
pub const INLINE_BYTES: usize = 51_200;

/// Quotas of a template.
const MOST: Size = Size { resources: quota::RESOURCES, outputs: quota::OUTPUTS, bytes: quota::BYTES };

/// The size of a template, as far as it is limited by quotas.
///
/// See [`Rendered::size`](crate::render::Rendered::size).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Number of `Resources`.
    pub resources: usize,
    /// Number of `Outputs`.
    pub outputs: usize,
    /// Size in bytes as compact JSON in ASCII, the shortest format.
    pub bytes: usize,
}

/// How a template is sent to CloudFormation, always as ASCII.
///
/// CloudFormation accepts other characters, but GetTemplate returns `?` for each of them
/// ([coverage-roadmap#1220](https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1220)), so a later
/// comparison with the deployed template would find a false difference. A text with such characters in its values is
/// sent as JSON with `\uXXXX` escapes; a text with such characters only in comments is sent with `?` in the comments.
///
/// ```
/// use tablewright::render::{Body, INLINE_BYTES};
///
/// let text = format!("Resources: {{}}\n{}", "# a long comment\n".repeat(4_000));
/// assert!(text.len() > INLINE_BYTES);
/// assert_eq!(Body::of("Resources: {}\n")?, Body::Inline("Resources: {}\n".into()));
/// assert_eq!(Body::of(&text)?, Body::Inline(r#"{"Resources":{}}"#.into()));
/// # Ok::<(), tablewright_template::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// In the request (`TemplateBody`): the text itself, or compact JSON if only that fits.
    Inline(Cow<'a, str>),
    /// Uploaded to S3 (`TemplateURL`): the text itself, or compact JSON if only that is small enough.
    Upload {
        /// The text to upload.
        text: Cow<'a, str>,
        /// Size as compact JSON, in bytes: more than [`INLINE_BYTES`].
        compact: usize,
    },
}

impl<'a> Body<'a> {
    /// Decides how the text of a template is sent.
    ///
    /// See [`Body`].
    ///
    /// # Errors
    ///
    /// Returns an error if the text has to be converted to JSON but cannot be parsed.
    pub fn of(text: &'a str) -> Result<Self, ParseError> {
        let text = in_ascii(text)?;
        if text.len() <= INLINE_BYTES {
            return Ok(Self::Inline(text));
        }
        let json = template::parse(&text)?.write_json(JsonLayout::Compact);
        let compact = json.len();
        Ok(if compact <= INLINE_BYTES {
            Self::Inline(json.into())
        } else if text.len() <= MOST.bytes {
            Self::Upload { text, compact }
        } else {
            Self::Upload { text: json.into(), compact }
        })
    }
}

/// Returns the same template in ASCII: the text itself if only comments have other characters, else JSON.
fn in_ascii(text: &str) -> Result<Cow<'_, str>, ParseError> {
    if text.is_ascii() {
        return Ok(text.into());
    }
    let node = template::parse(text)?;
    let replaced = text.replace(|character: char| !character.is_ascii(), "?");
    let only_in_comments = template::parse(&replaced).is_ok_and(|read| read.to_value() == node.to_value());
    Ok(if only_in_comments { replaced.into() } else { node.write_json(JsonLayout::Pretty).into() })
}

/// A template, or a part of one: the parsed text or JSON.
pub(super) trait Measured: Sized {
    /// Returns an entry of a mapping.
    fn part(&self, key: &str) -> Option<&Self>;

    /// Returns the number of entries of a mapping.
    fn entries(&self) -> usize;

    /// Returns the size as compact JSON in ASCII, in bytes. The JSON is not written, as the size of every template is needed.
    fn compact_bytes(&self) -> usize;
}

impl Measured for Value {
    fn part(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn entries(&self) -> usize {
        self.as_object().map_or(0, serde_json::Map::len)
    }

    fn compact_bytes(&self) -> usize {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => self.to_string().len(),
            Self::String(text) => string_bytes(text),
            Self::Array(items) => {
                brackets_and_commas(items.len()) + items.iter().map(Self::compact_bytes).sum::<usize>()
            }
            Self::Object(entries) => {
                let of_entry = |(key, value): (&String, &Self)| string_bytes(key) + 1 + value.compact_bytes();
                brackets_and_commas(entries.len()) + entries.iter().map(of_entry).sum::<usize>()
            }
        }
    }
}

impl Measured for Node {
    fn part(&self, key: &str) -> Option<&Self> {
        self.get(key)
    }

    fn entries(&self) -> usize {
        match &self.kind {
            Kind::Mapping(entries) => entries.len(),
            Kind::Sequence(_) | Kind::Scalar(_) => 0,
        }
    }

    fn compact_bytes(&self) -> usize {
        match &self.kind {
            Kind::Scalar(scalar) => match &scalar.value {
                ScalarValue::Null | ScalarValue::Boolean(true) => 4,
                ScalarValue::Boolean(false) => 5,
                ScalarValue::Number(number) => number.to_string().len(),
                ScalarValue::String => string_bytes(&scalar.text),
            },
            Kind::Sequence(items) => {
                brackets_and_commas(items.len()) + items.iter().map(Self::compact_bytes).sum::<usize>()
            }
            Kind::Mapping(entries) => {
                let of_entry = |entry: &Entry| string_bytes(&entry.key) + 1 + entry.value.compact_bytes();
                brackets_and_commas(entries.len()) + entries.iter().map(of_entry).sum::<usize>()
            }
        }
    }
}

fn brackets_and_commas(entries: usize) -> usize {
    1 + entries.max(1)
}

/// Returns the size of a string as JSON in ASCII, with its quotes.
fn string_bytes(text: &str) -> usize {
    let of_byte = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..b' ' => 6,
        b' '..0x80 => 1,
        // Of a character beyond ASCII, the first byte counts for its `\uXXXX`, or for the two of one beyond U+FFFF.
        0x80..0xc0 => 0,
        0xc0..0xf0 => 6,
        0xf0.. => 12,
    };
    2 + text.bytes().map(of_byte).sum::<usize>()
}

/// Returns the number of entries of a section.
pub(super) fn count(template: &impl Measured, section: &str) -> usize {
    template.part(section).map_or(0, Measured::entries)
}

impl Size {
    pub(super) fn of(template: &impl Measured) -> Self {
        Self {
            resources: count(template, "Resources"),
            outputs: count(template, "Outputs"),
            bytes: template.compact_bytes(),
        }
    }

    /// Returns the quotas that are used by 90 % or more, when it is time to split the stack.
    ///
    /// ```
    /// use tablewright::render::Size;
    ///
    /// let size = Size { resources: 470, outputs: 12, bytes: 600_000 };
    /// assert_eq!(size.near_limits(), ["470 of 500 resources"]);
    /// ```
    #[must_use]
    pub fn near_limits(&self) -> Vec<String> {
        self.against_limits()
            .into_iter()
            .filter(|(found, most, _)| found * 10 >= most * 9)
            .map(|(found, most, what)| format!("{} of {} {what}", grouped(found), grouped(most)))
            .collect()
    }

    fn fits(&self) -> bool {
        self.against_limits().iter().all(|(found, most, _)| found <= most)
    }

    fn against_limits(&self) -> [(usize, usize, &'static str); 3] {
        [
            (self.resources, MOST.resources, "resources"),
            (self.outputs, MOST.outputs, "outputs"),
            (self.bytes, MOST.bytes, "bytes"),
        ]
    }
}

/// A template that exceeds a quota of CloudFormation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The stack's id.
    pub stack: String,
    /// The size of the template.
    pub size: Size,
    /// A proposal to split its tables into stacks with room to grow, in the order of the definition.
    pub parts: Vec<Part>,
    /// The largest tables by logical id, and the size of each with its auto scaling.
    pub largest: Vec<(String, Size)>,
}

/// A range of tables for one stack, by logical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first table.
    pub first: String,
    /// The last table.
    pub last: String,
    /// The number of tables from the first to the last.
    pub tables: usize,
    /// The total size.
    pub size: Size,
}

/// Returns an error if a template exceeds a quota of CloudFormation.
pub(super) fn check(stack: &Stack, text: &str, template: &impl Measured) -> Result<(), Error> {
    // Compact JSON is the shortest format. Creating it takes time, and is necessary only for a long text.
    let may_fit = text.len() <= MOST.bytes;
    if may_fit && count(template, "Resources") <= MOST.resources && count(template, "Outputs") <= MOST.outputs
    {
        return Ok(());
    }
    let size = Size::of(template);
    if size.fits() {
        return Ok(());
    }
    let tables: Vec<(String, Size)> = stack.tables.iter().map(|table| of_table(table, template)).collect();
    let parts = parts(&tables);
    let mut largest = tables;
    largest.sort_by_key(|(_, size)| std::cmp::Reverse(size.bytes));
    largest.truncate(3);
    Err(Error::TooLarge(Box::new(TooLarge { stack: stack.id.clone(), size, parts, largest })))
}

fn of_table(table: &crate::table::Table, template: &impl Measured) -> (String, Size) {
    let ids = std::iter::once(table.id.clone()).chain(scaling::logical_ids(table));
    let resources = ids.filter_map(|id| template.part("Resources")?.part(&id).map(|body| (id, body)));
    let size = resources.fold(Size { resources: 0, outputs: 0, bytes: 0 }, |size, (id, body)| Size {
        resources: size.resources + 1,
        // With `"Id":` before it and a comma after it.
        bytes: size.bytes + id.len() + body.compact_bytes() + 4,
        ..size
    });
    (table.id.clone(), size)
}

/// Splits tables into stacks that each use at most 80 % of the quotas.
fn parts(tables: &[(String, Size)]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (id, size) in tables {
        match parts.last_mut() {
            Some(part)
                if (part.size.resources + size.resources) * 5 <= MOST.resources * 4
                    && (part.size.bytes + size.bytes) * 5 <= MOST.bytes * 4 =>
            {
                part.last.clone_from(id);
                part.tables += 1;
                part.size.resources += size.resources;
                part.size.bytes += size.bytes;
            }
            Some(_) | None => {
                parts.push(Part { first: id.clone(), last: id.clone(), tables: 1, size: *size });
            }
        }
    }
    parts
}

impl std::error::Error for TooLarge {}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exceeded = self.size.against_limits().into_iter().filter(|(found, most, _)| found > most);
        let exceeded: Vec<String> = exceeded
            .map(|(found, most, what)| format!("{} {what} ({} are allowed)", grouped(found), grouped(most)))
            .collect();
        write!(f, "stack `{}` is too large for CloudFormation: it has {}", self.stack, exceeded.join(", "))
    }
}

impl TooLarge {
    /// Returns a proposal how to split the stack.
    #[must_use]
    pub fn hint(&self) -> String {
        let mut lines = Vec::new();
        if self.size.outputs > MOST.outputs {
            lines.push(
                "remove outputs that are not used, or publish values with `publish_ssm` instead".to_owned(),
            );
        }
        if self.size.resources > MOST.resources || self.size.bytes > MOST.bytes {
            match &self.parts[..] {
                [] | [_] => lines.push("move some of its resources to another stack".to_owned()),
                parts => {
                    lines.push(format!("split its tables into {} stacks, such as:", parts.len()));
                    lines.extend(parts.iter().map(|part| {
                        let Part { first, last, tables, size } = part;
                        format!("  {first} to {last}: {tables} tables, {}", shown(size))
                    }));
                    lines.push(
                        "move tables that are not deployed yet: a deployed table must be imported into its new stack"
                            .to_owned(),
                    );
                }
            }
            if !self.largest.is_empty() {
                let largest = self.largest.iter().map(|(id, size)| format!("{id} ({})", shown(size)));
                lines.push(format!("the largest tables: {}", largest.collect::<Vec<_>>().join(", ")));
            }
        }
        lines.join("\n")
    }
}

fn shown(size: &Size) -> String {
    let plural = if size.resources == 1 { "" } else { "s" };
    format!("{} resource{plural}, {} bytes", grouped(size.resources), grouped(size.bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tablewright_template::{escape_non_ascii, parse};

    use super::Measured;

    #[test]
    fn bytes_are_counted_as_they_would_be_written() {
        let controls: String = ('\0'..'\u{80}').collect();
        for value in [
            json!({}),
            json!({ "a": [[], {}, [1, -2.5, 1e300, u64::MAX], null] }),
            json!({ "a": true, "b": [false, null], "c\"": { "d": "e" } }),
            json!({ controls: "\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}" }),
        ] {
            let written = escape_non_ascii(value.to_string());
            assert_eq!(value.compact_bytes(), written.len(), "{value}");
            assert_eq!(parse(&written).unwrap().compact_bytes(), written.len(), "{value}");
        }
    }
}
