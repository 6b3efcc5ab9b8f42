//! The JUnit report, as a reader of XML that we did not write sees it.

use proptest::prelude::*;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use tablewright::{Place, Problem};
use tablewright_plan::Verdict;
use tablewright_review::{Comparison, Located, Review, is_news, junit};

use crate::fewer;
use crate::generate::review;
use crate::samples::{bare, found, hostile, rich, sound};

/// A test case that was read: suite, name, file, and the message of its failure.
#[derive(Debug, Default, PartialEq)]
struct Case {
    suite: String,
    name: String,
    file: Option<String>,
    failure: Option<String>,
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .map(|attribute| attribute.expect("an attribute"))
        .find(|it| it.key.as_ref() == name)?;
    Some(found.normalized_value(XmlVersion::Implicit1_0).expect("text").into_owned())
}

/// Reads a report, and holds its counts against what is in it.
fn read(report: &str) -> Vec<Case> {
    for c in report.chars() {
        let is_char = matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(is_char, "XML cannot hold {c:?}");
    }
    let mut reader = Reader::from_str(report);
    let (mut cases, mut open, mut stated): (Vec<Case>, Vec<String>, Vec<(usize, usize)>) = Default::default();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {report}"));
        match event {
            Event::Eof => break,
            Event::Start(ref tag) | Event::Empty(ref tag) => {
                let name = tag.name().as_ref().to_owned();
                let number = |name: &str| attribute(tag, name).map(|text| text.parse().expect("a number"));
                match &*name {
                    "testsuites" | "testsuite" => {
                        stated.push((number("tests").expect("tests"), number("failures").expect("failures")));
                    }
                    "testcase" => cases.push(Case {
                        suite: attribute(tag, "classname").expect("a class"),
                        name: attribute(tag, "name").expect("a name"),
                        file: attribute(tag, "file"),
                        failure: None,
                    }),
                    "failure" => cases.last_mut().expect("in a case").failure = attribute(tag, "message"),
                    "system-out" => {}
                    other => panic!("<{other}> is not of JUnit"),
                }
                if matches!(event, Event::Start(_)) {
                    open.push(name);
                }
            }
            Event::End(tag) => assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref())),
            Event::Text(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(open.is_empty());
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    assert_eq!(stated[0], (cases.len(), failures));
    let summed = stated[1..].iter().fold((0, 0), |sum, suite| (sum.0 + suite.0, sum.1 + suite.1));
    assert_eq!(stated[0], summed);
    cases
}

#[test]
fn what_the_gate_refuses_has_failed() {
    let changes =
        Verdict::ALL.into_iter().map(|verdict| Located::new(bare(verdict), None)).collect::<Vec<_>>();
    let comparison = Comparison {
        stack: "notes".to_owned(),
        environment: Some("prod".to_owned()),
        template: Some("out/notes.yaml".to_owned()),
        changes,
        ..Comparison::default()
    };
    let review = Review { comparisons: vec![comparison], ..Review::default() };
    for (gate, failures) in [(Verdict::DataLoss, 1), (Verdict::Refused, 3), (Verdict::InPlace, 6)] {
        let cases = read(&junit(&review, gate));
        assert_eq!(cases.len(), 6, "a change without effect is no test");
        assert_eq!(cases.iter().filter(|case| case.failure.is_some()).count(), failures, "{gate}");
        assert_eq!(
            (cases[0].suite.as_str(), cases[0].file.as_deref()),
            ("notes (prod)", Some("out/notes.yaml"))
        );
    }
}

#[test]
fn what_has_nothing_to_tell_has_passed() {
    let passed = |suite: &str, name: &str| Case { suite: suite.into(), name: name.into(), ..Case::default() };
    let comparison = &sound().comparisons[0];
    let suite = comparison
        .environment
        .as_ref()
        .map_or(comparison.stack.clone(), |it| format!("{} ({it})", comparison.stack));
    assert_eq!(read(&junit(&sound(), Verdict::Refused)), [passed(&suite, "no change")]);
    assert_eq!(read(&junit(&Review::default(), Verdict::Refused)), [passed("definitions", "no problem")]);
    let at = Place { file: "a.rs".to_owned(), line: 3 };
    let problems = vec![
        Problem::warning("B1", &at, "low"),
        Problem::error("N1", &at, "\"<&>'\u{1b}[2J\u{202e}\u{ffff}"),
    ];
    let cases = read(&junit(&Review { problems: found(problems), ..Review::default() }, Verdict::Refused));
    assert_eq!(
        cases.iter().map(|case| case.failure.as_deref()).collect::<Vec<_>>(),
        [None, Some("\"<&>'\\u{1b}[2J\\u{202e}\\u{ffff}")]
    );
}

#[test]
fn hostile_names_are_text() {
    judge(&hostile());
    judge(&rich());
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_a_report(review in review()) {
        judge(&review);
    }
}

fn judge(review: &Review) {
    let cases = read(&junit(review, Verdict::Refused));
    let news = |comparison: &Comparison| comparison.changes.iter().filter(|it| is_news(&it.change)).count();
    let of_changes: usize = review.comparisons.iter().map(|comparison| news(comparison).max(1)).sum();
    let of_problems =
        if review.comparisons.is_empty() { review.problems.len().max(1) } else { review.problems.len() };
    assert_eq!(cases.len(), of_changes + of_problems);
}
