//! Why a template is left as it is.
//!
//! The message says what is wrong and in which line; what to do about it is the [`hint`](EmbedError::hint).

use tablewright::Place;
use tablewright_template::{ParseError, Position};

/// Why nothing was changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EmbedError {
    /// Bytes that are not UTF-8.
    #[error("the file is not UTF-8: byte {offset} is wrong")]
    NotUtf8 {
        /// Which byte, from 0.
        offset: usize,
    },
    /// Text that is not YAML.
    #[error("the file cannot be read")]
    Unreadable(#[source] ParseError),
    /// JSON, or YAML that is written like JSON from the first bracket on.
    #[error("the file is JSON, which has no comments: nothing could tell what in it is ours")]
    Json,
    /// YAML of another kind.
    #[error(
        "the file is no SAM or CloudFormation template: it has neither `Resources` nor `Transform` nor `AWSTemplateFormatVersion`"
    )]
    NotATemplate,
    /// More than one document of a file is a template.
    #[error("two documents of the file are templates, at {first} and at {second}")]
    TwoTemplates {
        /// Where one begins.
        first: Position,
        /// Where the other begins.
        second: Position,
    },
    /// A marker of a version that this one does not know.
    #[error("line {line}: a region with markers of version `{version}`, and this is a tool for version `v1`")]
    OtherVersion {
        /// The version.
        version: String,
        /// Where the marker is.
        line: usize,
    },
    /// A comment that begins like a marker and does not go on like one.
    #[error("line {line}: the marker of a region is not as it was written")]
    MalformedMarker {
        /// Where it is.
        line: usize,
    },
    /// A marker behind something else in its line.
    #[error("line {line}: the marker of a region does not stand in a line of its own")]
    TrailingMarker {
        /// Where it is.
        line: usize,
    },
    /// A beginning without an end.
    #[error("line {line}: the region `{name}` begins here and ends nowhere")]
    NoEnd {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it begins.
        line: usize,
    },
    /// An end without a beginning.
    #[error("line {line}: the region `{name}` ends here and begins nowhere before")]
    NoBeginning {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it ends.
        line: usize,
    },
    /// A region that begins inside of another, or ends there.
    #[error(
        "line {line}: inside of the region `{outer}`, which begins in line {begin}, there is a marker of `{inner}`"
    )]
    Crossed {
        /// The region that is open.
        outer: String,
        /// Where it begins.
        begin: usize,
        /// The region of the other marker.
        inner: String,
        /// Where that is.
        line: usize,
    },
    /// One region twice.
    #[error("the region `{name}` is there twice, in line {first} and in line {second}")]
    TwoRegions {
        /// Whose region, and where it belongs.
        name: String,
        /// Where one begins.
        first: usize,
        /// Where the other begins.
        second: usize,
    },
    /// What is between the markers is not what was written there.
    #[error("line {line}: the region `{name}` was edited by hand")]
    EditedByHand {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it begins.
        line: usize,
    },
    /// Between the markers there is something of another part of the template.
    #[error("line {line}: the markers of the region `{name}` do not stand where they were written")]
    Misplaced {
        /// Whose region, and where it belongs.
        name: String,
        /// Where it begins.
        line: usize,
    },
    /// A key of a section twice.
    #[error("`{key}` is in `{section}` twice, in line {first} and in line {second}")]
    Twice {
        /// The key.
        key: String,
        /// The mapping.
        section: String,
        /// The line of the first.
        first: usize,
        /// The line of the second.
        second: usize,
    },
    /// What is to be written has a name that is there already.
    #[error("`{key}` is in the file already, in line {line}{}", and_at(at.as_ref()))]
    Taken {
        /// The logical id or key.
        key: String,
        /// The line of what is there.
        line: usize,
        /// The Rust line of what is to be written.
        at: Option<Place>,
    },
    /// A place whose content an alias repeats somewhere else.
    #[error("what is added to `{path}` would be added in line {line} too, where `*{anchor}` repeats it")]
    Repeated {
        /// Which place.
        path: String,
        /// The anchor of the place, or of what it is in.
        anchor: String,
        /// The line of the alias.
        line: usize,
    },
    /// A place of the template that nothing can be added to.
    #[error("{position}: nothing can be added to `{path}`, which is {found}")]
    NotAContainer {
        /// Which place, such as `Resources`.
        path: String,
        /// What is there.
        found: &'static str,
        /// Where that is.
        position: Position,
    },
    /// A function that the template does not have.
    #[error("the template has no function `{name}`")]
    NoFunction {
        /// The logical id.
        name: String,
        /// The one that may have been meant.
        near: Option<String>,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A resource that is there and is no function.
    #[error("{position}: `{name}` is no `{wanted}` but `{found}`")]
    NotAFunction {
        /// The logical id.
        name: String,
        /// Its type.
        found: String,
        /// What it has to be.
        wanted: &'static str,
        /// Where it is.
        position: Position,
    },
    /// Without the regions the rest of the template would say something else.
    #[error("without its regions the rest of the template would say something else")]
    Entangled,
    /// What was made does not hold when it is read again; nothing was returned.
    #[error("a fault of this tool: {0}; the file is left as it is")]
    Internal(String),
}

