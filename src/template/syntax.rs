//! What is written where: the tree for whoever edits the text of a template and must not lose a byte of it.
//!
//! In: YAML. Out: a [`Syntax`] of nodes that know the bytes they stand in, with anchors, aliases, tags and
//! comments as they are written. Unlike [`parse`](crate::parse) it takes what CloudFormation does not and the
//! tools around it do: aliases, several documents, keys of any kind, a key twice. It never asks what a
//! template means, and never panics on a text.

use std::ops::Range;

use granit_parser::{Event, Parser, Span, StructureStyle, Tag};

use crate::tree::MAX_DEPTH;
use crate::yaml::{position, scan_error, style_of, written_scalar};
use crate::{MAX_BYTES, ParseError, ParseErrorKind, Position, Scalar, ScalarValue, Style};

/// A text as it is written.
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
    /// The root of each document. That of an empty document is a null of no bytes.
    pub documents: Vec<SyntaxNode>,
    /// The comments in the order of the text.
    pub comments: Vec<Comment>,
}

/// A node as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct SyntaxNode {
    /// The bytes of the value, without its anchor and tag. A block ends where the last thing in it does; the
    /// content of a block scalar ends with its last line, and with the empty lines behind it where they count
    /// (`|+`).
    pub range: Range<usize>,
    /// Where the value begins.
    pub position: Position,
    /// The name of the anchor (`&name`).
    pub anchor: Option<String>,
    /// The tag as written, such as `!Sub`.
    pub tag: Option<String>,
    /// What it is.
    pub kind: SyntaxKind,
}

/// What a [`SyntaxNode`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum SyntaxKind {
    /// A scalar. What it means is told as if there were no tag.
    Scalar(Scalar),
    /// The node that has this anchor (`*name`).
    Alias(String),
    /// A list.
    Sequence(Layout, Vec<SyntaxNode>),
    /// Keys and values.
    Mapping(Layout, Vec<SyntaxEntry>),
}

/// How a collection is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// By indentation.
    Block,
    /// In brackets.
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
    /// Its bytes, from the `#` to the end of the line, without the line break.
    pub range: Range<usize>,
    /// Where the `#` is.
    pub position: Position,
}

impl Syntax {
    /// Reads YAML, with or without a byte order mark.
    ///
    /// # Errors
    ///
    /// Where the text is no YAML, is longer than [`MAX_BYTES`], or is nested deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_BYTES {
            return Err(ParseErrorKind::TooLong { bytes: text.len() }.at(Position::START));
        }
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            // What bounds them is the length of the text.
            max_buffered_comment_events: MAX_BYTES,
        };
        let mut builder = Builder { text, open: Vec::new(), documents: Vec::new(), comments: Vec::new() };
        for event in Parser::new_from_str_with_options(text, options) {
            let (event, span) = event.map_err(|error| scan_error(&error))?;
            builder.add(event, &span)?;
        }
        // The parser tells a comment behind the `|` of a block scalar after the scalar.
        builder.comments.sort_unstable_by_key(|comment| comment.range.start);
        Ok(Self { documents: builder.documents, comments: builder.comments })
    }
}

impl SyntaxNode {
    /// The text of a string scalar. Not that of a number or a boolean.
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

    /// The entries of a mapping; none of anything else.
    #[must_use]
    pub fn entries(&self) -> &[SyntaxEntry] {
        match &self.kind {
            SyntaxKind::Mapping(_, entries) => entries,
            SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) | SyntaxKind::Sequence(..) => &[],
        }
    }

    /// The first entry of a mapping with this string as key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&SyntaxEntry> {
        self.entries().iter().find(|entry| entry.key.as_str() == Some(key))
    }

    /// Whether nothing is written, as in `Resources:`.
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

/// A collection whose end has not come yet.
struct Open {
    node: SyntaxNode,
    /// The key whose value comes next.
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
                self.trim_block_scalar(&mut node);
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
            // Where streams and documents begin and end says nothing more.
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

    /// Puts a finished node where it belongs.
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

    /// The node whose event was the latest: the parser tells an anchor right behind its node.
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

    /// The parser has a block scalar end with all white space behind it, the indentation of the next line too, and
    /// puts one without content at what follows.
    fn trim_block_scalar(&self, node: &mut SyntaxNode) {
        let SyntaxKind::Scalar(scalar) = &node.kind else {
            return;
        };
        match scalar.style {
            Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => {}
            Style::Literal | Style::Folded => {
                let until = &self.text[..node.range.end];
                let kept = scalar.text == "\n" || scalar.text.ends_with("\n\n");
                let end =
                    if kept { until.trim_end_matches([' ', '\t']).len() } else { until.trim_end().len() };
                node.range = node.range.start.min(end)..end;
            }
        }
    }

    /// The parser has a list that is not indented begin behind its first dash. The dash is then the first thing in a
    /// line, at the column of the key.
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

/// The bracket ends a collection in brackets, and the last thing in it a block.
fn end_of_collection(node: &SyntaxNode, end: &Span) -> usize {
    let last = match &node.kind {
        SyntaxKind::Sequence(Layout::Block, items) => items.last(),
        SyntaxKind::Mapping(Layout::Block, entries) => entries.last().map(|entry| &entry.value),
        SyntaxKind::Sequence(Layout::Flow, _) | SyntaxKind::Mapping(Layout::Flow, _) => None,
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
    };
    last.map_or_else(|| bytes(end).end, |last| last.range.end)
}

fn bytes(span: &Span) -> Range<usize> {
    span.byte_range().expect("the parser of a &str knows all byte offsets")
}
