//! The regions that a text has.
//!
//! In: a text and its comments. Out: every region, in the order of the text, or what is wrong with the markers. Markers are
//! found among the comments, so that a block scalar may hold whatever it likes.

use std::ops::Range;

use tablewright_template::Comment;

use crate::EmbedError;
use crate::marker::{Begin, Marker, Name, checksum};
use crate::text;

/// A region that a text has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) begin: Begin,
    /// The line of the first marker, from 1.
    pub(crate) line: usize,
    /// From the start of the first marker's line to the end of the last marker, without its line break.
    pub(crate) range: Range<usize>,
    /// What is between the lines of the markers.
    pub(crate) body: Range<usize>,
    /// The spaces before the first marker.
    pub(crate) indentation: usize,
}

/// Returns the regions of a text.
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
    for (i, region) in regions.iter().enumerate() {
        if let Some(first) = regions[..i].iter().find(|other| other.name() == region.name()) {
            let name = region.name().to_string();
            return Err(EmbedError::TwoRegions { name, first: first.line, second: region.line });
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

    /// Whether what is between the markers is not what was written there.
    pub(crate) fn is_edited(&self, source: &str) -> bool {
        checksum(&source[self.body.clone()]) != self.begin.checksum
    }

    /// Whether a place is inside of the region.
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.range.contains(&at)
    }

    /// The lines of the region, with the line break behind them.
    pub(crate) fn lines(&self, source: &str) -> Range<usize> {
        self.range.start..text::after_break(source, self.range.end)
    }
}
