//! Removes regions from a template and restores what was changed around them.

use std::ops::Range;

use crate::EmbedError;
use crate::cut_off::is_after_block_scalar;
use crate::document::{Document, starts_of_children};
use crate::found::Found;
use crate::insert::after_colon;
use crate::marker::{Begin, Seam};
use crate::splice::{Splice, apply};
use crate::text;

/// Returns the text of the template without the given regions.
pub(crate) fn cut(document: &Document<'_>, gone: &[&Found]) -> Result<String, EmbedError> {
    let source = document.text;
    let is_gone = |region: &Found| gone.iter().any(|gone| gone.name() == region.name());
    let is_in_gone = |at: usize| gone.iter().any(|region| region.contains(at));
    let mut ranges = Vec::new();
    let mut splices = Vec::new();
    for run in document.regions.chunk_by(|one, next| one.lines(source).end == next.range.start) {
        let inline = run.iter().find(|region| region.begin.seam == Seam::Inline);
        let (cut, left): (Vec<&Found>, Vec<&Found>) = run.iter().partition(|region| is_gone(region));
        ranges.extend(cut.iter().map(|region| region.lines(source)));
        match (inline, left.first(), cut.last()) {
            // The run broke a line after a bracket: join the line again.
            (Some(first), None, Some(last)) => {
                let next = last.lines(source).end;
                let margin = text::indentation(source, next).min(first.indentation);
                ranges.push(text::before_break(source, run[0].range.start)..next + margin);
            }
            (Some(first), Some(successor), _) if is_gone(first) => {
                splices.push(marker(
                    document,
                    successor,
                    &Begin { seam: Seam::Inline, ..successor.begin.clone() },
                ));
            }
            (_, _, _) => {}
        }
    }
    let mut lines_of_keys = Vec::new();
    for region in gone {
        let path = &region.name().path;
        let place = document.find(path);
        let stays = place.depth == path.len()
            && starts_of_children(place.node).into_iter().any(|start| !is_in_gone(start));
        if let Some(headers) = headers(document, region).filter(|_| !stays) {
            ranges.extend(gap(source, region, headers.start));
            lines_of_keys.push(headers);
        }
    }
    let vanishes = |at: usize| is_in_gone(at) || lines_of_keys.iter().any(|lines| lines.contains(&at));
    let mut left_records = Vec::new();
    for region in gone {
        let place = document.find(region.begin.anchor());
        if starts_of_children(place.node).into_iter().any(|start| !vanishes(start)) {
            left_records.push(*region);
        } else if let (Some(was), Some(key)) = (&region.begin.was, place.key) {
            let colon = after_colon(source, &key.key)
                .ok_or_else(|| EmbedError::Internal("the key of a region has no colon".to_owned()))?;
            splices.push(Splice { at: colon..colon, with: was.clone() });
        }
    }
    let heirs = heirs(document, &left_records, is_gone);
    splices.extend(heirs.into_iter().map(|heir| marker(document, heir.0, &heir.1)));
    ranges.extend(lines_of_keys);
    splices.extend(merged(document, ranges).into_iter().map(|at| Splice { at, with: String::new() }));
    Ok(apply(source, splices))
}

/// Merges overlapping and adjacent ranges. A range at the end of a text without a final line break is extended by the line break
/// before it, which was added with the region; but not by one that ends a block scalar, as regions are never added after a block
/// scalar without a line break.
fn merged(document: &Document<'_>, mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let source = document.text;
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            Some(_) | None => merged.push(range),
        }
    }
    if let Some(last) = merged.last_mut().filter(|last| last.end == source.len())
        && !source.ends_with(['\n', '\r'])
        && !is_after_block_scalar(document, last.start)
    {
        last.start = text::before_break(source, last.start);
    }
    merged
}

/// Returns the regions that still need the records of created keys and replaced bytes of `gone` regions, each with its new begin
/// marker: those with the same path, else those whose keys were created in the same place.
fn heirs<'d>(
    document: &'d Document<'_>,
    gone: &[&Found],
    is_gone: impl Fn(&Found) -> bool,
) -> Vec<(&'d Found, Begin)> {
    let left = document.regions.iter().filter(|region| !is_gone(region));
    let mut left: Vec<(&Found, Begin)> = left.map(|region| (region, region.begin.clone())).collect();
    let mut replaced = Vec::new();
    for region in gone {
        let Begin { gap, made, was, .. } = &region.begin;
        let heir = left.iter_mut().find(|(other, _)| other.name().path == region.name().path);
        match (heir, was) {
            (Some((_, begin)), _) if *made > 0 || was.is_some() => {
                (begin.gap, begin.made, begin.was) = (*gap, *made, was.clone());
            }
            (None, Some(was)) => replaced.push((region.begin.anchor(), was)),
            (_, _) => {}
        }
    }
    // Only now is it known which regions have keys created in the same place.
    for (anchor, was) in replaced {
        if let Some((_, begin)) = left.iter_mut().find(|(_, begin)| begin.anchor() == anchor) {
            begin.was = Some(was.clone());
        }
    }
    left.retain(|(region, begin)| region.begin != *begin);
    left
}

/// Returns the empty line that was added before the keys of a region, which begin at `start`.
fn gap(source: &str, region: &Found, start: usize) -> Option<Range<usize>> {
    let end = text::before_break(source, start);
    let line = text::line_start(source, end);
    (region.begin.gap && line < start && text::is_blank(&source[line..end])).then_some(line..start)
}

/// Rewrites the begin marker of a region.
fn marker(document: &Document<'_>, region: &Found, begin: &Begin) -> Splice {
    let start = region.range.start + region.indentation;
    Splice { at: start..text::line_end(document.text, start), with: begin.to_string() }
}

/// Returns the lines of the keys that were created for a region, from the last one upwards, as far as nothing else is below them.
fn headers(document: &Document<'_>, region: &Found) -> Option<Range<usize>> {
    let source = document.text;
    let path = &region.name().path;
    let mut start = region.range.start;
    for depth in (path.len() - region.begin.made..path.len()).rev() {
        let place = document.find(&path[..=depth]);
        if place.depth != depth + 1 {
            return None;
        }
        let key = &place.key?.key;
        let is_alone = depth + 1 == path.len() || place.node.entries().len() == 1;
        let line = text::line_start(source, key.range.start);
        let end = text::line_end(source, line);
        // A comment may have been added after the key; keep the line then.
        let is_as_made = source[line..end].trim_start_matches(' ') == format!("{}:", path[depth]);
        if !is_alone || !is_as_made || text::after_break(source, end) != start {
            break;
        }
        start = line;
    }
    (start < region.range.start).then_some(start..region.range.start)
}
