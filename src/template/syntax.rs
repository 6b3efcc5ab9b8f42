//! The syntax tree of a YAML text, for editing the text without losing a byte.
//!
//! Nodes have byte ranges, and anchors, aliases, tags and comments are kept. Unlike [`parse`](crate::parse), it accepts YAML that
//! CloudFormation does not accept but other tools do: aliases, several documents, keys of any kind, duplicate keys. *Invariants:*
//! templates are not interpreted; no text causes a panic.

use std::ops::Range;

use granit_parser::{Event, Parser, Span, StructureStyle, Tag};

use crate::tree::MAX_DEPTH;
use crate::yaml::{CUT_OFF_AS_WRITTEN, position, scan_error, style_of, written_scalar};
use crate::{MAX_BYTES, ParseError, ParseErrorKind, Position, Scalar, ScalarValue, Style};

/// The syntax tree of a text.
///
/// ```
/// use tablewright_template::{Syntax, SyntaxKind};
///
/// let text = "Resources: # all of them\n  Orders: &orders {Type: x}\n  Copy: *orders\n";
/// let syntax = Syntax::parse(text)?;
///
/// let resources = &syntax.documents[0].get("Resources").expect("written above").value;
/// let orders = resources.get("Orders").expect("written above");
/// assert_eq!(&text[orders.value.range.clone()], "{Type: x}");
/// assert_eq!(orders.value.anchor.as_deref(), Some("orders"));
/// assert_eq!(resources.get("Copy").expect("written above").value.kind, SyntaxKind::Alias("orders".to_owned()));
/// assert_eq!(&text[syntax.comments[0].range.clone()], "# all of them");
/// # Ok::<(), tablewright_template::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Syntax {
    /// The root of each document. The root of an empty document is a null with an empty range.
    pub documents: Vec<SyntaxNode>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A node of a syntax tree.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntaxNode {
    /// The bytes of the value, without its anchor and tag. A block collection ends with its last node. A block scalar ends with
    /// its last line, including trailing empty lines if they belong to it (`|+`).
    pub range: Range<usize>,
    /// The start of the value.
    pub position: Position,
    /// The name of the anchor (`&name`).
    pub anchor: Option<String>,
    /// The tag as written, such as `!Sub`.
    pub tag: Option<String>,
    /// The value.
    pub kind: SyntaxKind,
}

/// The value of a [`SyntaxNode`].
#[derive(Debug, Clone, PartialEq)]
pub enum SyntaxKind {
    /// A scalar. Its value does not take the tag into account.
    Scalar(Scalar),
    /// An alias (`*name`) of the node with this anchor.
    Alias(String),
    /// A list.
    Sequence(Layout, Vec<SyntaxNode>),
    /// Keys and values.
    Mapping(Layout, Vec<SyntaxEntry>),
}

/// The layout of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Block style, by indentation.
    Block,
    /// Flow style, in brackets.
    Flow,
}

/// A key of a mapping, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntaxEntry {
    /// The key.
    pub key: SyntaxNode,
    /// The value.
    pub value: SyntaxNode,
}

/// A comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The bytes, from the `#` to the end of the line, without the line break.
    pub range: Range<usize>,
    /// Position of the `#`.
    pub position: Position,
}

impl Syntax {
    /// Parses YAML, with or without a byte order mark.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid YAML, is longer than [`MAX_BYTES`], or is nested deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseErrorKind::TooLong { bytes: text.len() }.at(Position::START));
        }
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            block_scalar_eof_without_line_feed: CUT_OFF_AS_WRITTEN,
            // They are limited by the length of the text.
            max_buffered_comment_events: MAX_BYTES,
        };
        let mut builder = Builder { text, open: Vec::new(), documents: Vec::new(), comments: Vec::new() };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| scan_error(&error))?;
            builder.add(event, &span)?;
        }
        // The parser reports a comment after the `|` of a block scalar only after the scalar.
        builder.comments.sort_unstable_by_key(|comment| comment.range.start);
        Ok(Self { documents: builder.documents, comments: builder.comments })
    }
}

