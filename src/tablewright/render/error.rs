//! Why a stack cannot be rendered, and what to do about it.

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
    /// A template is not well-formed, or uses a filter or a parent that does not exist. The report names file, line and
    /// column, and shows the place.
    #[error("the template is wrong")]
    Template(#[source] tera::Error),
    /// A template failed for one resource.
    #[error("cannot lay out `{id}`")]
    Layout {
        /// The logical id, or the stack's id.
        id: String,
        /// tera's report, with file, line, column and the place.
        source: tera::Error,
    },
    /// A file overrides nothing.
    #[error("there is no built-in template `{name}`; there are: {}", names.join(", "))]
    UnknownTemplate {
        /// The file's name.
        name: String,
        /// The names that there are.
        names: Vec<&'static str>,
    },
    /// A folder or file of templates cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A template extends one that does not exist, or itself.
    #[error("{template_file}, {position}: `{parent}` cannot be extended\n{}", excerpt.trim_end())]
    Parent {
        /// The file.
        template_file: String,
        /// What it extends.
        parent: String,
        /// Where.
        position: Position,
        /// The line, and a caret under the place.
        excerpt: String,
    },
    /// What follows `adds:` in a template's comment is no pointer.
    #[error("{template_file}, {position}: `{pointer}` is no place in a template\n{}", excerpt.trim_end())]
    Declaration {
        /// The file.
        template_file: String,
        /// What stands there.
        pointer: String,
        /// Where.
        position: Position,
        /// The line, and a caret under the place.
        excerpt: String,
    },
    /// An override hits nothing; [`check`](crate::check) says so too.
    #[error("the override of `{pointer}` at {at} does not apply: {why}")]
    Override {
        /// The JSON pointer.
        pointer: String,
        /// Where it is written.
        at: Place,
        /// What is not there.
        why: String,
    },
    /// What came out is not a template.
    #[error("what {} makes of stack `{stack}` cannot be read back\n{}", files.join(" with "), excerpt.trim_end())]
    Unparsable {
        /// The stack's id.
        stack: String,
        /// The user's templates; without any, the built-in ones.
        files: Vec<String>,
        /// The line that came out, and a caret under the place.
        excerpt: String,
        /// Where and why.
        source: Box<template::ParseError>,
    },
    /// A template of the user's has a letter beyond ASCII, or prints one with `| safe`.
    #[error("what {} makes of stack `{stack}` is not ASCII\n{}", files.join(" with "), excerpt.trim_end())]
    NotAscii {
        /// The stack's id.
        stack: String,
        /// The user's templates.
        files: Vec<String>,
        /// The line that came out, and a caret under the place.
        excerpt: String,
    },
    /// CloudFormation does not take so much in one template.
    #[error(transparent)]
    TooLarge(Box<TooLarge>),
    /// What came out is not what the definition says.
    #[error(
        "what comes out of the templates for stack `{stack}` is not what its definition says{}",
        listed(differences, text)
    )]
    Unfaithful {
        /// The stack's id.
        stack: String,
        /// All that is different, in the order of what came out.
        differences: Vec<Difference>,
        /// What came out.
        text: String,
    },
}

impl Error {
    /// Returns what to do about it, where that is not plain from the message.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Declaration { .. } => {
                Some("name places by JSON pointer, with `*` for any one part: `{# adds: /Resources/*/Metadata/Owner #}`".to_owned())
            }
            Self::Parent { template_file, .. } => {
                Some(format!("a template can extend the built-in one of its name: `{{% extends \"builtin/{template_file}\" %}}`"))
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

/// Returns the differences as lines of a message, each with the place in what came out; of many, the first ones.
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
    let added = differences.iter().find(|difference| difference.kind == DifferenceKind::Added);
    let Some(added) = added.filter(|_| differences.iter().all(|one| one.kind == DifferenceKind::Added))
    else {
        return "templates lay out what the definition says: change the definition, where the difference is meant"
            .to_owned();
    };
    let file = added.template_file.as_deref().unwrap_or("the template");
    format!("if it is meant, declare it in {file}: `{{# adds: {} #}}`", pattern(&added.pointer))
}

/// Returns the pointer to the same place of every resource: what a template adds to one, it adds to all that it lays out.
fn pattern(pointer: &str) -> String {
    let below = pointer.strip_prefix("/Resources/").and_then(|below| below.split_once('/'));
    below.map_or_else(|| pointer.to_owned(), |(_, below)| format!("/Resources/*/{below}"))
}
