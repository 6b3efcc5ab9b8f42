//! The SARIF log: rules, levels, source locations, fingerprints, and the maximum number of results.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tablewright::{Place, Problem};
use tablewright_plan::Verdict;
use tablewright_review::{Comparison, Located, Review, is_news, sarif};

use crate::fewer;
use crate::generate::review;
use crate::samples::{bare, found, hostile, long, rich, sound};

fn run(review: &Review) -> Value {
    sarif(review, "1.2.3")["runs"][0].take()
}

fn results(review: &Review) -> Vec<Value> {
    run(review)["results"].as_array().cloned().expect("a list")
}

fn one(verdict: Verdict, at: Option<Place>) -> Review {
    let changes = vec![Located::new(bare(verdict), at)];
    Review { comparisons: vec![Comparison { changes, ..Comparison::default() }], ..Review::default() }
}

fn place(file: &str, line: u32) -> Place {
    Place { file: file.to_owned(), line }
}

#[test]
fn a_rule_and_a_level_for_each_verdict() {
    for (verdict, rule, level) in [
        (Verdict::DataLoss, "change/data-loss", "error"),
        (Verdict::ReplacementKept, "change/replacement-kept", "error"),
        (Verdict::Refused, "change/refused", "error"),
        (Verdict::Staged, "change/staged", "warning"),
        (Verdict::InPlaceWithRisk, "change/in-place-with-risk", "warning"),
        (Verdict::InPlace, "change/in-place", "note"),
    ] {
        let run = run(&one(verdict, None));
        let result = &run["results"][0];
        assert_eq!((&result["ruleId"], &result["level"]), (&json!(rule), &json!(level)));
        let described =
            &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(
            (&described["id"], &described["defaultConfiguration"]["level"]),
            (&json!(rule), &json!(level))
        );
    }
    assert_eq!(results(&one(Verdict::None, None)), Vec::<Value>::new());
    assert_eq!(results(&sound()), Vec::<Value>::new());
}

#[test]
fn problems_are_results_of_their_own_rules() {
    let at = place("stacks/a.rs", 3);
    let problems = vec![
        Problem::warning("B1", &at, "warned"),
        Problem::error("N1", &at, "wrong").help("do it").server_text("No."),
        Problem::error("B1", &at, "too low"),
    ];
    let run = run(&Review { problems: found(problems), ..Review::default() });
    let rules: Vec<_> = run["tool"]["driver"]["rules"].as_array().into_iter().flatten().skip(6).collect();
    let described: Vec<_> =
        rules.iter().map(|rule| (&rule["id"], &rule["defaultConfiguration"]["level"])).collect();
    assert_eq!(described, [(&json!("B1"), &json!("error")), (&json!("N1"), &json!("error"))]);
    let levels: Vec<_> =
        run["results"].as_array().into_iter().flatten().map(|it| (&it["ruleIndex"], &it["level"])).collect();
    assert_eq!(
        levels,
        [(&json!(7), &json!("error")), (&json!(6), &json!("error")), (&json!(6), &json!("warning"))]
    );
    assert_eq!(run["results"][0]["message"]["text"], "wrong\nhelp: do it\nAWS would answer: No.");
    assert_eq!(run["results"][0]["message"]["markdown"], "wrong\n\nhelp: do it\n\nAWS would answer: `No.`");
}