impl SyntaxNode {
    /// Returns the text of a string; `None` for numbers, booleans and collections.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            SyntaxKind::Scalar(Scalar { text, value: ScalarValue::String, .. }) => Some(text),
            SyntaxKind::Scalar(_)
            | SyntaxKind::Alias(_)
            | SyntaxKind::Sequence(..)
            | SyntaxKind::Mapping(..) => None,
        }
    }

    /// Returns the entries of a mapping; empty for other nodes.
    #[must_use]
    pub fn entries(&self) -> &[SyntaxEntry] {
        match &self.kind {
            SyntaxKind::Mapping(_, entries) => entries,
            SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) | SyntaxKind::Sequence(..) => &[],
        }
    }

    /// Returns the first entry of a mapping with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SyntaxEntry> {
        self.entries().iter().find(|entry| entry.key.as_str() == Some(key))
    }

    /// Whether the value is missing in the text, as in `Resources:`.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        match &self.kind {
            SyntaxKind::Scalar(scalar) => scalar.style == Style::Plain && self.range.is_empty(),
            SyntaxKind::Alias(_) | SyntaxKind::Sequence(..) | SyntaxKind::Mapping(..) => false,
        }
    }
}

struct Builder<'t> {
    text: &'t str,
    open: Vec<Open>,
    documents: Vec<SyntaxNode>,
    comments: Vec<Comment>,
}

/// A collection that has not ended yet.
struct Open {
    node: SyntaxNode,
    /// The key whose value is next.
    key: Option<SyntaxNode>,
}

impl Builder<'_> {
    fn add(&mut self, event: Event<'_>, span: &Span) -> Result<(), ParseError> {
        match event {
            Event::Scalar(content, style, _, tag) => {
                let mut scalar = written_scalar(content, style_of(style), self.written(span));
                if scalar.style == Style::Plain {
                    scalar.value = ScalarValue::of_plain(&scalar.text);
                }
                let mut node = self.node(span, tag.as_deref(), SyntaxKind::Scalar(scalar));
                self.trim_block_scalar(&mut node, span.start.col());
                self.close(node);
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                let name = self.written(span).trim_start_matches('*').to_owned();
                let node = self.node(span, None, SyntaxKind::Alias(name));
                self.close(node);
            }
            Event::SequenceStart(style, _, tag) => {
                let kind = SyntaxKind::Sequence(layout_of(style), Vec::new());
                let mut node = self.node(span, tag.as_deref(), kind);
                match style {
                    StructureStyle::Block => self.find_first_dash(&mut node),
                    StructureStyle::Flow => {}
                }
                self.open(node)?;
            }
            Event::MappingStart(style, _, tag) => {
                let kind = SyntaxKind::Mapping(layout_of(style), Vec::new());
                let node = self.node(span, tag.as_deref(), kind);
                self.open(node)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(Open { mut node, .. }) = self.open.pop() {
                    node.range.end = end_of_collection(&node, span);
                    self.close(node);
                }
            }
            Event::Anchor(_, name) => {
                if let Some(node) = self.latest() {
                    node.anchor = Some(name.into_owned());
                }
            }
            Event::Comment(..) => {
                self.comments.push(Comment { range: bytes(span), position: position(&span.start) });
            }
            // The start and end of streams and documents add no nodes.
            _ => {}
        }
        Ok(())
    }

    fn written(&self, span: &Span) -> &str {
        span.slice(self.text).unwrap_or_default()
    }

    fn node(&self, span: &Span, tag: Option<&Tag>, kind: SyntaxKind) -> SyntaxNode {
        let written = span.tag_span().map(|span| self.written(&span).to_owned());
        SyntaxNode {
            range: bytes(span),
            position: position(&span.start),
            anchor: None,
            tag: tag.map(|tag| written.unwrap_or_else(|| tag.original())),
            kind,
        }
    }

    fn open(&mut self, node: SyntaxNode) -> Result<(), ParseError> {
        if self.open.len() == MAX_DEPTH {
            return Err(ParseErrorKind::TooDeep.at(node.position));
        }
        self.open.push(Open { node, key: None });
        Ok(())
    }

    /// Adds a complete node to its parent.
    fn close(&mut self, node: SyntaxNode) {
        let Some(Open { node: parent, key }) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        match &mut parent.kind {
            SyntaxKind::Sequence(_, items) => items.push(node),
            SyntaxKind::Mapping(_, entries) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push(SyntaxEntry { key, value: node }),
            },
            SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => {}
        }
    }

    /// Returns the node of the last event: the parser reports an anchor directly after its node.
    fn latest(&mut self) -> Option<&mut SyntaxNode> {
        let Some(Open { node, key }) = self.open.last_mut() else {
            return self.documents.last_mut();
        };
        let is_empty = match &node.kind {
            SyntaxKind::Sequence(_, items) => items.is_empty(),
            SyntaxKind::Mapping(_, entries) => entries.is_empty(),
            SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => true,
        };
        match (key, is_empty) {
            (Some(key), _) => Some(key),
            (None, true) => Some(node),
            (None, false) => match &mut node.kind {
                SyntaxKind::Sequence(_, items) => items.last_mut(),
                SyntaxKind::Mapping(_, entries) => entries.last_mut().map(|entry| &mut entry.value),
                SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
            },
        }
    }

    /// Corrects the range of a block scalar: the parser includes all white space after it and the indentation of the next line,
    /// and sets an empty one to the next node. `indent` is the column of its first line, from 0.
    fn trim_block_scalar(&self, node: &mut SyntaxNode, indent: usize) {
        let SyntaxKind::Scalar(scalar) = &node.kind else {
            return;
        };
        match scalar.style {
            Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => {}
            Style::Literal | Style::Folded => {
                let until = &self.text[..node.range.end];
                let is_empty = scalar.text.trim_matches('\n').is_empty();
                let kept = scalar.text == "\n" || scalar.text.ends_with("\n\n");
                // An empty one starts at the end of its header, or before.
                let start = if is_empty { until.trim_end().len() } else { node.range.start };
                let end = match (kept, is_empty) {
                    (true, _) => until.trim_end_matches([' ', '\t']).len(),
                    (false, true) => start,
                    (false, false) => end_of_content(until, indent),
                };
                node.range = node.range.start.min(start).min(end)..end;
            }
        }
    }

    /// Corrects the start of a list without indentation, which the parser sets after the first dash. The dash is then the first
    /// character in a line, at the column of the key.
    fn find_first_dash(&self, node: &mut SyntaxNode) {
        let Some(Open { key: Some(key), .. }) = self.open.last() else {
            return;
        };
        let between = &self.text[key.range.end..node.range.start];
        let breaks = between.match_indices(['\n', '\r']).map(|(at, _)| at + 1);
        let lines = breaks.filter(|start| !between[start - 1..].starts_with("\r\n"));
        for (number, start) in lines.enumerate() {
            let indentation = between[start..].len() - between[start..].trim_start_matches(' ').len();
            if between[start + indentation..].starts_with('-') {
                node.range.start = key.range.end + start + indentation;
                node.position = Position { line: key.position.line + number + 1, column: indentation + 1 };
                return;
            }
        }
    }
}

