//! A review as Markdown for a pull request.

use crate::Review;

/// How Markdown is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// The most bytes. A limit that GitHub gives in characters is kept too, however it counts them.
    pub limit: usize,
    /// The name in the hidden marker `<!-- tablewright:ID -->`, by which a comment is found again and replaced.
    pub id: Option<String>,
    /// Where the full report is, for what had to be left out.
    pub link: Option<String>,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { limit: 65_536, id: None, link: None }
    }
}

/// Writes a review as a comment of a pull request.
#[must_use]
pub fn markdown(review: &Review, options: &MarkdownOptions) -> String {
    format!("{} {}", review.verdict(), options.limit)
}

/// Writes a review as the summary of a step of GitHub Actions: the same Markdown, of which 1 MiB is taken.
#[must_use]
pub fn step_summary(review: &Review) -> String {
    markdown(review, &MarkdownOptions { limit: 1024 * 1024, ..MarkdownOptions::default() })
}
