//! Replacement of byte ranges of a text.

use std::ops::Range;

/// Replaces the bytes `at` by `with`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) at: Range<usize>,
    pub(crate) with: String,
}

/// Applies all splices. Splices at the same offset are applied in the given order.
pub(crate) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    // The sort must be stable: regions that are inserted at one offset keep their order.
    splices.sort_by_key(|splice| splice.at.start);
    let mut out =
        String::with_capacity(text.len() + splices.iter().map(|splice| splice.with.len()).sum::<usize>());
    let mut done = 0;
    for Splice { at, with } in splices {
        out.push_str(&text[done..at.start.max(done)]);
        out.push_str(&with);
        done = at.end.max(done);
    }
    out.push_str(&text[done..]);
    out
}