fn and_at(at: Option<&Place>) -> String {
    at.map(|at| format!(", and {at} defines it too")).unwrap_or_default()
}

impl EmbedError {
    /// Where in the template it is, if it is at one place.
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
            | Self::Taken { line, .. }
            | Self::Repeated { line, .. } => start(line),
            Self::TwoRegions { second, .. } | Self::Twice { second, .. } => start(second),
            Self::TwoTemplates { second: position, .. }
            | Self::NotAContainer { position, .. }
            | Self::NotAFunction { position, .. } => Some(*position),
            Self::NotUtf8 { .. }
            | Self::Json
            | Self::NotATemplate
            | Self::NoFunction { .. }
            | Self::Entangled
            | Self::Internal(_) => None,
        }
    }

    /// What to do about it, where that is not plain from the message.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotUtf8 { .. } => "save it as UTF-8",
            Self::Unreadable(error) => return error.hint(),
            Self::Json => {
                "deploy the tables as a stack of their own, or as a nested stack, and let the template refer to them"
            }
            Self::NotATemplate => "name the `template.yaml` of the SAM project",
            Self::TwoTemplates { .. } => "CloudFormation takes one document a file: split the file",
            Self::OtherVersion { .. } => "use the version of tablewright that wrote the region",
            Self::MalformedMarker { .. } => {
                "take back the edit of that line, or delete the region with both of its markers and embed again"
            }
            Self::TrailingMarker { .. }
            | Self::NoEnd { .. }
            | Self::NoBeginning { .. }
            | Self::Crossed { .. } => {
                "put the marker back, or delete what is left of the region and embed again"
            }
            Self::TwoRegions { .. } => "delete one of them with both of its markers",
            Self::EditedByHand { .. } => {
                "make the change in the definition; with `--force` what is between the markers is lost"
            }
            Self::Misplaced { .. } => "put the markers back around what they belong to",
            Self::Twice { .. } => "rename or delete one of them: SAM would keep the last and say nothing",
            Self::Taken { .. } => "rename or delete one of them: SAM would keep the last and say nothing",
            Self::Repeated { .. } => "write out there what the alias stands for",
            Self::NotAContainer { .. } => "write it as a block, one entry a line",
            Self::NoFunction { near: Some(near), .. } => return Some(format!("did you mean `{near}`?")),
            Self::NoFunction { known, .. } if known.is_empty() => "it has no functions at all",
            Self::NoFunction { known, .. } => return Some(format!("it has {}", known.join(", "))),
            Self::NotAFunction { wanted, .. } => return Some(format!("name an `{wanted}`")),
            Self::Entangled => {
                "a block scalar that keeps its empty lines (`|+`) stands before a region and would take in those behind it"
            }
            Self::Internal(_) => return None,
        };
        Some(hint.to_owned())
    }
}
