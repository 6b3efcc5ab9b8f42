//! Errors of editing a template.
//!
//! The message names the problem and its line; the [`hint`](EmbedError::hint) says how to fix it.

use tablewright::Place;
use tablewright_template::{ParseError, Position};

use crate::way::Way;

/// Why a template cannot be edited.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// The file is not UTF-8.
    #[error("the file is not UTF-8: invalid byte at offset {offset}")]
    NotUtf8 {
        /// Offset of the first invalid byte, from 0.
        offset: usize,
    },
    /// The file is not YAML.
    #[error("the file cannot be read")]
    Unreadable(#[source] ParseError),
    /// The root of the file is JSON or a YAML flow mapping.
    #[error("the file is JSON, which has no comments to mark a region with")]
    Json,
    /// The file is YAML, but not a template.
    #[error(
        "the file is not a SAM or CloudFormation template: it has none of `Resources`, `Transform` and `AWSTemplateFormatVersion`"
    )]
    NotATemplate,
    /// More than one YAML document of the file is a template.
    #[error("the file contains two templates, at {first} and at {second}")]
    TwoTemplates {
        /// Start of the first template.
        first: Position,
        /// Start of the second template.
        second: Position,
    },
    /// A marker in a format that this version does not support.
    #[error(
        "line {line}: the region was written in marker format `{version}`; this version of tablewright supports `v1`"
    )]
    OtherVersion {
        /// The marker format.
        version: String,
        /// Line of the marker.
        line: usize,
    },
    /// A comment that starts like a marker but cannot be parsed as one.
    #[error("line {line}: malformed region marker")]
    MalformedMarker {
        /// Where it is.
        line: usize,
    },
    /// A marker after something else in its line.
    #[error("line {line}: a region marker must be on a line of its own")]
    TrailingMarker {
        /// Where it is.
        line: usize,
    },
    /// A begin marker without an end marker.
    #[error("line {line}: the region `{name}` has no end marker")]
    NoEnd {
        /// Whose region, and where it belongs.
        name: String,
        /// Line of its begin marker.
        line: usize,
    },
    /// An end marker without a begin marker.
    #[error("line {line}: the region `{name}` has an end marker but no begin marker before it")]
    NoBeginning {
        /// Whose region, and where it belongs.
        name: String,
        /// Line of the end marker.
        line: usize,
    },
    /// Overlapping regions.
    #[error(
        "line {line}: the region `{outer}`, which begins in line {begin}, contains a marker of `{inner}`"
    )]
    Crossed {
        /// The region that has not ended yet.
        outer: String,
        /// Line of its begin marker.
        begin: usize,
        /// The region of the other marker.
        inner: String,
        /// Line of the other marker.
        line: usize,
    },
    /// Two regions with the same owner and path.
    #[error("the region `{name}` appears twice, in line {first} and in line {second}")]
    DuplicateRegion {
        /// Whose region, and where it belongs.
        name: String,
        /// Line of the first begin marker.
        first: usize,
        /// Line of the second begin marker.
        second: usize,
    },
    /// The text between the markers does not match the checksum.
    #[error("line {line}: the region `{name}` was edited by hand")]
    EditedByHand {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it begins.
        line: usize,
    },
    /// The lines between the markers belong to another part of the template.
    #[error("line {line}: the markers of the region `{name}` were moved")]
    Misplaced {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it begins.
        line: usize,
    },
    /// A duplicate key in the template.
    #[error("`{key}` appears twice in `{section}`, in line {first} and in line {second}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// The section, or `the template` for the root.
        section: String,
        /// Line of the first.
        first: usize,
        /// Line of the second.
        second: usize,
    },
    /// A key of the region is already defined in the template.
    #[error("`{key}` is already defined in line {line}{}", and_at(at.as_ref()))]
    AlreadyDefined {
        /// The logical id or key.
        key: String,
        /// Line of the existing definition.
        line: usize,
        /// Source location of the definition in Rust.
        at: Option<Place>,
    },
    /// An alias repeats the node that the region would be added to.
    #[error("`{path}` cannot be extended: the alias `*{anchor}` in line {line} repeats its content")]
    Repeated {
        /// Path of the node with the anchor.
        path: String,
        /// The anchor.
        anchor: String,
        /// Line of the alias.
        line: usize,
    },
    /// Nothing can be added to the node at the region's path.
    #[error("{position}: cannot add to `{path}`: it is {found}")]
    NotAContainer {
        /// Path of the node, such as `Resources`.
        path: String,
        /// What the node is.
        found: &'static str,
        /// Position of the node.
        position: Position,
        /// Its lines with the value as the item of a list, if it would have to be a list.
        as_list: Option<String>,
    },
    /// The file ends in a block scalar without a line break, and nothing can be added before it.
    #[error(
        "{position}: nothing can be added after this block scalar: a line break would be added to its value"
    )]
    CutOff {
        /// Start of the scalar.
        position: Position,
    },
    /// The template does not define the function.
    #[error("the template has no function `{name}`")]
    NoFunction {
        /// The logical id.
        name: String,
        /// The most similar logical id, if any.
        near: Option<String>,
        /// The logical ids of all functions of the template.
        known: Vec<String>,
    },
    /// The resource is not a function.
    #[error("{position}: `{name}` is an `{found}`, not an `{expected}`")]
    NotAFunction {
        /// The logical id.
        name: String,
        /// Its type.
        found: String,
        /// The required type.
        expected: &'static str,
        /// Position of its key.
        position: Position,
    },
    /// The template does not define what the fragment refers to.
    #[error("the template does not define {}, to which the fragment refers", listed(names, " and "))]
    NotDefined {
        /// The names of parameters and resources.
        names: Vec<String>,
        /// The stack of the table.
        stack: String,
        /// How the template should integrate the table.
        way: Way,
        /// The logical ids of nested stacks in the template.
        nested: Vec<String>,
    },
    /// The resource that should be the table, or the nested stack of the table, is something else.
    #[error("{position}: `{name}` is an `{found}`, but the fragment refers to an `{expected}`")]
    NotATable {
        /// The logical id.
        name: String,
        /// Its type.
        found: String,
        /// The type of the table in its definition, or that of a nested stack.
        expected: &'static str,
        /// Position of its key.
        position: Position,
    },
    /// Removing the regions would change the meaning of the rest of the template.
    #[error("removing the regions would change the meaning of the rest of the template")]
    ChangesRest,
    /// The new text failed verification and was discarded.
    #[error("internal error: {0}")]
    Internal(String),
}

