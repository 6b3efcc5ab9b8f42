//! Where a region goes that is not in a template yet.
//!
//! In: a template and a region. Out: the splices that write it: behind the last entry of what it belongs to, at the indentation
//! of the others, with the keys that are missing. What has to go for it (the brackets of `Resources: {}`) and what is written
//! beside it is kept in the marker, so that [`remove`](crate::remove) can bring back every byte.

use tablewright_template::{Kind, Layout, Style, SyntaxKind, SyntaxNode};

use crate::EmbedError;
use crate::document::{Document, Place, Room, is_flow, room, starts_of_children};
use crate::embed::write_region;
use crate::marker::{Begin, Name, Seam};
use crate::region::{Region, Shape};
use crate::splice::Splice;
use crate::text;

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
    let refused = |found| EmbedError::NotAContainer {
        path: region.path[..place.depth].join("/"),
        found,
        position: place.key.map_or(place.node.position, |entry| entry.key.position),
    };
    let wants_list = matches!(region.content.as_ref().map(|content| &content.kind), Some(Kind::Sequence(_)));
    match (room(place.node), missing > 0 || !wants_list) {
        (Room::None(found), _) => Err(refused(found)),
        (Room::Sequence(_), true) => Err(refused("a list")),
        (Room::Mapping(_), false) => Err(refused("a mapping, and a list is wanted")),
        (Room::Mapping(Layout::Block) | Room::Sequence(Layout::Block), _) => {
            Ok(vec![behind_the_others(document, place, region, begin)])
        }
        (Room::Mapping(Layout::Flow) | Room::Sequence(Layout::Flow), _) => {
            Ok(vec![in_brackets(document, place, region, begin)])
        }
        (Room::Empty, _) if is_flow(place.node) && place.in_flow => {
            Ok(vec![in_brackets(document, place, region, begin)])
        }
        (Room::Empty, _) if place.in_flow => Err(refused("empty, and in brackets")),
        (Room::Empty, _) => match in_place_of_nothing(document, place, region, begin.clone()) {
            Some(splices) => Ok(splices),
            None if is_flow(place.node) => Ok(vec![in_brackets(document, place, region, begin)]),
            None => Err(refused("empty, with something that belongs to it")),
        },
    }
}

/// Behind the last entry or item of a block.
fn behind_the_others(document: &Document<'_>, place: Place<'_>, region: &Region, begin: Begin) -> Splice {
    let node = place.node;
    let indentation = node.position.column - 1;
    let (at, last) = match place.key {
        Some(key) => (behind(document, node, key.key.position.column), node),
        None => end_of_rank(document, &region.path[0]),
    };
    // A section of its own, spaced as the others are.
    let gap = place.depth == 0 && is_spaced(document, node) && !ends_in_block_scalar(last);
    let begin = Begin { gap, ..begin };
    let step = place.step.unwrap_or_else(|| document.step());
    let shape = Shape { layout: Layout::Block, indentation, wrapped_in: &region.path[place.depth..] };
    at_line(document, at, region, begin, shape, step)
}

/// Behind a key that has no value, or one that comes to nothing and goes.
fn in_place_of_nothing(
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
        // A comment, an anchor: more than nothing.
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
    let at = past_comments(document, header_end, column);
    let shape = Shape {
        layout: Layout::Block,
        indentation: column - 1 + step,
        wrapped_in: &region.path[place.depth..],
    };
    splices.push(at_line(document, at, region, begin, shape, step));
    Some(splices)
}

/// Behind an opening bracket, in front of whatever there is: right with a comma at the end, whatever follows.
fn in_brackets(document: &Document<'_>, place: Place<'_>, region: &Region, begin: Begin) -> Splice {
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

/// Writes a region, and the keys that it needs, at the start of a line or at the end of the text.
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

/// Returns the place behind a node and the comments that belong to it, at the start of a line or at the end of the text.
fn behind(document: &Document<'_>, node: &SyntaxNode, column: usize) -> usize {
    let end = node.range.end;
    // A block scalar that keeps its empty lines ends at the start of a line.
    if end > 0 && text::line_start(document.text, end) == end {
        return past_regions(document, end);
    }
    past_comments(document, text::line_end(document.text, end), column)
}

/// Comments directly behind, deeper than the key at `column`, belong to what is there already. `end` is the end of a line.
fn past_comments(document: &Document<'_>, end: usize, column: usize) -> usize {
    let source = document.text;
    let mut at = text::after_break(source, end);
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

/// Never inside of a region of ours, its markers included.
fn past_regions(document: &Document<'_>, at: usize) -> usize {
    let inside = document.regions.iter().find(|region| region.contains(at) && at > region.range.start);
    inside.map_or(at, |region| text::after_break(document.text, region.range.end))
}

/// Returns the place of a section that is missing: behind those that people write before it.
fn end_of_rank<'d>(document: &'d Document<'_>, section: &str) -> (usize, &'d SyntaxNode) {
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
            (behind(document, end, entry.key.position.column), end)
        }
        None => (document.text.len(), document.root()),
    }
}

/// Whether somebody has empty lines between the entries of a node.
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

/// Whether an empty line behind a node could become a part of it (`|+`).
fn ends_in_block_scalar(node: &SyntaxNode) -> bool {
    match &node.kind {
        SyntaxKind::Scalar(scalar) => matches!(scalar.style, Style::Literal | Style::Folded),
        SyntaxKind::Alias(_) => false,
        SyntaxKind::Sequence(_, items) => items.last().is_some_and(ends_in_block_scalar),
        SyntaxKind::Mapping(_, entries) => {
            entries.last().is_some_and(|entry| ends_in_block_scalar(&entry.value))
        }
    }
}

/// Returns the place behind the colon of a key, if it is directly behind the key.
pub(crate) fn after_colon(source: &str, key: &SyntaxNode) -> Option<usize> {
    let rest = &source[key.range.end..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    rest[blanks..].starts_with(':').then_some(key.range.end + blanks + 1)
}
