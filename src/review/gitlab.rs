//! Formats a review as a Code Quality report of GitLab: a list of issues, each at a line.
//!
//! Source: "Code Quality report format" in GitLab's documentation. *Invariant:* every issue has all fields that GitLab requires, and a
//! fingerprint of its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_plan::Verdict;

use crate::Review;
use crate::finding::{Finding, findings, rule};
use crate::fingerprint::fingerprint;

/// Returns a review as a Code Quality report, the worst first.
///
/// ```
/// use tablewright::Problem;
/// use tablewright_review::{Review, gitlab};
///
/// let problems = vec![Problem::error("N1", &"stacks/notes.rs:14".parse()?, "no name").into()];
/// let report = gitlab(&Review { problems, ..Review::default() });
/// assert_eq!(report[0]["severity"], "critical");
/// assert_eq!(report[0]["location"], serde_json::json!({ "path": "stacks/notes.rs", "lines": { "begin": 14 } }));
/// # Ok::<(), String>(())
/// ```
#[must_use]
pub fn gitlab(review: &Review) -> Value {
    let mut seen = BTreeMap::new();
    findings(review).into_iter().map(|finding| issue(review, finding, &mut seen)).collect()
}

fn issue(review: &Review, finding: Finding<'_>, seen: &mut BTreeMap<String, usize>) -> Value {
    let spot = finding.spot(review);
    // GitLab drops issues without a path.
    let path =
        spot.map(|spot| spot.file.trim_start_matches("./")).filter(|path| !path.is_empty()).unwrap_or(".");
    let line = spot.and_then(|spot| spot.line).unwrap_or(1).max(1);
    json!({
        "description": format!("{}\n{}", finding.title(), finding.lines().join("\n")),
        "check_name": rule(finding),
        "fingerprint": fingerprint(finding, seen),
        "severity": severity(finding.weight()),
        "location": { "path": path, "lines": { "begin": line } },
    })
}

const fn severity(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::None | Verdict::InPlace => "info",
        Verdict::InPlaceWithRisk => "minor",
        Verdict::Staged => "major",
        Verdict::Refused | Verdict::ReplacementKept => "critical",
        Verdict::DataLoss => "blocker",
    }
}
