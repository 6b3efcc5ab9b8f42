//! Errors of rendering, and hints how to fix them.

use std::path::PathBuf;

use tablewright_template as template;
use tablewright_template::Position;

use crate::place::Place;
use crate::render::compare::{Difference, DifferenceKind};
use crate::render::size::TooLarge;

/// Why a stack cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A template is malformed, or uses an unknown filter or parent. The source error has file, line, column and an excerpt.
    #[error("invalid template")]
    Template(#[source] tera::Error),
    /// A template failed for one resource.
    #[error("cannot lay out `{id}`")]
    Layout {
        /// The logical id of the resource, or the id of the stack.
        id: String,
        /// tera's error, with file, line, column and an excerpt.
        source: tera::Error,
    },
    /// No built-in template has the name of the file.
    #[error("no built-in template `{name}`; the built-in templates are: {}", names.join(", "))]
    UnknownTemplate {
        /// The file's name.
        name: String,
        /// The names of the built-in templates.
        names: Vec<&'static str>,
    },
    /// A directory or file of templates cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// The I/O error.
        source: std::io::Error,
    },
    /// A template extends one that does not exist, or itself.
    #[error("{template_file}, {position}: `{parent}` cannot be extended\n{}", excerpt.trim_end())]
    Parent {
        /// The file.
        template_file: String,
        /// The name of the parent.
        parent: String,
        /// Position of the name.
        position: Position,
        /// The line, with a caret below the position.
        excerpt: String,
    },
    /// The text after `adds:` in a comment of a template is not a JSON pointer.
    #[error("{template_file}, {position}: `{pointer}` is not a JSON pointer into a template\n{}", excerpt.trim_end())]
    Declaration {
        /// The file.
        template_file: String,
        /// The invalid text.
        pointer: String,
        /// Its position.
        position: Position,
        /// The line, with a caret below the position.
        excerpt: String,
    },
    /// An override does not apply; [`check`](crate::check) reports this as a problem, too.
    #[error("the override of `{pointer}` at {at} does not apply: {why}")]
    Override {
        /// The JSON pointer.
        pointer: String,
        /// Source location of the override.
        at: Place,
        /// Why it does not apply.
        why: String,
    },
    /// The rendered text is not valid YAML.
    #[error("the output of {} for stack `{stack}` is not valid YAML\n{}", files.join(" with "), excerpt.trim_end())]
    Unparsable {
        /// The stack's id.
        stack: String,
        /// The user's templates, or the built-in ones if there are none.
        files: Vec<String>,
        /// The line of the rendered text, with a caret below the position.
        excerpt: String,
        /// The parse error.
        source: Box<template::ParseError>,
    },
    /// A template of the user has a character beyond ASCII, or writes one with `| safe`.
    #[error("the output of {} for stack `{stack}` is not ASCII\n{}", files.join(" with "), excerpt.trim_end())]
    NotAscii {
        /// The stack's id.
        stack: String,
        /// The user's templates.
        files: Vec<String>,
        /// The line of the rendered text, with a caret below the position.
        excerpt: String,
    },
    /// The template exceeds a quota of CloudFormation.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// The rendered template differs from the definition.
    #[error(
        "the rendered template of stack `{stack}` differs from its definition{}",
        listed(differences, text)
    )]
    Unfaithful {
        /// The stack's id.
        stack: String,
        /// All differences, in the order of the rendered text.
        differences: Vec<Difference>,
        /// The rendered text.
        text: String,
    },
}

impl Error {
    /// Returns how to fix the error, unless the message already says so.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Declaration { .. } => {
                Some("use JSON pointers, with `*` for any one part: `{# adds: /Resources/*/Metadata/Owner #}`".to_owned())
            }
            Self::Parent { template_file, .. } => {
                Some(format!("a template can extend the built-in template with its name: `{{% extends \"builtin/{template_file}\" %}}`"))
            }
            Self::TooLarge(too_large) => Some(too_large.hint()),
            Self::Unfaithful { differences, .. } => Some(advice(differences)),
            Self::Unparsable { source, .. } => source.hint(),
            Self::NotAscii { .. } => Some(
                "CloudFormation gives back `?` for it: write it in a value as \"\\u00E9\", in a comment without accents"
                    .to_owned(),
            ),
            Self::Template(_)
            | Self::Layout { .. }
            | Self::UnknownTemplate { .. }
            | Self::Unreadable { .. }
            | Self::Override { .. } => None,
        }
    }
}

/// Formats the first differences as lines of a message, each with an excerpt of the rendered text.
fn listed(differences: &[Difference], text: &str) -> String {
    const MOST: usize = 5;
    let mut lines = String::new();
    for difference in differences.iter().take(MOST) {
        lines += &format!("\n{difference}");
        if difference.kind != DifferenceKind::Dropped {
            lines += &format!("\n{}", difference.position.excerpt(text).trim_end());
        }
    }
    if differences.len() > MOST {
        lines += &format!("\nand {} more", differences.len() - MOST);
    }
    lines
}

fn advice(differences: &[Difference]) -> String {
    let only_added = differences.iter().all(|one| one.kind == DifferenceKind::Added);
    let Some(added) = (if only_added { differences.first() } else { None }) else {
        return "a template only lays out the definition: if the difference is intended, change the definition"
            .to_owned();
    };
    let file = added.template_file.as_deref().unwrap_or("the template");
    format!("if it is intended, declare it in {file}: `{{# adds: {} #}}`", pattern(&added.pointer))
}

/// Returns the pointer with `*` for the resource: a template adds a value to all resources that it writes.
fn pattern(pointer: &str) -> String {
    let below = pointer.strip_prefix("/Resources/").and_then(|below| below.split_once('/'));
    below.map_or_else(|| pointer.to_owned(), |(_, below)| format!("/Resources/*/{below}"))
}
