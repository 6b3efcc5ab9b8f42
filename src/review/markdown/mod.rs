//! Formats a review as Markdown for a pull request.
//!
//! It has a summary line, a table for each verdict, the worst first, instructions, and, collapsed, harmless changes, steps and
//! the diff of the templates. *Invariants:* text of templates is escaped (`escape`); a comment does not exceed the size limit,
//! and omitted entries are counted (`size_limit`).

mod escape;
mod size_limit;
mod sections;

use tablewright_plan::Verdict;

use crate::{Review, title};

use sections::{SEPARATOR, tally};

pub(crate) use sections::finding;

/// How Markdown is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// The most bytes of UTF-8; below [`MarkdownOptions::LEAST`] is as if it were that.
    ///
    /// GitHub says 65,536 characters. It has been seen to count code points (descriptions of pull requests) and to take four
    /// times as many bytes (comments). In bytes a limit is kept however it is counted.
    pub limit: usize,
    /// The name in the hidden marker `<!-- tablewright:ID -->`, by which a comment is found again and replaced.
    pub id: Option<String>,
    /// Where the full report is, for what had to be left out.
    pub link: Option<String>,
}

impl MarkdownOptions {
    /// The least limit: what the summary, the marker and the notes about what was left out need.
    pub const LEAST: usize = 4_096;
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { limit: 65_536, id: None, link: None }
    }
}

/// Writes a review as a comment of a pull request.
///
/// ```
/// use tablewright_review::{MarkdownOptions, Review, markdown};
///
/// let options = MarkdownOptions { id: Some("prod".to_owned()), ..MarkdownOptions::default() };
/// let text = markdown(&Review::default(), &options);
/// assert_eq!(text, "<!-- tablewright:prod -->\n**No problems in the definitions**\n");
/// ```
#[must_use]
pub fn markdown(review: &Review, options: &MarkdownOptions) -> String {
    let link = options.link.as_deref().map(escape::url).filter(|link| link.len() <= 1_024);
    let marker = options.id.as_deref().map(escape::marker).unwrap_or_default();
    let definition = link.map(|link| format!("\n[full-report]: <{link}>\n")).unwrap_or_default();
    let head = marker + &summary_line(review);
    let limit = options.limit.max(MarkdownOptions::LEAST);
    let room = limit.saturating_sub(head.len() + definition.len());
    let sections = sections::sections(review);
    let body = size_limit::fit(&sections, room, !definition.is_empty());
    // Where nothing refers to it, it would only make the comment differ from run to run.
    let definition = if body.contains("][full-report]") { definition } else { String::new() };
    let text = [head, body].concat();
    format!("{}\n{definition}", text.trim_end())
}

/// Writes a review as the summary of a step of GitHub Actions: the same Markdown, of which 1 MiB is shown, or nothing.
#[must_use]
pub fn step_summary(review: &Review) -> String {
    markdown(review, &MarkdownOptions { limit: 1024 * 1024, ..MarkdownOptions::default() })
}

/// The worst verdict, then how many of each, worst first.
fn summary_line(review: &Review) -> String {
    let mut parts = tally(review.comparisons.iter().flat_map(|comparison| &comparison.changes));
    let stopped = review.comparisons.iter().filter(|comparison| comparison.stopped).count();
    if stopped > 0 {
        parts.push(format!(
            "{stopped} of {} stopped",
            size_limit::count(review.comparisons.len(), ["comparison", "comparisons"])
        ));
    }
    let grants = review.comparisons.iter().flat_map(|comparison| &comparison.access);
    let wider = grants.filter(|grant| grant.widens()).count();
    if wider > 0 {
        parts.push(size_limit::count(wider, ["change that widens access", "changes that widen access"]));
    }
    if !review.problems.is_empty() {
        parts.push(size_limit::count(review.problems.len(), ["problem", "problems"]) + " in the definitions");
    }
    let verdict = match review.verdict() {
        // A review of definitions compares nothing.
        Verdict::None if review.comparisons.is_empty() => match parts.pop() {
            Some(problems) => return format!("**{problems}**\n\n"),
            None => "No problems in the definitions",
        },
        Verdict::None if !review.has_changes() => "No change",
        verdict => title(verdict),
    };
    let colon = if parts.is_empty() { "" } else { ": " };
    format!("**{verdict}**{colon}{}\n\n", parts.join(SEPARATOR))
}
