//! Formats a review as workflow commands of GitHub Actions, which annotate lines of code.
//!
//! Each finding is one line, the worst first. *Invariant:* no text of a template can end a command or start another one.

use std::fmt::Write as _;

use tablewright::Place;

use crate::Review;
use crate::finding::{Finding, Level, findings};
use crate::visible::visible;

/// Returns the worst findings as annotations, a line each, and how many were left out.
///
/// GitHub shows 10 of each level for a step and drops the others, in the order in which they come.
///
/// ```
/// use tablewright::{Place, Problem};
/// use tablewright_review::{Review, annotations};
///
/// let at: Place = "stacks/notes.rs:14".parse()?;
/// let problems = vec![Problem::error("N1", &at, "100% wrong:\nno name").into()];
/// let review = Review { problems, ..Review::default() };
/// assert_eq!(annotations(&review, 10), "::error file=stacks/notes.rs,line=14,title=N1::100%25 wrong:%0Ano name\n");
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn annotations(review: &Review, most: usize) -> String {
    let findings = findings(review);
    let mut out: String = findings.iter().take(most).map(|finding| command(review, *finding)).collect();
    let left = findings.len().saturating_sub(most);
    if left > 0 {
        writeln!(out, "{left} more are not annotated.").expect("writing to a String does not fail");
    }
    out
}

fn command(review: &Review, finding: Finding<'_>) -> String {
    let name = match finding.level() {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let mut properties = Vec::new();
    if let Some(spot) = finding.spot(review) {
        properties.push(format!("file={}", property(&visible(spot.file))));
        properties.extend(spot.line.map(|line| format!("line={line}")));
    }
    properties.push(format!("title={}", property(&finding.title())));
    format!("::{name} {}::{}\n", properties.join(","), data(&finding.lines().join("\n")))
}

/// Writes one error as an annotation of GitHub Actions, at a line where it has one.
///
/// ```
/// let line = tablewright_review::workflow_error(Some(&"stacks/notes.rs:9".parse()?), "a, b", "50%\nlost");
/// assert_eq!(line, "::error file=stacks/notes.rs,line=9,title=a%2C b::50%25%0Alost");
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn workflow_error(at: Option<&Place>, title: &str, message: &str) -> String {
    let file = |at: &Place| property(&visible(&at.file));
    let place = at.map_or_else(String::new, |at| format!("file={},line={},", file(at), at.line));
    let lines: Vec<_> = message.split('\n').map(|line| visible(line.trim_end_matches('\r'))).collect();
    format!("::error {place}title={}::{}", property(&visible(title)), data(&lines.join("\n")))
}

/// As `escapeData` of actions/toolkit.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As `escapeProperty` of actions/toolkit.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
