//! Builds the tree from the events of the YAML and JSON parsers.
//!
//! Enforces the rules of both: no duplicate keys, and a maximum depth, so that recursion over the tree and its drop cannot
//! overflow the stack.

use crate::duplicate::Duplicates;
use crate::short_form::Function;
use crate::{Deployed, Entry, Kind, Node, ParseError, ParseErrorKind, Position, Scalar};

/// Maximum depth of nested sequences and mappings, including those of short forms.
///
/// It is the limit of `serde_json`, so that it can parse the output of [`Node::write_json`].
pub const MAX_DEPTH: usize = 127;

/// A builder of a tree.
pub(crate) struct Tree {
    open: Vec<Open>,
    /// Current depth: `open`, and the mappings of their short forms.
    depth: usize,
    root: Option<Node>,
    duplicates: Duplicates,
}

/// A collection that has not ended yet.
struct Open {
    position: Position,
    function: Option<Function>,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, key: Option<(String, Position)> },
}

/// What is next in the current collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The root, or nothing if there already is one.
    Root,
    Item,
    Key,
    /// The value of the last key.
    Value,
}

impl Tree {
    pub(crate) fn new(duplicates: Duplicates) -> Self {
        Self { open: Vec::new(), depth: 0, root: None, duplicates }
    }

    pub(crate) fn next(&self) -> Next {
        match self.open.last().map(|open| &open.items) {
            None => Next::Root,
            Some(Items::Sequence(_)) => Next::Item,
            Some(Items::Mapping { key: None, .. }) => Next::Key,
            Some(Items::Mapping { key: Some(_), .. }) => Next::Value,
        }
    }

    pub(crate) fn key(&mut self, text: String, position: Position) {
        if let Some(Open { items: Items::Mapping { key, .. }, .. }) = self.open.last_mut() {
            *key = Some((text, position));
        }
    }

    pub(crate) fn scalar(
        &mut self,
        position: Position,
        scalar: Scalar,
        function: Option<Function>,
    ) -> Result<(), ParseError> {
        let (node, levels) = if let Some(function) = function {
            function.of_scalar(position, scalar)?
        } else {
            let kind = Kind::Scalar(scalar);
            (Node { position, kind }, 0)
        };
        check_depth(self.depth + levels, position)?;
        self.add(node);
        Ok(())
    }

    pub(crate) fn open_sequence(
        &mut self,
        position: Position,
        function: Option<Function>,
    ) -> Result<(), ParseError> {
        self.open(position, function, Items::Sequence(Vec::new()))
    }

    pub(crate) fn open_mapping(
        &mut self,
        position: Position,
        function: Option<Function>,
    ) -> Result<(), ParseError> {
        let (entries, key) = (Vec::new(), None);
        self.open(position, function, Items::Mapping { entries, key })
    }

    fn open(
        &mut self,
        position: Position,
        function: Option<Function>,
        items: Items,
    ) -> Result<(), ParseError> {
        self.depth += levels(function);
        check_depth(self.depth, position)?;
        self.open.push(Open { position, function, items });
        Ok(())
    }

    /// Ends the current collection.
    pub(crate) fn close(&mut self) -> Result<(), ParseError> {
        let Some(Open { position, function, items }) = self.open.pop() else {
            return Ok(());
        };
        self.depth -= levels(function);
        let kind = match items {
            Items::Sequence(items) => Kind::Sequence(items),
            Items::Mapping { mut entries, .. } => {
                self.duplicates.settle(&mut entries)?;
                Kind::Mapping(entries)
            }
        };
        let node = Node { position, kind };
        self.add(match function {
            None => node,
            Some(function) => function.call(node),
        });
        Ok(())
    }

    fn add(&mut self, node: Node) {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::Sequence(items)) => items.push(node),
            Some(Items::Mapping { entries, key }) => {
                let (key, key_position) = key.take().expect("both readers give the key before the value");
                entries.push(Entry { key, key_position, value: node });
            }
        }
    }

    /// Returns the root and the recorded duplicate keys, or `None` if there is no root.
    pub(crate) fn finish(self) -> Option<Deployed> {
        Some(Deployed { template: self.root?, duplicates: self.duplicates.noted() })
    }
}

/// Returns the depth of a collection: a short form adds a mapping around it.
fn levels(function: Option<Function>) -> usize {
    1 + usize::from(function.is_some())
}

fn check_depth(depth: usize, position: Position) -> Result<(), ParseError> {
    if depth > MAX_DEPTH { Err(ParseErrorKind::TooDeep.at(position)) } else { Ok(()) }
}
