//! Block scalars at the end of a text without a final line break.
//!
//! A line break after such a scalar would be a part of its value, unless its header has a `-`. So nothing is inserted after it, and
//! no line break is removed that a block scalar ends with.

use tablewright_template::{Style, SyntaxKind, SyntaxNode};

use crate::document::Document;
use crate::marker::Marker;
use crate::text;

/// Returns the block scalar that the text ends with, if the text has no final line break.
pub(crate) fn cut_off_scalar<'d>(document: &'d Document<'_>) -> Option<&'d SyntaxNode> {
    let source = document.text;
    if source.ends_with(['\n', '\r']) {
        return None;
    }
    let last = last_before(document.syntax.documents.last()?, source.len());
    (is_block_scalar(last) && source[last.range.end..].trim().is_empty()).then_some(last)
}

/// Whether the line before `at`, which is the start of a line, belongs to a block scalar.
pub(crate) fn is_after_block_scalar(document: &Document<'_>, at: usize) -> bool {
    let last = last_before(document.root(), at);
    is_block_scalar(last)
        && last.range.start < at
        && document.text[last.range.end.min(at)..at].trim().is_empty()
}

/// Whether an empty line after a node could become a part of it (`|+`).
pub(crate) fn ends_in_block_scalar(node: &SyntaxNode) -> bool {
    is_block_scalar(last_before(node, usize::MAX))
}

/// Returns the start of the line of the last entry or item of a block collection, or of the comments above it. Returns `None` if
/// the line does not start with it, as after the `?` of an explicit key.
pub(crate) fn start_of_last_child(document: &Document<'_>, node: &SyntaxNode) -> Option<usize> {
    let source = document.text;
    let indentation = node.position.column - 1;
    let line = match &node.kind {
        SyntaxKind::Mapping(_, entries) => {
            let key = &entries.last()?.key;
            let line = text::line_start(source, key.range.start);
            // An anchor or a tag is not a part of the range.
            let before = source[line..key.range.start].trim_start();
            (before.is_empty() || before.starts_with(['&', '!'])).then_some(line)
        }
        SyntaxKind::Sequence(_, items) => {
            let mut line = text::line_start(source, items.last()?.range.start);
            // The lines of an item are indented deeper than its dash.
            let is_dash = |line: usize| {
                text::indentation(source, line) == indentation
                    && source[line + indentation..].starts_with('-')
            };
            while !is_dash(line) && line > node.range.start {
                line = text::line_start(source, text::before_break(source, line));
            }
            is_dash(line).then_some(line)
        }
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
    }?;
    Some(above_comments(document, line, indentation))
}

/// Returns the start of the comments directly above a line that are not indented deeper than it.
fn above_comments(document: &Document<'_>, line: usize, indentation: usize) -> usize {
    let source = document.text;
    let is_comment =
        |at: usize| document.syntax.comments.binary_search_by_key(&at, |comment| comment.range.start).is_ok();
    let mut at = line;
    loop {
        let above = text::line_start(source, text::before_break(source, at));
        let first = above + text::indentation(source, above);
        let is_marker = Marker::read(&source[first..text::line_end(source, first)]).is_some();
        if above == at || first - above > indentation || is_marker || !is_comment(first) {
            break;
        }
        at = above;
    }
    at
}

fn is_block_scalar(node: &SyntaxNode) -> bool {
    match &node.kind {
        SyntaxKind::Scalar(scalar) => matches!(scalar.style, Style::Literal | Style::Folded),
        SyntaxKind::Alias(_) | SyntaxKind::Sequence(..) | SyntaxKind::Mapping(..) => false,
    }
}

/// Returns the last node without children that starts before `at`, or `node` if it has none.
fn last_before(node: &SyntaxNode, at: usize) -> &SyntaxNode {
    let starts_before = |node: &&SyntaxNode| node.range.start < at;
    let child = match &node.kind {
        SyntaxKind::Mapping(_, entries) => {
            entries.iter().rev().flat_map(|entry| [&entry.value, &entry.key]).find(starts_before)
        }
        SyntaxKind::Sequence(_, items) => items.iter().rev().find(starts_before),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
    };
    child.map_or(node, |child| last_before(child, at))
}
