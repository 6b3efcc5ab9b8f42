//! Workflow commands: levels, source locations, order, and escaping.

use proptest::prelude::*;
use tablewright::{Place, Problem};
use tablewright_plan::{Recipe, Verdict};
use tablewright_review::{Comparison, FoundProblem, Located, Review, annotations};

use crate::fewer;
use crate::generate::review;
use crate::samples::{bare, found, hostile, long, rich};

fn at(line: u32) -> Place {
    Place { file: "stacks/a.rs".to_owned(), line }
}

fn check(comparison: Comparison, expected: &str) {
    assert_eq!(annotations(&Review { comparisons: vec![comparison], ..Review::default() }, 10), expected);
}

fn one(verdict: Verdict) -> Comparison {
    let mut change = bare(verdict);
    change.why = "because".to_owned();
    Comparison {
        stack: "notes".to_owned(),
        changes: vec![Located::new(change, None)],
        ..Comparison::default()
    }
}

#[test]
fn a_level_for_each_verdict() {
    for (verdict, command) in [
        (Verdict::InPlace, "::notice title=In place%3A "),
        (Verdict::InPlaceWithRisk, "::warning title=In place%2C with risk%3A "),
        (Verdict::Staged, "::warning title=Staged%3A "),
        (Verdict::Refused, "::error title=Refused%3A "),
        (Verdict::ReplacementKept, "::error title=Old table retained%3A "),
        (Verdict::DataLoss, "::error title=Data loss%3A "),
    ] {
        check(
            one(verdict),
            &format!("{command}Notes.BillingMode::modify Notes.BillingMode in notes%0Abecause\n"),
        );
    }
    check(one(Verdict::None), "");
}

#[test]
fn the_nearest_known_source_location() {
    let rest = "title=Refused%3A Notes.BillingMode::modify Notes.BillingMode in notes%0Abecause\n";
    let mut comparison = one(Verdict::Refused);
    check(comparison.clone(), &format!("::error {rest}"));
    comparison.template = Some("out/a.yaml".to_owned());
    check(comparison.clone(), &format!("::error file=out/a.yaml,{rest}"));
    comparison.at = Some(at(3));
    check(comparison.clone(), &format!("::error file=stacks/a.rs,line=3,{rest}"));
    comparison.changes[0].at = Some(at(7));
    check(comparison, &format!("::error file=stacks/a.rs,line=7,{rest}"));
}

#[test]
fn all_that_is_known_of_a_change() {
    let mut comparison = one(Verdict::Refused);
    comparison.environment = Some("prod".to_owned());
    let change = &mut comparison.changes[0].change;
    (change.before, change.after) = (Some("A".into()), Some("B".into()));
    change.server_text = Some("No.".to_owned());
    change.recipe =
        Some(Recipe { goal: "do it".to_owned(), steps: vec!["One.".to_owned(), "Two.".to_owned()] });
    check(
        comparison,
        "::error title=Refused%3A Notes.BillingMode::modify Notes.BillingMode in notes (prod): A → B%0Abecause\
         %0AAWS would answer: No.%0ATo do it:%0A1. One.%0A2. Two.\n",
    );
}

#[test]
fn problems_stand_between_the_verdicts_that_weigh_as_much() {
    let comparison = Comparison {
        changes: [
            Verdict::Staged,
            Verdict::InPlace,
            Verdict::InPlaceWithRisk,
            Verdict::ReplacementKept,
            Verdict::Refused,
        ]
        .into_iter()
        .map(|verdict| Located::new(bare(verdict), None))
        .collect(),
        ..Comparison::default()
    };
    let problems = vec![Problem::warning("L2", &at(1), "w"), Problem::error("K2", &at(2), "e")];
    let text = annotations(
        &Review { comparisons: vec![comparison], problems: found(problems), ..Review::default() },
        10,
    );
    let title = |line: &str| line.split("title=").nth(1)?.split("::").next().map(str::to_owned);
    let titles: Vec<String> =
        text.lines().filter_map(title).map(|title| title.replace("%3A Notes.BillingMode", "")).collect();
    assert_eq!(
        titles,
        ["Old table retained", "Refused", "K2", "Staged", "In place%2C with risk", "L2", "In place"]
    );
}

#[test]
fn only_the_worst_are_shown_and_the_others_counted() {
    let text = annotations(&long(), 10);
    assert_eq!(text.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert_eq!(text.lines().last(), Some("5990 more are not annotated."));
    assert!(annotations(&rich(), 12).ends_with("\n1 more are not annotated.\n"));
    assert_eq!(annotations(&long(), 0), "6000 more are not annotated.\n");
    assert!(!annotations(&rich(), 100).contains("not annotated"));
    assert_eq!(annotations(&Review::default(), 10), "");
}

#[test]
fn properties_and_messages_are_escaped_as_the_toolkit_does() {
    let at = Place { file: "a,b:c%d\r\ne".to_owned(), line: 1 };
    let review = Review {
        problems: found(vec![Problem::error("R,1:%", &at, "50%, a:b\r\n::error::c")]),
        ..Review::default()
    };
    assert_eq!(
        annotations(&review, 10),
        "::error file=a%2Cb%3Ac%25d\\r\\ne,line=1,title=R%2C1%3A%25::50%25, a:b%0A::error::c\n"
    );
}

#[test]
fn hostile_names_stay_in_their_command() {
    judge(&hostile());
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_a_command_a_line(review in review()) {
        judge(&review);
    }
}

/// A control character, or one that turns the direction of text, is written out.
fn escaped(c: char) -> Vec<char> {
    let is_hidden =
        c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    let is_hidden =
        is_hidden || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    if is_hidden { c.escape_default().collect() } else { vec![c] }
}

#[test]
fn nothing_in_a_command_controls_a_terminal() {
    let at = Place { file: "a\u{1b}[2J.rs".to_owned(), line: 1 };
    let message = format!("\u{1b}[31m\u{202e}red {}", "x".repeat(1_000_000));
    let review = Review { problems: found(vec![Problem::error("R", &at, message)]), ..Review::default() };
    let text = annotations(&review, 10);
    assert!(
        text.starts_with("::error file=a\\u{1b}[2J.rs,line=1,title=R::\\u{1b}[31m\\u{202e}red xxx"),
        "{text}"
    );
    assert!(text.len() < 5_000 && text.ends_with("…\n"), "a line is cut");
}

/// Reads the commands as the runner does, and holds them against the review.
fn judge(review: &Review) {
    let text = annotations(review, usize::MAX);
    assert!(!text.contains(|c: char| c != '\n' && escaped(c) != [c]));
    let news = review.comparisons.iter().flat_map(|comparison| &comparison.changes);
    let news = news.filter(|located| tablewright_review::is_news(&located.change)).count();
    assert_eq!(text.split_terminator('\n').count(), news + review.problems.len());
    let mut messages = Vec::new();
    for line in text.split_terminator('\n') {
        let (command, message) =
            line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
        let (name, properties) = command.split_once(' ').expect("with properties");
        assert!(["error", "warning", "notice"].contains(&name), "{name}");
        let names: Vec<&str> =
            properties.split(',').filter_map(|property| property.split('=').next()).collect();
        assert!(
            [&["file", "line", "title"][..], &["file", "title"], &["title"]].contains(&&*names),
            "{line}"
        );
        messages.push(message.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%"));
    }
    for FoundProblem { problem, .. } in &review.problems {
        let begin = problem.message.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let begin: String = begin.chars().take(3_000).flat_map(escaped).take(3_000).collect();
        assert!(messages.iter().any(|message| message.starts_with(&begin)), "{}", problem.message);
    }
}
