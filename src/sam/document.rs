//! A parsed template: its sections, the regions in it, and look-up by path.
//!
//! Accepts what SAM accepts, including anchors and aliases, which CloudFormation itself does not. Works on syntax only and never
//! interprets resources or functions.

use std::collections::HashMap;

use tablewright_template::{
    Layout, Position, Scalar, ScalarValue, Syntax, SyntaxEntry, SyntaxKind, SyntaxNode,
};

use crate::EmbedError;
use crate::found::{self, Found};

/// A template and the regions in it.
pub(crate) struct Document<'t> {
    pub(crate) text: &'t str,
    pub(crate) syntax: Syntax,
    /// Index of the YAML document that is the template.
    root: usize,
    pub(crate) regions: Vec<Found>,
}

/// Result of looking up a path: the node of the last key of the path that exists.
#[derive(Clone, Copy)]
pub(crate) struct Place<'d> {
    /// Number of leading keys of the path that exist.
    pub(crate) depth: usize,
    /// The entry that holds the node; `None` for the root.
    pub(crate) key: Option<&'d SyntaxEntry>,
    pub(crate) node: &'d SyntaxNode,
    /// Whether a node around this one is a flow collection (`{}` or `[]`).
    pub(crate) in_flow: bool,
    /// Indentation per level along the path, in spaces.
    pub(crate) step: Option<usize>,
}

/// Whether and how entries or items can be added to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    /// Null (written or implied), `{}` or `[]`.
    Empty,
    Mapping(Layout),
    Sequence(Layout),
    /// Nothing can be added; the text says what the node is.
    Other(&'static str),
}

impl<'t> Document<'t> {
    /// Parses a template and finds its regions.
    pub(crate) fn read(text: &'t str) -> Result<Self, EmbedError> {
        if text.trim_start_matches('\u{feff}').trim_ascii_start().starts_with('{') {
            return Err(EmbedError::Json);
        }
        let syntax = Syntax::parse(text).map_err(EmbedError::Unreadable)?;
        let regions = found::regions(text, &syntax.comments)?;
        let root = template(&syntax)?;
        Ok(Self { text, syntax, root, regions })
    }

    pub(crate) fn root(&self) -> &SyntaxNode {
        &self.syntax.documents[self.root]
    }

    /// Looks up a path.
    pub(crate) fn find(&self, path: &[String]) -> Place<'_> {
        let mut place = Place { depth: 0, key: None, node: self.root(), in_flow: false, step: None };
        for key in path {
            let Some(entry) = place.node.get(key) else { break };
            if let Some(inner) = entry.value.entries().first() {
                let columns = inner.key.position.column.checked_sub(entry.key.position.column);
                place.step = columns.filter(|step| *step > 0 && !is_flow(&entry.value)).or(place.step);
            }
            place.depth += 1;
            place.key = Some(entry);
            place.in_flow |= is_flow(&entry.value) && !entry.value.entries().is_empty();
            place.node = &entry.value;
        }
        place
    }

    /// Returns the region with this owner and path.
    pub(crate) fn region(&self, owner: &str, path: &[String]) -> Option<&Found> {
        self.regions.iter().find(|region| region.name().owner == owner && region.name().path == path)
    }

    /// Returns the indentation of the children of sections, in spaces; 2 if no section has any.
    pub(crate) fn step(&self) -> usize {
        let steps = self.root().entries().iter().filter(|entry| !is_flow(&entry.value)).filter_map(|entry| {
            let inner = entry.value.entries().first()?;
            inner.key.position.column.checked_sub(entry.key.position.column).filter(|step| *step > 0)
        });
        steps.into_iter().next().unwrap_or(2)
    }
}

