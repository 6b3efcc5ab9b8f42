//! Inserts a region that is not in a template yet.
//!
//! A region is inserted after the last entry of its mapping or list, at the indentation of the entries there, with the keys of
//! its path that are missing; or before that entry, if a line break after it would change its value. Bytes that have to be replaced (the braces of `Resources: {}`) and lines that are added around it
//! are recorded in the marker, so that [`remove`](crate::remove) can restore every byte.

use tablewright_template::{Kind, Layout, SyntaxNode};

use crate::EmbedError;
use crate::as_list::as_list;
use crate::cut_off::{cut_off_scalar, ends_in_block_scalar, start_of_last_child};
use crate::document::{Container, Document, Place, container_of, is_flow, starts_of_children};
use crate::embed::write_region;
use crate::marker::{Begin, Name, Seam};
use crate::region::{Region, Shape};
use crate::splice::Splice;
use crate::text;

/// Returns the splices that insert a region, or an error if nothing can be added at its path.
pub(crate) fn insertion(
    document: &Document<'_>,
    owner: &str,
    region: &Region,
) -> Result<Vec<Splice>, EmbedError> {
    let place = document.find(&region.path);
    let begin = Begin {
        name: Name::new(owner, &region.path),
        checksum: String::new(),
        seam: Seam::Lines,
        gap: false,
        made: 0,
        was: None,
    };
    let missing = region.path.len() - place.depth;
    let wants_list = matches!(region.content.as_ref().map(|content| &content.kind), Some(Kind::Sequence(_)));
    let refused = |found| EmbedError::NotAContainer {
        path: region.path[..place.depth].join("/"),
        found,
        position: place.key.map_or(place.node.position, |entry| entry.key.position),
        as_list: place.key.filter(|_| wants_list && missing == 0).map(|key| as_list(document.text, key)),
    };
    match (container_of(place.node), missing > 0 || !wants_list) {
        (Container::Other(found), _) => Err(refused(found)),
        (Container::Sequence(_), true) => Err(refused("a list")),
        (Container::Mapping(_), false) => Err(refused("a mapping, expected a list")),
        (Container::Mapping(Layout::Block) | Container::Sequence(Layout::Block), _) => {
            Ok(vec![in_block_collection(document, place, region, begin)?])
        }
        (Container::Mapping(Layout::Flow) | Container::Sequence(Layout::Flow), _) => {
            Ok(vec![in_flow_collection(document, place, region, begin)])
        }
        (Container::Empty, _) if is_flow(place.node) && place.in_flow => {
            Ok(vec![in_flow_collection(document, place, region, begin)])
        }
        (Container::Empty, _) if place.in_flow => Err(refused("empty, inside of a flow collection")),
        (Container::Empty, _) => match after_empty_key(document, place, region, begin.clone()) {
            Some(splices) => Ok(splices),
            None if is_flow(place.node) => Ok(vec![in_flow_collection(document, place, region, begin)]),
            None => Err(refused("empty, with an anchor or a comment")),
        },
    }
}

/// Inserts a region after the last entry or item of a block collection; before it, if it ends in a block scalar that a line
/// break would change.
fn in_block_collection(
    document: &Document<'_>,
    place: Place<'_>,
    region: &Region,
    begin: Begin,
) -> Result<Splice, EmbedError> {
    let node = place.node;
    let indentation = node.position.column - 1;
    let (mut at, last) = match place.key {
        Some(key) => (end_with_comments(document, node, key.key.position.column), node),
        None => end_of_preceding_section(document, &region.path[0]),
    };
    // A new section: follow the template's habit of empty lines between sections.
    let mut gap = place.depth == 0 && is_spaced(document, node) && !ends_in_block_scalar(last);
    if let Some(scalar) = cut_off_scalar(document).filter(|scalar| at >= scalar.range.start) {
        at = start_of_last_child(document, node).ok_or(EmbedError::CutOff { position: scalar.position })?;
        gap = false;
    }
    let begin = Begin { gap, ..begin };
    let step = place.step.unwrap_or_else(|| document.step());
    let shape = Shape { layout: Layout::Block, indentation, wrapped_in: &region.path[place.depth..] };
    Ok(at_line(document, at, region, begin, shape, step))
}

/// Inserts a region below a key without a value, or with an empty value (`null`, `{}`, `[]`), which is removed and recorded.
/// Returns `None` if the value has an anchor or a comment.
fn after_empty_key(
    document: &Document<'_>,
    place: Place<'_>,
    region: &Region,
    begin: Begin,
) -> Option<Vec<Splice>> {
    let source = document.text;
    let key = &place.key?.key;
    let colon = after_colon(source, key)?;
    let value = place.node;
    let mut splices = Vec::new();
    let mut begin = begin;
    let mut header_end = text::line_end(source, colon);
    if !value.is_absent() {
        let was = &source[colon..value.range.end];
        // A comment or an anchor would be lost.
        let brackets = source[value.range.clone()].trim_matches(['{', '}', '[', ']']);
        let is_bare = source[colon..value.range.start].trim().is_empty()
            && (!is_flow(value) || brackets.trim().is_empty());
        if !is_bare {
            return None;
        }
        begin.was = Some(was.to_owned());
        splices.push(Splice { at: colon..value.range.end, with: String::new() });
        header_end = text::line_end(source, value.range.end);
    } else if value.anchor.is_some() {
        return None;
    }
    let step = place.step.unwrap_or_else(|| document.step());
    let column = key.position.column;
    let at = past_comments(document, text::after_break(source, header_end), column);
    let shape = Shape {
        layout: Layout::Block,
        indentation: column - 1 + step,
        wrapped_in: &region.path[place.depth..],
    };
    splices.push(at_line(document, at, region, begin, shape, step));
    Some(splices)
}