#[test]
fn a_place_is_relative_to_the_repository() {
    let location = |review: &Review| results(review)[0]["locations"].clone();
    assert_eq!(
        location(&one(Verdict::Refused, Some(place("stacks/src/a b:ü%.rs", 3)))),
        json!([{ "physicalLocation": {
            "artifactLocation": { "uri": "stacks/src/a%20b%3A%C3%BC%25.rs", "uriBaseId": "%SRCROOT%" },
            "region": { "startLine": 3 },
        } }])
    );
    assert_eq!(
        location(&one(Verdict::Refused, Some(place("a.rs", 0))))[0]["physicalLocation"]["region"]["startLine"],
        1,
        "SARIF has no line 0"
    );
    let mut review = one(Verdict::Refused, None);
    let file = |review: &Review| location(review)[0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    assert_eq!(file(&review), ".", "a result without a location would make code scanning reject the log");
    review.at = Some(place("stacks/main.rs", 7));
    assert_eq!(file(&review), "stacks/main.rs");
    review.comparisons[0].template = Some("out/a.yaml".to_owned());
    assert_eq!(location(&review)[0]["physicalLocation"].get("region"), None);
}

#[test]
fn fingerprints_do_not_depend_on_lines_values_and_verdicts() {
    let prints = |review: &Review| -> Vec<Value> {
        results(review).iter().map(|result| result["partialFingerprints"]["tablewright/v1"].clone()).collect()
    };
    let mut moved = rich();
    for comparison in &mut moved.comparisons {
        for located in &mut comparison.changes {
            located.at = located.at.take().map(|at| place(&at.file, at.line + 5));
            located.change.why.push_str(" (said otherwise)");
        }
    }
    for problem in &mut moved.problems {
        problem.problem.at.line += 5;
    }
    assert_eq!(prints(&rich()), prints(&moved));
    let all: BTreeSet<String> = prints(&rich()).iter().map(Value::to_string).collect();
    assert_eq!(all.len(), results(&rich()).len(), "each has its own");

    let first = prints(&one(Verdict::Refused, None));
    assert_eq!(first, prints(&one(Verdict::DataLoss, None)));
    let change = |edit: fn(&mut Comparison)| {
        let mut review = one(Verdict::Refused, None);
        edit(&mut review.comparisons[0]);
        prints(&review)
    };
    assert_ne!(first, change(|comparison| comparison.stack.push('x')));
    assert_ne!(first, change(|comparison| comparison.environment = Some("dev".to_owned())));
    assert_ne!(first, change(|comparison| comparison.changes[0].change.logical_id.push('x')));
    assert_ne!(first, change(|comparison| comparison.changes[0].change.path.push('x')));
    assert_ne!(first, change(|comparison| comparison.changes[0].change.section = "Outputs".to_owned()));

    let problem = |file: &str, rule: &str, message: &str| {
        prints(&Review {
            problems: found(vec![Problem::error(rule, &place(file, 1), message)]),
            ..Review::default()
        })
    };
    let first = problem("a.rs", "N1", "it stands at a.rs:14 already");
    assert_eq!(
        first,
        problem("a.rs", "N1", "it stands at a.rs:987 already"),
        "a line in a message moves too"
    );
    assert_ne!(first, problem("b.rs", "N1", "it stands at a.rs:14 already"));
    assert_ne!(first, problem("a.rs", "N2", "it stands at a.rs:14 already"));
    assert_ne!(first, problem("a.rs", "N1", "it stands at b.rs:14 already"));
    assert_ne!(problem("a.rs", "N1", "has 2 characters"), problem("a.rs", "N1", "has 1 characters"));
}

#[test]
fn twins_are_told_apart() {
    let twin = Problem::error("N1", &place("a.rs", 1), "wrong");
    let results = results(&Review { problems: found(vec![twin.clone(), twin]), ..Review::default() });
    assert_ne!(results[0]["partialFingerprints"], results[1]["partialFingerprints"]);
}

#[test]
fn links_in_names_are_escaped() {
    let problem = Problem::error("N1", &place("a.rs", 1), "[a](https://example.com)");
    let results = results(&Review { problems: found(vec![problem]), ..Review::default() });
    assert_eq!(results[0]["message"]["text"], "[a] (https://example.com)");
}

#[test]
fn a_log_has_the_worst_results_and_counts_the_omitted() {
    let run = run(&long());
    let results = run["results"].as_array().expect("a list");
    assert_eq!(results.len(), 5_000);
    assert_eq!(results.iter().filter(|result| result["ruleId"] == "change/data-loss").count(), 10);
    assert_eq!(results[0]["ruleId"], "change/data-loss");
    assert_eq!(
        run["invocations"][0]["toolExecutionNotifications"],
        json!([{ "level": "warning", "message": { "text": "the worst 5000 of 6000 results are in this log" } }])
    );
}

#[test]
fn the_tool_is_described() {
    let log = sarif(&rich(), "1.2.3");
    assert_eq!(log["version"], "2.1.0");
    let driver = &log["runs"][0]["tool"]["driver"];
    assert_eq!((&driver["name"], &driver["version"]), (&json!("tablewright"), &json!("1.2.3")));
    assert_eq!(log["runs"][0]["invocations"], json!([{ "executionSuccessful": true }]));
}

#[test]
fn hostile_names_are_written_as_they_are() {
    judge(&hostile());
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_a_sound_log(review in review()) {
        judge(&review);
    }
}

/// What code scanning needs of any log.
fn judge(review: &Review) {
    let run = run(review);
    let results = run["results"].as_array().expect("a list");
    let news = review.comparisons.iter().flat_map(|comparison| &comparison.changes);
    assert_eq!(results.len(), news.filter(|it| is_news(&it.change)).count() + review.problems.len());
    let rules = run["tool"]["driver"]["rules"].as_array().expect("a list");
    let ids: BTreeSet<_> = rules.iter().filter_map(|rule| rule["id"].as_str()).collect();
    assert_eq!(ids.len(), rules.len(), "each rule once");
    let mut prints = BTreeSet::new();
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().expect("an index") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(result["message"]["text"].is_string() && result["message"]["markdown"].is_string());
        assert!(prints.insert(result["partialFingerprints"].to_string()), "twice {result}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().expect("every result has a location");
        assert!(uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"%/-._~".contains(&byte)), "{uri}");
    }
}
