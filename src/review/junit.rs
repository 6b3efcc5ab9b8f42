//! Formats a review as a JUnit report: a suite for each comparison, and in it a test case for each change.
//!
//! A change that is refused is a failure, and one that is not is a test that has passed. *Invariants:* the report is well-formed XML 1.0,
//! whatever the texts of templates are; the same review gives the same bytes.

use std::fmt::Write as _;

use tablewright::Severity;
use tablewright_plan::Verdict;

use crate::finding::{Finding, rule};
use crate::visible::visible;
use crate::{Comparison, FoundProblem, Review, is_news};

/// Returns a review as a JUnit report. A change with the verdict `gate` or a worse one is a failure, and so is an error in the
/// definitions.
///
/// ```
/// use tablewright::Problem;
/// use tablewright_plan::Verdict;
/// use tablewright_review::{Review, junit};
///
/// let problems = vec![Problem::error("N1", &"stacks/notes.rs:14".parse()?, "no name").into()];
/// let report = junit(&Review { problems, ..Review::default() }, Verdict::Refused);
/// assert!(report.contains(r#"<failure message="no name" type="N1">"#));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn junit(review: &Review, gate: Verdict) -> String {
    let mut suites: Vec<Suite<'_>> = review.comparisons.iter().map(|it| Suite::of(it, gate)).collect();
    if !review.problems.is_empty() || suites.is_empty() {
        suites.push(Suite::of_definitions(review));
    }
    let tests: usize = suites.iter().map(|suite| suite.cases.len().max(1)).sum();
    let failures: usize = suites.iter().map(Suite::failures).sum();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let open =
        format!("<testsuites name=\"tablewright\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n");
    out.push_str(&open);
    for suite in &suites {
        suite.write(&mut out, review).expect("writing to a String does not fail");
    }
    out + "</testsuites>\n"
}

/// The tests of a stack, or of the definitions.
struct Suite<'a> {
    name: String,
    /// What the test is called that stands for all where there is nothing to tell.
    nothing: &'static str,
    cases: Vec<Case<'a>>,
}

struct Case<'a> {
    name: String,
    finding: Finding<'a>,
    is_failure: bool,
}

impl<'a> Suite<'a> {
    fn of(comparison: &'a Comparison, gate: Verdict) -> Self {
        let news = comparison.changes.iter().filter(|located| is_news(&located.change));
        let case = |located| {
            let finding = Finding::Change { comparison, located };
            Case { name: finding.name(), finding, is_failure: located.change.verdict >= gate }
        };
        let name = match &comparison.environment {
            Some(environment) => format!("{} ({environment})", comparison.stack),
            None => comparison.stack.clone(),
        };
        Self { name, nothing: "no change", cases: news.map(case).collect() }
    }

    fn of_definitions(review: &'a Review) -> Self {
        let case = |problem: &'a FoundProblem| {
            let finding = Finding::Problem(problem);
            Case { name: finding.name(), finding, is_failure: problem.problem.severity == Severity::Error }
        };
        Self {
            name: "definitions".to_owned(),
            nothing: "no problem",
            cases: review.problems.iter().map(case).collect(),
        }
    }

    fn failures(&self) -> usize {
        self.cases.iter().filter(|case| case.is_failure).count()
    }

    fn write(&self, out: &mut String, review: &Review) -> std::fmt::Result {
        let name = escaped(&self.name);
        let (tests, failures) = (self.cases.len().max(1), self.failures());
        writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" time=\"0\">"
        )?;
        if self.cases.is_empty() {
            writeln!(out, "    <testcase classname=\"{name}\" name=\"{}\" time=\"0\"/>", self.nothing)?;
        }
        for case in &self.cases {
            case.write(out, &name, review)?;
        }
        writeln!(out, "  </testsuite>")
    }
}

impl Case<'_> {
    fn write(&self, out: &mut String, suite: &str, review: &Review) -> std::fmt::Result {
        let spot = self.finding.spot(review);
        let file = spot.map(|spot| format!(" file=\"{}\"", escaped(spot.file))).unwrap_or_default();
        writeln!(
            out,
            "    <testcase classname=\"{suite}\" name=\"{}\"{file} time=\"0\">",
            escaped(&self.name)
        )?;
        let lines = self.finding.lines();
        let place = spot.map(|spot| match spot.line {
            Some(line) => format!("{}:{line}", spot.file),
            None => spot.file.to_owned(),
        });
        let text = lines.iter().chain(&place).map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
        if self.is_failure {
            let message = lines.first().map(|line| escaped(line)).unwrap_or_default();
            let kind = escaped(&rule(self.finding));
            writeln!(out, "      <failure message=\"{message}\" type=\"{kind}\">{text}</failure>")?;
        } else {
            writeln!(out, "      <system-out>{text}</system-out>")?;
        }
        writeln!(out, "    </testcase>")
    }
}

/// Escapes text for elements and attributes. What XML cannot hold, even as a reference, is written out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}