/// Inserts a region directly after the opening bracket of a flow collection. Its last line ends with a comma, which is valid
/// before another entry and before the closing bracket.
fn in_flow_collection(document: &Document<'_>, place: Place<'_>, region: &Region, begin: Begin) -> Splice {
    let source = document.text;
    let at = place.node.range.start + 1;
    let end = text::line_end(source, at);
    let rest = &source[at..end];
    let indentation = text::indentation(source, text::line_start(source, at)) + 2;
    let newline = text::newline_at(source, end);
    let shape = Shape { layout: Layout::Flow, indentation, wrapped_in: &region.path[place.depth..] };
    let goes_on = !text::is_blank(rest) && !rest.trim_start().starts_with('#');
    if goes_on {
        let lines = write_region(region, Begin { seam: Seam::Inline, ..begin }, shape, newline);
        let margin = " ".repeat(indentation);
        return Splice { at: at..at, with: format!("{newline}{lines}{newline}{margin}") };
    }
    let next = text::after_break(source, end);
    Splice { at: next..next, with: write_region(region, begin, shape, newline) + newline }
}

/// Inserts a region and its missing keys at `at`, which is the start of a line or the end of the text.
fn at_line(
    document: &Document<'_>,
    at: usize,
    region: &Region,
    begin: Begin,
    shape: Shape<'_>,
    step: usize,
) -> Splice {
    let source = document.text;
    let newline = text::newline_at(source, at);
    let is_start = text::line_start(source, at) == at;
    let made = shape.wrapped_in;
    let mut headers = String::new();
    for (level, key) in made.iter().enumerate() {
        let width = shape.indentation + level * step;
        headers += &format!("{:width$}{key}:{newline}", "");
    }
    let begin = Begin { made: made.len(), ..begin };
    let shape = Shape { indentation: shape.indentation + made.len() * step, wrapped_in: &[], ..shape };
    let gap = if begin.gap { newline } else { "" };
    let lines = format!("{gap}{headers}{}", write_region(region, begin, shape, newline));
    let with = if is_start { lines + newline } else { format!("{newline}{lines}") };
    Splice { at: at..at, with }
}

/// Returns the offset after a node and the comments that belong to it: the start of a line or the end of the text.
fn end_with_comments(document: &Document<'_>, node: &SyntaxNode, column: usize) -> usize {
    let source = document.text;
    let end = node.range.end;
    // A block scalar that keeps its empty lines ends at the start of a line.
    let is_start = end > 0 && text::line_start(source, end) == end;
    let next = if is_start { end } else { text::after_break(source, text::line_end(source, end)) };
    past_comments(document, next, column)
}

/// Skips the comments that follow and are indented deeper than the key at `column`: they belong to the node above. `at` is the
/// start of a line or the end of the text.
fn past_comments(document: &Document<'_>, mut at: usize, column: usize) -> usize {
    let source = document.text;
    loop {
        let indentation = text::indentation(source, at);
        let is_comment = source[at + indentation..].starts_with('#');
        if !is_comment || indentation < column {
            break;
        }
        at = text::after_break(source, text::line_end(source, at));
        if at == source.len() {
            break;
        }
    }
    past_regions(document, at)
}

/// Returns `at`, moved to the end of the region that it is in, if any: regions must not be nested.
fn past_regions(document: &Document<'_>, at: usize) -> usize {
    let inside = document.regions.iter().find(|region| region.contains(at) && at > region.range.start);
    inside.map_or(at, |region| text::after_break(document.text, region.range.end))
}

/// Returns the offset for a missing section, and the node before it: after the sections that precede it in the usual order of a
/// template.
fn end_of_preceding_section<'d>(document: &'d Document<'_>, section: &str) -> (usize, &'d SyntaxNode) {
    const ORDER: [&str; 11] = [
        "AWSTemplateFormatVersion",
        "Transform",
        "Description",
        "Metadata",
        "Globals",
        "Parameters",
        "Rules",
        "Mappings",
        "Conditions",
        "Resources",
        "Outputs",
    ];
    let rank = |key: &str| ORDER.iter().position(|other| *other == key);
    let entries = document.root().entries();
    let before = entries.iter().filter(|entry| entry.key.as_str().and_then(rank) < rank(section));
    let before = before.filter(|entry| entry.key.as_str().and_then(rank).is_some());
    match before.max_by_key(|entry| entry.key.range.start).or(entries.last()) {
        Some(entry) => {
            let end = if entry.value.is_absent() { &entry.key } else { &entry.value };
            (end_with_comments(document, end, entry.key.position.column), end)
        }
        None => (document.text.len(), document.root()),
    }
}

/// Whether there are empty lines between the entries of a node.
fn is_spaced(document: &Document<'_>, node: &SyntaxNode) -> bool {
    let source = document.text;
    starts_of_children(node).into_iter().skip(1).any(|start| {
        let mut line = text::line_start(source, start);
        loop {
            let before = text::line_start(source, text::before_break(source, line));
            let above = &source[before..text::before_break(source, line).max(before)];
            if !above.trim_start().starts_with('#') || before == line {
                return text::is_blank(above) && before < line;
            }
            line = before;
        }
    })
}

/// Returns the offset after the colon of a key, or `None` if the colon is not in the same line after the key.
pub(crate) fn after_colon(source: &str, key: &SyntaxNode) -> Option<usize> {
    let rest = &source[key.range.end..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[blanks..].starts_with(':').then_some(key.range.end + blanks + 1)
}