fn and_at(at: Option<&Place>) -> String {
    at.map(|at| format!(" and by {at}")).unwrap_or_default()
}

fn listed(names: &[String], between: &str) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(between)
}

/// Returns how to define what a fragment refers to.
fn to_define(stack: &str, way: Way, nested: &[String]) -> String {
    let option = match way {
        Way::Embedded => String::new(),
        way => format!(" --consume {}", way.option()),
    };
    let first = format!("run `tablewright sam embed <TEMPLATE> {stack}{option}` first");
    match (way, nested) {
        (Way::Embedded, []) => format!(
            "{first}; or, if another stack has the table, add `--consume parameter`, `getstackoutput`, `import` or `ssm` to both"
        ),
        (Way::Embedded, nested) => format!(
            "{first}; or, if the nested stack {} has the table, add `--consume nested` to both",
            listed(nested, " or ")
        ),
        _ => first,
    }
}

impl EmbedError {
    /// Returns the position of the problem in the template, if it has one. The column is 1 if only the line is known.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let start = |line: &usize| Some(Position { line: *line, column: 1 });
        match self {
            Self::Unreadable(error) => Some(error.position()),
            Self::OtherVersion { line, .. }
            | Self::MalformedMarker { line }
            | Self::TrailingMarker { line }
            | Self::NoEnd { line, .. }
            | Self::NoBeginning { line, .. }
            | Self::Crossed { line, .. }
            | Self::EditedByHand { line, .. }
            | Self::Misplaced { line, .. }
            | Self::AlreadyDefined { line, .. }
            | Self::Repeated { line, .. } => start(line),
            Self::DuplicateRegion { second, .. } | Self::DuplicateKey { second, .. } => start(second),
            Self::TwoTemplates { second: position, .. }
            | Self::NotAContainer { position, .. }
            | Self::CutOff { position }
            | Self::NotATable { position, .. }
            | Self::NotAFunction { position, .. } => Some(*position),
            Self::NotUtf8 { .. }
            | Self::Json
            | Self::NotATemplate
            | Self::NoFunction { .. }
            | Self::NotDefined { .. }
            | Self::ChangesRest
            | Self::Internal(_) => None,
        }
    }

    /// Returns how to fix the problem, unless the message already says so.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotUtf8 { .. } => "save it as UTF-8",
            Self::Unreadable(error) => return error.hint(),
            Self::Json => "convert the template to YAML, or deploy the tables in a separate or nested stack",
            Self::NotATemplate => "pass the `template.yaml` of the SAM project",
            Self::TwoTemplates { .. } => "CloudFormation accepts one document per file: split the file",
            Self::OtherVersion { .. } => "use the version of tablewright that wrote the region",
            Self::MalformedMarker { .. } => {
                "undo the edit of that line, or delete the region with both of its markers and embed again"
            }
            Self::TrailingMarker { .. }
            | Self::NoEnd { .. }
            | Self::NoBeginning { .. }
            | Self::Crossed { .. } => "restore the marker, or delete the rest of the region and embed again",
            Self::DuplicateRegion { .. } => "delete one of them with both of its markers",
            Self::EditedByHand { .. } => "make the change in the definition, or discard it with `--force`",
            Self::Misplaced { .. } => "move the markers back around the lines of the region",
            Self::DuplicateKey { .. } => {
                "rename or delete one of them: SAM keeps only the last one without a warning"
            }
            Self::AlreadyDefined { .. } => {
                "rename or delete one of them: SAM keeps only the last one without a warning"
            }
            Self::Repeated { .. } => "replace the alias by a copy of the content",
            Self::NotAContainer { as_list: Some(list), .. } => {
                return Some(format!("write it as a list:\n{list}"));
            }
            Self::NotAContainer { .. } => "write it in block style, one entry per line",
            Self::CutOff { .. } => {
                "end its header with `-`, as in `|-`, and the file with a line break: the value stays the same"
            }
            Self::NoFunction { near: Some(near), .. } => return Some(format!("did you mean `{near}`?")),
            Self::NoFunction { known, .. } if known.is_empty() => "it has no functions",
            Self::NoFunction { known, .. } => return Some(format!("it has {}", known.join(", "))),
            Self::NotAFunction { expected, .. } => {
                return Some(format!("pass the logical id of an `{expected}`"));
            }
            Self::NotDefined { stack, way, nested, .. } => return Some(to_define(stack, *way, nested)),
            Self::NotATable { .. } => {
                "rename one of them: the fragment refers to the table, or its nested stack, by its logical id"
            }
            Self::ChangesRest => {
                "a block scalar with `|+` before a region would absorb the empty lines after the region"
            }
            Self::Internal(_) => return None,
        };
        Some(hint.to_owned())
    }
}
