//! Formats a review as SARIF 2.1.0, for code scanning.
//!
//! The log has one run. A rule is a verdict (`change/data-loss`) or a rule of `check` (`K2`). The fingerprint of a result depends
//! on the changed value, not on the line. *Invariants:* changes without an effect are not results; every result has a location.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_plan::Verdict;

use crate::finding::{Finding, Level, Spot, change_rule, findings, level, rule};
use crate::fingerprint::fingerprint;
use crate::markdown;
use crate::{FoundProblem, Review, meaning, title};

/// As many results of a run as code scanning shows.
const MOST: usize = 5_000;

/// Returns a review as a SARIF 2.1.0 log; `version` is the version of the tool.
///
/// ```
/// use tablewright_review::{Review, sarif};
///
/// let log = sarif(&Review::default(), "0.1.0");
/// assert_eq!(log["runs"][0]["tool"]["driver"]["name"], "tablewright");
/// assert_eq!(log["runs"][0]["results"].as_array().map(Vec::len), Some(0));
/// ```
#[must_use]
pub fn sarif(review: &Review, version: &str) -> Value {
    let findings = findings(review);
    let shown = &findings[..findings.len().min(MOST)];
    let rules = rules(shown);
    let mut seen = BTreeMap::new();
    let results: Vec<Value> =
        shown.iter().map(|finding| result(review, *finding, &rules, &mut seen)).collect();
    let mut invocation = json!({ "executionSuccessful": true });
    if shown.len() < findings.len() {
        let text = format!("the worst {MOST} of {} results are in this log", findings.len());
        invocation["toolExecutionNotifications"] =
            json!([{ "level": "warning", "message": { "text": text } }]);
    }
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tablewright",
                "version": version,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.iter().map(Rule::object).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "invocations": [invocation],
            "results": results,
        }],
    })
}

/// What results refer to; the place in the list is the rule's index.
struct Rule {
    id: String,
    title: String,
    text: &'static str,
    level: Level,
}

impl Rule {
    fn of_changes(verdict: Verdict) -> Self {
        let (id, title) = (change_rule(verdict), title(verdict).to_owned());
        Self { id, title, text: meaning(verdict), level: level(verdict) }
    }

    fn of_problems(id: &str, level: Level) -> Self {
        let title = format!("{id}: rule for table definitions");
        let text = "DynamoDB, CloudFormation or the configured policy does not accept the definition.";
        Self { id: id.to_owned(), title, text, level }
    }

    fn object(&self) -> Value {
        json!({
            "id": self.id,
            "shortDescription": { "text": self.title },
            "fullDescription": { "text": self.text },
            "help": { "text": format!("{}\n\nEach result has the reason, what AWS would answer, and what to do.", self.text) },
            "defaultConfiguration": { "level": level_word(self.level) },
        })
    }
}

/// Returns the rules of all verdicts that can be a result, worst first, and of the problems at hand.
fn rules(findings: &[Finding<'_>]) -> Vec<Rule> {
    let verdicts = Verdict::ALL.into_iter().rev().filter(|verdict| *verdict > Verdict::None);
    let mut problems: BTreeMap<&str, Level> = BTreeMap::new();
    for finding in findings {
        if let Finding::Problem(problem) = finding {
            // A rule with errors and warnings is by default what it is at worst.
            let level = problems.entry(&problem.problem.rule).or_insert(Level::Note);
            *level = (*level).max(finding.level());
        }
    }
    let problems = problems.into_iter().map(|(id, level)| Rule::of_problems(id, level));
    verdicts.map(Rule::of_changes).chain(problems).collect()
}

fn result(
    review: &Review,
    finding: Finding<'_>,
    rules: &[Rule],
    seen: &mut BTreeMap<String, usize>,
) -> Value {
    let id = rule(finding);
    // `[text](target)` is a link in plain messages too.
    let text = finding.lines().join("\n").replace("](", "] (");
    // Code scanning rejects the whole log if one result has no location.
    let spot = finding.spot(review).unwrap_or(Spot { file: ".", line: None });
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": rules.iter().position(|rule| rule.id == id),
        "level": level_word(finding.level()),
        "message": { "text": text, "markdown": markdown::finding(finding) },
        // The key that GitHub computes from the line is left to its upload action.
        "partialFingerprints": { "tablewright/v1": fingerprint(finding, seen) },
        "locations": [{ "physicalLocation": location(spot) }],
    });
    if let Finding::Change { comparison, .. } = finding {
        result["properties"] = json!({ "stack": comparison.stack });
        if let Some(environment) = &comparison.environment {
            result["properties"]["environment"] = json!(environment);
        }
    }
    if let Finding::Problem(FoundProblem { environments, .. }) = finding
        && !environments.is_empty()
    {
        result["properties"] = json!({ "environments": environments });
    }
    result
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn location(spot: Spot<'_>) -> Value {
    let mut location = json!({ "artifactLocation": { "uri": uri(spot.file), "uriBaseId": "%SRCROOT%" } });
    if let Some(line) = spot.line {
        location["region"] = json!({ "startLine": line.max(1) });
    }
    location
}

/// A path as a relative reference: whatever has a meaning in a URI is written as bytes.
fn uri(file: &str) -> String {
    let byte = |byte: u8| match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    file.bytes().map(byte).collect()
}
