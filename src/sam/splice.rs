//! Changes to a text, each in a place of its own.

use std::ops::Range;

/// What is to stand in the place of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) at: Range<usize>,
    pub(crate) with: String,
}

/// Makes all changes at once. At one place, the first is written first.
pub(crate) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    // Stable: regions that are inserted at one place keep their order.
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
