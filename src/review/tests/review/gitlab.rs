//! The Code Quality report: what GitLab requires of each issue, severities, fingerprints.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tablewright::{Place, Problem};
use tablewright_plan::Verdict;
use tablewright_review::{Comparison, Located, Review, gitlab, is_news, sarif};

use crate::fewer;
use crate::generate::review;
use crate::samples::{bare, found, hostile, rich, sound};

fn issues(review: &Review) -> Vec<Value> {
    gitlab(review).as_array().cloned().expect("a list")
}

#[test]
fn a_severity_for_each_verdict() {
    for (verdict, severity) in [
        (Verdict::DataLoss, "blocker"),
        (Verdict::ReplacementKept, "critical"),
        (Verdict::Refused, "critical"),
        (Verdict::Staged, "major"),
        (Verdict::InPlaceWithRisk, "minor"),
        (Verdict::InPlace, "info"),
    ] {
        let changes = vec![Located::new(bare(verdict), None)];
        let comparison = Comparison { changes, ..Comparison::default() };
        let review = Review { comparisons: vec![comparison], ..Review::default() };
        let issue = &issues(&review)[0];
        assert_eq!(
            (&issue["severity"], &issue["check_name"]),
            (&json!(severity), &json!(format!("change/{verdict}")))
        );
        assert_eq!(
            issue["location"],
            json!({ "path": ".", "lines": { "begin": 1 } }),
            "GitLab drops an issue without a path"
        );
    }
    let at = Place { file: "./a.rs".to_owned(), line: 0 };
    let problems = vec![Problem::warning("B1", &at, "low"), Problem::error("N1", &at, "wrong")];
    let issues = issues(&Review { problems: found(problems), ..Review::default() });
    let told: Vec<_> = issues.iter().map(|issue| (&issue["check_name"], &issue["severity"])).collect();
    assert_eq!(told, [(&json!("N1"), &json!("critical")), (&json!("B1"), &json!("minor"))]);
    assert_eq!(issues[0]["location"], json!({ "path": "a.rs", "lines": { "begin": 1 } }));
    assert_eq!(gitlab(&sound()), json!([]));
}

#[test]
fn fingerprints_are_those_of_sarif() {
    let of_issues: Vec<Value> = issues(&rich()).iter().map(|issue| issue["fingerprint"].clone()).collect();
    let log = sarif(&rich(), "1.2.3");
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let of_results: Vec<Value> =
        results.iter().map(|result| result["partialFingerprints"]["tablewright/v1"].clone()).collect();
    assert_eq!(of_issues, of_results);
}

#[test]
fn hostile_names_are_text() {
    judge(&hostile());
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_a_report(review in review()) {
        judge(&review);
    }
}

/// Holds a report against the documented schema of GitLab.
fn judge(review: &Review) {
    let issues = issues(review);
    let news = review.comparisons.iter().flat_map(|comparison| &comparison.changes);
    assert_eq!(issues.len(), news.filter(|it| is_news(&it.change)).count() + review.problems.len());
    let mut prints = BTreeSet::new();
    for issue in &issues {
        for field in ["description", "check_name", "fingerprint", "severity"] {
            assert!(issue[field].is_string(), "{field} of {issue}");
        }
        assert!(
            ["info", "minor", "major", "critical", "blocker"]
                .contains(&issue["severity"].as_str().expect("text"))
        );
        let path = issue["location"]["path"].as_str().expect("a path");
        assert!(!path.is_empty() && !path.starts_with("./"), "{issue}");
        assert!(issue["location"]["lines"]["begin"].as_u64().is_some_and(|line| line > 0));
        assert!(prints.insert(issue["fingerprint"].to_string()), "twice {issue}");
    }
}
