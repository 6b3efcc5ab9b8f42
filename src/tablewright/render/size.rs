//! How large a template may be, how it is sent, and what to do where it is too large.
//!
//! In: a stack and its template. Out: a [`Size`], a [`Body`], or [`TooLarge`] with a way to split the stack. A template that
//! has to be uploaded is nothing unusual: some forty tables make one.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;
use tablewright_template::{self as template, JsonLayout, ParseError};

use crate::render::Error;
use crate::stack::Stack;
use crate::table::scaling;

/// The longest template that a request can hold (`TemplateBody`), in bytes.
///
/// See [`Body`].
pub const INLINE_BYTES: usize = 51_200;

/// What CloudFormation takes in one template: `Template may not exceed 1000000 bytes in size.`
const MOST: Size = Size { resources: 500, outputs: 200, bytes: 1_000_000 };

/// What a template is measured by.
///
/// See [`Rendered::size`](crate::render::Rendered::size).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// How many `Resources` it has.
    pub resources: usize,
    /// How many `Outputs` it has.
    pub outputs: usize,
    /// How long it is in the shortest of its forms, compact JSON in ASCII.
    pub bytes: usize,
}

/// How a template reaches CloudFormation: always as ASCII.
///
/// CloudFormation accepts other characters, but GetTemplate returns `?` for each of them
/// ([coverage-roadmap#1220](https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1220)), so a later
/// comparison with what is deployed would find a difference that is none. A text that has such characters in its values is
/// sent as JSON with `\uXXXX` escapes; one that has them in comments only is sent with `?` in the comments.
///
/// ```
/// use tablewright::render::{Body, INLINE_BYTES};
///
/// let text = format!("Resources: {{}}\n{}", "# made for people\n".repeat(4_000));
/// assert!(text.len() > INLINE_BYTES);
/// assert_eq!(Body::of("Resources: {}\n")?, Body::Inline("Resources: {}\n".into()));
/// assert_eq!(Body::of(&text)?, Body::Inline(r#"{"Resources":{}}"#.into()));
/// # Ok::<(), tablewright_template::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// In the request (`TemplateBody`): the text itself, or compact JSON where only that fits.
    Inline(Cow<'a, str>),
    /// By way of S3 (`TemplateURL`): the text itself, or compact JSON where CloudFormation takes only that.
    Upload {
        /// What is to be uploaded.
        text: Cow<'a, str>,
        /// How long the text is as compact JSON, in bytes: more than [`INLINE_BYTES`].
        compact: usize,
    },
}

impl<'a> Body<'a> {
    /// Returns how the text of a template is sent.
    ///
    /// See [`Body`].
    ///
    /// # Errors
    ///
    /// When it does not fit or is not ASCII as it stands, and cannot be read.
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

/// Returns a text of the same template in ASCII: the text itself where it can be kept, else JSON.
fn in_ascii(text: &str) -> Result<Cow<'_, str>, ParseError> {
    if text.is_ascii() {
        return Ok(text.into());
    }
    let node = template::parse(text)?;
    let replaced = text.replace(|character: char| !character.is_ascii(), "?");
    let only_in_comments = template::parse(&replaced).is_ok_and(|read| read.to_value() == node.to_value());
    Ok(if only_in_comments { replaced.into() } else { node.write_json(JsonLayout::Pretty).into() })
}

/// How long a value is as compact JSON in ASCII.
fn compact_bytes(value: &Value) -> usize {
    template::escape_non_ascii(value.to_string()).len()
}

impl Size {
    pub(super) fn of(template: &Value) -> Self {
        let entries = |section: &str| template[section].as_object().map_or(0, serde_json::Map::len);
        Self { resources: entries("Resources"), outputs: entries("Outputs"), bytes: compact_bytes(template) }
    }

    /// Returns which limits it comes near, nine tenths or more of what CloudFormation takes: time to split the stack.
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

/// A template that is larger than CloudFormation takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// The stack's id.
    pub stack: String,
    /// How large it is.
    pub size: Size,
    /// Its tables in stacks of their own that would fit with room to grow, in the order of their declaration.
    pub parts: Vec<Part>,
    /// The largest tables, by logical id, and the size of each with its scaling.
    pub largest: Vec<(String, Size)>,
}

/// Tables that would fit into one stack, by logical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The first table.
    pub first: String,
    /// The last table.
    pub last: String,
    /// How many tables there are from the first to the last.
    pub tables: usize,
    /// How large they are together.
    pub size: Size,
}

/// Returns an error for a template that CloudFormation would not take.
pub(super) fn check(stack: &Stack, text: &str, template: &Value) -> Result<(), Error> {
    let count = |section: &str| template[section].as_object().map_or(0, serde_json::Map::len);
    // Nothing is shorter than compact JSON, which costs something to make and is needed for a long text only.
    let may_fit = text.len() <= MOST.bytes;
    if may_fit && count("Resources") <= MOST.resources && count("Outputs") <= MOST.outputs {
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

fn of_table(table: &crate::table::Table, template: &Value) -> (String, Size) {
    let ids = std::iter::once(table.id.clone()).chain(scaling::logical_ids(table));
    let resources = ids.filter_map(|id| template["Resources"].get(&id).map(|body| (id, body)));
    let size = resources.fold(Size { resources: 0, outputs: 0, bytes: 0 }, |size, (id, body)| Size {
        resources: size.resources + 1,
        // `"Id":` before it and a comma behind.
        bytes: size.bytes + id.len() + compact_bytes(body) + 4,
        ..size
    });
    (table.id.clone(), size)
}

/// Puts tables into as many stacks as it takes to fill each to four fifths.
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
    /// Returns how the stack can be split.
    #[must_use]
    pub fn hint(&self) -> String {
        let mut lines = Vec::new();
        if self.size.outputs > MOST.outputs {
            lines.push("keep the outputs that somebody reads, or publish them with `publish_ssm`".to_owned());
        }
        if self.size.resources > MOST.resources || self.size.bytes > MOST.bytes {
            match &self.parts[..] {
                [] | [_] => lines.push("put some of its resources into another stack".to_owned()),
                parts => {
                    lines.push(format!("put its tables into {} stacks, such as:", parts.len()));
                    lines.extend(parts.iter().map(|part| {
                        let Part { first, last, tables, size } = part;
                        format!("  {first} to {last}: {tables} tables, {}", shown(size))
                    }));
                    lines.push(
                        "move tables that are not deployed yet: one that is would have to be imported into its new stack"
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

/// Returns a number with its thousands apart.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