fn layout_of(style: StructureStyle) -> Layout {
    match style {
        StructureStyle::Block => Layout::Block,
        StructureStyle::Flow => Layout::Flow,
    }
}

/// Returns the end of a collection: the bracket of a flow collection, or the last node of a block collection.
fn end_of_collection(node: &SyntaxNode, end: &Span) -> usize {
    let last = match &node.kind {
        SyntaxKind::Sequence(Layout::Block, items) => items.last(),
        SyntaxKind::Mapping(Layout::Block, entries) => entries.last().map(|entry| &entry.value),
        SyntaxKind::Sequence(Layout::Flow, _) | SyntaxKind::Mapping(Layout::Flow, _) => None,
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
    };
    last.map_or_else(|| bytes(end).end, |last| last.range.end)
}

/// Returns the end of the content of a block scalar in `until`, which ends after it. A line of white space is content if it is
/// longer than the indentation.
fn end_of_content(until: &str, indent: usize) -> usize {
    // Other white space of Unicode is content.
    let end = until.trim_end_matches([' ', '\t', '\n', '\r']).len();
    let (mut at, mut content) = (end, end);
    // The first piece is the rest of the last line that is not blank.
    for (number, line) in until[end..].split(['\n', '\r']).enumerate() {
        if number > 0 && line.len() > indent {
            content = at + line.len();
        }
        at += line.len() + 1;
    }
    content
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().expect("the parser of a &str knows all byte offsets")
}
