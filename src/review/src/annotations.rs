//! A review as workflow commands of GitHub Actions, which mark lines of code.

use crate::Review;

/// Returns the worst findings as annotations, a line each, at most `most` of them.
#[must_use]
pub fn annotations(review: &Review, most: usize) -> String {
    format!("{}{most}", review.verdict())
}
