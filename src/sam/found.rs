//! Finds the regions of a template.
//!
//! Markers are searched for in comments only, so that a block scalar may contain text that looks like a marker.

use std::collections::HashMap;
use std::ops::Range;

use tablewright_template::Comment;

use crate::EmbedError;
use crate::marker::{Begin, Marker, Name, checksum};
use crate::text;

/// A region in a template.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) begin: Begin,
    /// Line of the begin marker, from 1.
    pub(crate) line: usize,
    /// From the start of the begin marker's line to the end of the end marker, without its line break.
    pub(crate) range: Range<usize>,
    /// The lines between the markers.
    pub(crate) body: Range<usize>,
    /// Number of spaces before the begin marker.
    pub(crate) indentation: usize,
}

/// Returns the regions of a text, in order, or an error if its markers are malformed, unpaired, overlapping or duplicate.
pub(crate) fn regions(source: &str, comments: &[Comment]) -> Result<Vec<Found>, EmbedError> {
    let mut regions: Vec<Found> = Vec::new();
    let mut open: Option<(Begin, &Comment)> = None;
    for comment in comments {
        let Some(marker) = Marker::read(&source[comment.range.clone()]) else { continue };
        let line = comment.position.line;
        let start = text::line_start(source, comment.range.start);
        if !text::is_blank(source[start..comment.range.start].trim_start_matches('\u{feff}')) {
            return Err(EmbedError::TrailingMarker { line });
        }
        match (marker, open.take()) {
            (Marker::OtherVersion(version), _) => return Err(EmbedError::OtherVersion { version, line }),
            (Marker::Malformed, _) => return Err(EmbedError::MalformedMarker { line }),
            (Marker::Begin(begin), None) => open = Some((begin, comment)),
            (Marker::End(name), None) => {
                return Err(EmbedError::NoBeginning { name: name.to_string(), line });
            }
            (Marker::End(name), Some((begin, first))) if name == begin.name => {
                regions.push(found(source, begin, first, comment));
            }
            (Marker::Begin(Begin { name: inner, .. }) | Marker::End(inner), Some((outer, first))) => {
                return Err(EmbedError::Crossed {
                    outer: outer.name.to_string(),
                    begin: first.position.line,
                    inner: inner.to_string(),
                    line,
                });
            }
        }
    }
    if let Some((begin, first)) = open {
        return Err(EmbedError::NoEnd { name: begin.name.to_string(), line: first.position.line });
    }
    let mut lines = HashMap::new();
    for region in &regions {
        if let Some(first) = lines.insert(region.name(), region.line) {
            let name = region.name().to_string();
            return Err(EmbedError::DuplicateRegion { name, first, second: region.line });
        }
    }
    Ok(regions)
}

fn found(source: &str, begin: Begin, first: &Comment, last: &Comment) -> Found {
    let start = text::line_start(source, first.range.start);
    Found {
        begin,
        line: first.position.line,
        range: start..last.range.end,
        body: text::after_break(source, first.range.end)..text::line_start(source, last.range.start),
        indentation: first.range.start - start,
    }
}

impl Found {
    pub(crate) fn name(&self) -> &Name {
        &self.begin.name
    }

    /// Whether the lines between the markers do not match the checksum.
    pub(crate) fn is_edited(&self, source: &str) -> bool {
        checksum(&source[self.body.clone()]) != self.begin.checksum
    }

    /// Whether a byte offset is inside of the region.
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.range.contains(&at)
    }

    /// Returns the lines of the region, including the line break after the end marker.
    pub(crate) fn lines(&self, source: &str) -> Range<usize> {
        self.range.start..text::after_break(source, self.range.end)
    }
}
