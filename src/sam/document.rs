//! A template as something to be added to: its sections, the regions in it, and where a path leads.
//!
//! In: a text. Out: a [`Document`], or why the text is none. It takes what SAM takes, also what CloudFormation itself does not
//! (anchors and aliases), and never asks what the parts mean.

use tablewright_template::{
    Layout, Position, Scalar, ScalarValue, Syntax, SyntaxEntry, SyntaxKind, SyntaxNode,
};

use crate::EmbedError;
use crate::found::{self, Found};

/// A template and the regions in it.
pub(crate) struct Document<'t> {
    pub(crate) text: &'t str,
    pub(crate) syntax: Syntax,
    /// Which document is the template.
    root: usize,
    pub(crate) regions: Vec<Found>,
}

/// Where a path leads: to the last of its keys that is there.
#[derive(Clone, Copy)]
pub(crate) struct Place<'d> {
    /// How many keys of the path are there.
    pub(crate) depth: usize,
    /// The key that leads to the node; the root has none.
    pub(crate) key: Option<&'d SyntaxEntry>,
    pub(crate) node: &'d SyntaxNode,
    /// Whether something around the node is in brackets.
    pub(crate) in_flow: bool,
    /// The spaces that a level is indented by on the way here.
    pub(crate) step: Option<usize>,
}

/// What a node can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Room {
    /// It has nothing in it: a null, written or not, or empty brackets.
    Empty,
    Mapping(Layout),
    Sequence(Layout),
    /// It can take nothing, being this.
    None(&'static str),
}

impl<'t> Document<'t> {
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

    /// Returns where a path leads.
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

    /// Returns the region of this name.
    pub(crate) fn region(&self, owner: &str, path: &[String]) -> Option<&Found> {
        self.regions.iter().find(|region| region.name().owner == owner && region.name().path == path)
    }

    /// Returns the spaces that the children of sections are indented by.
    pub(crate) fn step(&self) -> usize {
        let steps = self.root().entries().iter().filter(|entry| !is_flow(&entry.value)).filter_map(|entry| {
            let inner = entry.value.entries().first()?;
            inner.key.position.column.checked_sub(entry.key.position.column).filter(|step| *step > 0)
        });
        steps.into_iter().next().unwrap_or(2)
    }
}

/// The one document that is a template.
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

/// Returns what a node can take.
pub(crate) fn room(node: &SyntaxNode) -> Room {
    let is_function = |entry: &SyntaxEntry| {
        entry.key.as_str().is_some_and(|key| matches!(key, "Fn::If" | "Fn::FindInMap" | "Ref" | "Fn::GetAtt"))
    };
    match (&node.kind, &node.tag) {
        (SyntaxKind::Alias(_), _) => Room::None("an alias"),
        (_, Some(_)) => Room::None("computed by a function"),
        (SyntaxKind::Mapping(_, entries), None) if entries.iter().any(is_function) => {
            Room::None("computed by a function")
        }
        (SyntaxKind::Scalar(Scalar { value: ScalarValue::Null, .. }), None) => Room::Empty,
        (SyntaxKind::Scalar(_), None) => Room::None("a text"),
        (SyntaxKind::Mapping(_, entries), None) if entries.is_empty() => Room::Empty,
        (SyntaxKind::Sequence(_, items), None) if items.is_empty() => Room::Empty,
        (SyntaxKind::Mapping(layout, _), None) => Room::Mapping(*layout),
        (SyntaxKind::Sequence(layout, _), None) => Room::Sequence(*layout),
    }
}

/// Returns the keys of a mapping that are strings, with those that merges (`<<`) bring in, and where each is.
pub(crate) fn keys<'d>(syntax: &'d Syntax, node: &'d SyntaxNode) -> Vec<(&'d str, Position, usize)> {
    let mut keys = Vec::new();
    for entry in node.entries() {
        match (entry.key.as_str(), &entry.value.kind) {
            (Some("<<"), SyntaxKind::Alias(name)) => {
                let merged = syntax.documents.iter().find_map(|document| anchored(document, name));
                let merged = merged.map_or(&[][..], SyntaxNode::entries);
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

fn anchored<'d>(node: &'d SyntaxNode, name: &str) -> Option<&'d SyntaxNode> {
    if node.anchor.as_deref() == Some(name) {
        return Some(node);
    }
    match &node.kind {
        SyntaxKind::Sequence(_, items) => items.iter().find_map(|item| anchored(item, name)),
        SyntaxKind::Mapping(_, entries) => entries.iter().find_map(|entry| anchored(&entry.value, name)),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
    }
}

/// Returns where each entry or item of a node begins: at its key, its anchor or tag aside.
pub(crate) fn starts_of_children(node: &SyntaxNode) -> Vec<usize> {
    match &node.kind {
        SyntaxKind::Mapping(_, entries) => entries.iter().map(|entry| entry.key.range.start).collect(),
        SyntaxKind::Sequence(_, items) => items.iter().map(|item| item.range.start).collect(),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => Vec::new(),
    }
}