/// Returns the index of the one document that is a template.
fn template(syntax: &Syntax) -> Result<usize, EmbedError> {
    const SIGNS: [&str; 3] = ["Resources", "Transform", "AWSTemplateFormatVersion"];
    let is_template = |root: &SyntaxNode| SIGNS.iter().any(|sign| root.get(sign).is_some());
    let mut templates = syntax.documents.iter().enumerate().filter(|(_, root)| is_template(root));
    match (templates.next(), templates.next()) {
        (Some((_, first)), Some((_, second))) => {
            Err(EmbedError::TwoTemplates { first: first.position, second: second.position })
        }
        (Some((_, template)), None) if is_flow(template) => Err(EmbedError::Json),
        (Some((index, _)), None) => Ok(index),
        (None, _) => Err(EmbedError::NotATemplate),
    }
}

pub(crate) fn is_flow(node: &SyntaxNode) -> bool {
    matches!(node.kind, SyntaxKind::Mapping(Layout::Flow, _) | SyntaxKind::Sequence(Layout::Flow, _))
}

/// Returns whether and how entries or items can be added to a node.
pub(crate) fn container_of(node: &SyntaxNode) -> Container {
    let is_function = |entry: &SyntaxEntry| {
        entry.key.as_str().is_some_and(|key| matches!(key, "Fn::If" | "Fn::FindInMap" | "Ref" | "Fn::GetAtt"))
    };
    match (&node.kind, &node.tag) {
        (SyntaxKind::Alias(_), _) => Container::Other("an alias"),
        (_, Some(_)) => Container::Other("computed by an intrinsic function"),
        (SyntaxKind::Mapping(_, entries), None) if entries.iter().any(is_function) => {
            Container::Other("computed by an intrinsic function")
        }
        (SyntaxKind::Scalar(Scalar { value: ScalarValue::Null, .. }), None) => Container::Empty,
        (SyntaxKind::Scalar(_), None) => Container::Other("a scalar"),
        (SyntaxKind::Mapping(_, entries), None) if entries.is_empty() => Container::Empty,
        (SyntaxKind::Sequence(_, items), None) if items.is_empty() => Container::Empty,
        (SyntaxKind::Mapping(layout, _), None) => Container::Mapping(*layout),
        (SyntaxKind::Sequence(layout, _), None) => Container::Sequence(*layout),
    }
}

/// Returns the string keys of a mapping, including merged ones (`<<`), each with its position and byte offset.
pub(crate) fn keys<'d>(syntax: &'d Syntax, node: &'d SyntaxNode) -> Vec<(&'d str, Position, usize)> {
    let mut keys = Vec::new();
    let mut anchors = HashMap::new();
    for entry in node.entries() {
        match (entry.key.as_str(), &entry.value.kind) {
            (Some("<<"), SyntaxKind::Alias(name)) => {
                if anchors.is_empty() {
                    syntax.documents.iter().for_each(|document| add_anchors(document, &mut anchors));
                }
                let merged = anchors.get(name.as_str()).map_or(&[][..], |node| node.entries());
                keys.extend(merged.iter().filter_map(|merged| {
                    Some((merged.key.as_str()?, entry.key.position, entry.key.range.start))
                }));
            }
            (Some(key), _) => keys.push((key, entry.key.position, entry.key.range.start)),
            (None, _) => {}
        }
    }
    keys
}

/// Adds the nodes with anchors; the first of equal names counts.
fn add_anchors<'d>(node: &'d SyntaxNode, anchors: &mut HashMap<&'d str, &'d SyntaxNode>) {
    if let Some(name) = &node.anchor {
        anchors.entry(name).or_insert(node);
    }
    match &node.kind {
        SyntaxKind::Sequence(_, items) => items.iter().for_each(|item| add_anchors(item, anchors)),
        SyntaxKind::Mapping(_, entries) => {
            entries.iter().for_each(|entry| add_anchors(&entry.value, anchors));
        }
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => {}
    }
}

/// Returns the byte offset of each entry or item of a node; anchors and tags before it do not count.
pub(crate) fn starts_of_children(node: &SyntaxNode) -> Vec<usize> {
    match &node.kind {
        SyntaxKind::Mapping(_, entries) => entries.iter().map(|entry| entry.key.range.start).collect(),
        SyntaxKind::Sequence(_, items) => items.iter().map(|item| item.range.start).collect(),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => Vec::new(),
    }
}
