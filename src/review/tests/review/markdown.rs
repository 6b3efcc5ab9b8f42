//! The comment shows the content of any review, and text of a review is always escaped.

use proptest::prelude::*;
use tablewright::Place;
use tablewright_plan::Verdict;
use tablewright_review::{
    Comparison, Located, MarkdownOptions, Review, Values, Wording, access_label, is_news, markdown, title,
};

use crate::fewer;
use crate::generate::review;
use crate::reader::{Page, read};
use crate::samples::{HOSTILE, hostile, long, rich};

/// A limit that nothing of a random review reaches.
fn roomy() -> MarkdownOptions {
    MarkdownOptions { limit: usize::MAX, id: Some("id".to_owned()), link: None }
}

fn page(review: &Review) -> Page {
    read(&markdown(review, &roomy()))
}

#[test]
fn hostile_names_stay_text() {
    let review = hostile();
    let page = page(&review);
    let (_, refused) = page.tables.iter().find(|(heading, _)| heading == "Refused").expect("all are refused");
    assert_eq!(refused.len(), HOSTILE.len());
    judge(&review, &page);
}

#[test]
fn the_worst_verdict_comes_first_and_each_has_its_table() {
    let page = page(&rich());
    let headings: Vec<&str> = page.tables.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(
        headings,
        [
            "",
            "Data loss",
            "Old table retained",
            "Refused",
            "Staged",
            "In place, with risk",
            "Access",
            "Problems in the definitions",
            "folded",
        ]
    );
    judge(&rich(), &page);
}

#[test]
fn a_diff_cannot_end_its_block() {
    let diff = "+ ```\n+ ````\n~~~\n</details>\n\n# out\n- \u{202e}turned\r\n";
    let comparison = Comparison { text_diff: Some(diff.to_owned()), ..Comparison::default() };
    let page = page(&Review { comparisons: vec![comparison], ..Review::default() });
    assert_eq!(page.code_blocks, ["+ ```\n+ ````\n~~~\n</details>\n\n# out\n- \\u{202e}turned\\r\n"]);
    assert!(page.foreign.is_empty(), "{:?}", page.foreign);
}

#[test]
fn sentences_keep_their_code_and_their_words() {
    let shown = |sentence: &str| {
        let comparison = Comparison { before: sentence.to_owned(), ..Comparison::default() };
        let text = markdown(&Review { comparisons: vec![comparison], ..Review::default() }, &roomy());
        let row = text.lines().nth(5).expect("the first row").to_owned();
        row.split(" | ").nth(2).expect("the third cell").to_owned()
    };
    for (sentence, markdown) in [
        ("the key of index `by-day` is fixed", "the key of index `by-day` is fixed"),
        ("one ` alone", "one &#96; alone"),
        ("`a``b`", "`a`<code>b</code>"),
        ("``", "&#96;&#96;"),
        ("`a|b`", "<code>a&#124;b</code>"),
        ("a|b", "a&#124;b"),
        (
            "*a* _b_ ~c~ [d] <e> &f; \\g",
            "&#42;a&#42; &#95;b&#95; &#126;c&#126; &#91;d&#93; &#60;e&#62; &#38;f; &#92;g",
        ),
        ("1. one", "&#49;. one"),
        ("say: it", "say: it"),
        ("tell @octocat of #12", "tell <code>&#64;octocat</code> of <code>&#35;12</code>"),
        ("GH-12 fixes it", "<code>GH-12</code> fixes it"),
        ("at https://a.b/c", "at <code>https&#58;//a&#46;b/c</code>"),
        ("at www.a.b", "at <code>www&#46;a&#46;b</code>"),
        ("commit 0123abc", "commit <code>0123abc</code>"),
        ("four times in 24 hours", "four times in 24 hours"),
        ("costs $5$", "costs <code>&#36;5&#36;</code>"),
        ("a :tada: b", "a <code>&#58;tada&#58;</code> b"),
        ("at stacks/rendered/notes.yaml", "at stacks/rendered/notes.yaml"),
        ("two\n\nlines", "two  lines"),
        ("a\u{1b}[2Jb", r"a&#92;u{1b}&#91;2Jb"),
    ] {
        assert_eq!(shown(sentence), markdown, "{sentence}");
    }
}

#[test]
fn markers_and_links_do_not_end_early() {
    let options = |id: &str, link: &str| MarkdownOptions {
        id: Some(id.to_owned()),
        link: Some(link.to_owned()),
        limit: MarkdownOptions::LEAST,
    };
    let text = markdown(&long(), &options("a -->\n<b>", "https://example.com/a b>\n<c>"));
    assert!(text.starts_with("<!-- tablewright:a%20--%3E%0A%3Cb%3E -->\n**Data loss**: "), "{text}");
    let page = read(&text);
    assert!(!page.links.is_empty());
    assert!(
        page.links.iter().all(|link| link == "https://example.com/a%20b%3E%0A%3Cc%3E"),
        "{:?}",
        page.links
    );
}

#[test]
fn a_place_is_shown_where_there_is_one() {
    let at = Place { file: "stacks/src/a.rs".to_owned(), line: 3 };
    let change = crate::samples::bare(Verdict::Refused);
    let changes = vec![Located::new(change.clone(), Some(at)), Located::new(change, None)];
    let review =
        Review { comparisons: vec![Comparison { changes, ..Comparison::default() }], ..Review::default() };
    let page = page(&review);
    let places: Vec<&str> = page.tables[1].1.iter().map(|row| row[4].as_str()).collect();
    assert_eq!(places, ["stacks/src/a.rs:3", ""]);
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_read_back_as_it_is(review in review()) {
        judge(&review, &page(&review));
    }
}

/// Holds a page against the review that it shows.
fn judge(review: &Review, page: &Page) {
    let changes = || {
        let comparisons = review.comparisons.iter();
        let all = comparisons
            .flat_map(|comparison| comparison.changes.iter().map(move |located| (comparison, located)));
        all.filter(|(_, located)| is_news(&located.change))
    };
    let mut tables = page.tables.iter();
    if !review.comparisons.is_empty() {
        let (_, rows) = tables.next().expect("what was compared");
        assert_eq!(rows.len(), review.comparisons.len());
        for (row, comparison) in rows.iter().zip(&review.comparisons) {
            let name = comparison
                .stack_name
                .as_deref()
                .map_or_else(String::new, |name| format!(" as {}", shown(name)));
            assert_eq!(row[0].trim(), (shown(&comparison.stack) + &name).trim());
            assert_eq!(row[1].trim(), shown(comparison.environment.as_deref().unwrap_or_default()).trim());
            assert_eq!(words(&row[2]), sentence(&comparison.before));
            assert_eq!(words(&row[3]), sentence(&comparison.after));
        }
    }
    for verdict in Verdict::ALL.into_iter().rev().filter(|verdict| *verdict > Verdict::InPlace) {
        let changes: Vec<_> = changes().filter(|(_, located)| located.change.verdict == verdict).collect();
        if changes.is_empty() {
            continue;
        }
        let (heading, rows) = tables.next().expect("a table for each verdict");
        assert_eq!(heading, title(verdict));
        assert_eq!(rows.len(), changes.len());
        for (row, (comparison, located)) in rows.iter().zip(changes) {
            let wording = Wording::located(located);
            assert_eq!(row.len(), 5);
            assert_eq!(row[0].trim(), what(located, &wording).trim());
            assert_eq!(row[1].trim(), value(wording.values.as_ref()).trim());
            assert_eq!(words(&row[2]), sentence(&located.change.why));
            assert_eq!(row[3].trim(), stack(comparison).trim());
            assert_eq!(row[4], located.at.as_ref().map(|at| shown(&at.to_string())).unwrap_or_default());
        }
    }
    let grants = review.comparisons.iter().flat_map(|it| it.access.iter().map(move |grant| (it, grant)));
    let mut grants: Vec<_> = grants.collect();
    grants.sort_by_key(|(_, grant)| !grant.widens());
    if !grants.is_empty() {
        let (heading, rows) = tables.next().expect("a table of access");
        assert_eq!((heading.as_str(), rows.len()), ("Access", grants.len()));
        for (row, (comparison, grant)) in rows.iter().zip(grants) {
            let list = |items: &[String]| items.iter().map(|item| shown(item)).collect::<Vec<_>>().join(", ");
            assert_eq!(row[0], access_label(grant));
            assert_eq!(row[1].trim(), list(&grant.principals).trim());
            assert_eq!(row[2].trim(), list(&grant.actions).trim());
            assert_eq!(row[3].trim(), list(&grant.resources).trim());
            assert_eq!(row[4].trim(), shown(grant.condition.as_deref().unwrap_or_default()).trim());
            assert_eq!(row[5].trim(), stack(comparison).trim());
        }
    }
    if !review.problems.is_empty() {
        let (heading, rows) = tables.next().expect("a table for problems");
        assert_eq!((heading.as_str(), rows.len()), ("Problems in the definitions", review.problems.len()));
        let mut problems: Vec<_> = review.problems.iter().map(|found| &found.problem).collect();
        problems.sort_by_key(|problem| problem.severity != tablewright::Severity::Error);
        for (row, problem) in rows.iter().zip(problems) {
            assert_eq!(row[1].trim(), shown(&problem.rule).trim());
            assert_eq!(words(&row[2]), sentence(&problem.message));
            assert_eq!(words(&row[3]), sentence(problem.help.as_deref().unwrap_or_default()));
            assert_eq!(row[4].trim(), shown(problem.server_text.as_deref().unwrap_or_default()).trim());
            assert_eq!(row[5], shown(&problem.at.to_string()));
        }
    }
    let harmless: Vec<_> =
        changes().filter(|(_, located)| located.change.verdict == Verdict::InPlace).collect();
    if !harmless.is_empty() {
        let (heading, rows) = tables.next().expect("a folded table");
        assert_eq!((heading.as_str(), rows.len()), ("folded", harmless.len()));
        for (row, (comparison, located)) in rows.iter().zip(harmless) {
            assert_eq!(row[0].trim(), what(located, &Wording::located(located)).trim());
            assert_eq!(row[2].trim(), stack(comparison).trim());
        }
    }
    assert_eq!(tables.next(), None, "no table that is not ours");
    let diffs: Vec<_> = review.comparisons.iter().filter_map(|it| it.text_diff.as_deref()).collect();
    let diffs: Vec<String> = diffs.into_iter().filter(|diff| !diff.is_empty()).map(diff_lines).collect();
    assert_eq!(page.code_blocks, diffs);
    let ours = ["<details>", "</details>", "<code>", "</code>", "<br>", "<!-- tablewright:id -->"];
    for html in &page.html {
        let summary = html.strip_prefix("<summary>").and_then(|html| html.strip_suffix("</summary>"));
        let names =
            summary.map(|summary| summary.replace("<code>", "").replace("</code>", "").replace("&#", ""));
        let is_text = names.is_some_and(|names| !names.contains(['<', '@', '#']));
        assert!(ours.contains(&html.as_str()) || is_text, "{html:?} is not ours");
    }
    assert_eq!(page.links, Vec::<String>::new());
    assert_eq!(page.foreign, Vec::<String>::new());
    for word in page.prose.split_whitespace() {
        let hash = word
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|run| run.len() > 6 && run.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let address = word.contains(['@', '#', '$']) || word.contains("://") || word.contains("www.");
        assert!(!hash && !address, "GitHub would make a link of {word:?}");
    }
}

fn what(located: &Located, wording: &Wording<'_>) -> String {
    let kind = wording.kind.map(|kind| format!(" ({})", shown(kind))).unwrap_or_default();
    format!("{} {}{kind}", located.change.action.as_str(), shown(&wording.name))
}

fn value(values: Option<&Values>) -> String {
    let Some(values) = values else { return String::new() };
    let shown = |side: &Option<String>| side.as_deref().map(shown);
    Values { before: shown(&values.before), after: shown(&values.after) }.to_string()
}

fn stack(comparison: &Comparison) -> String {
    match comparison.environment.as_deref().map(shown) {
        Some(environment) => format!("{} ({environment})", shown(&comparison.stack)),
        None => shown(&comparison.stack),
    }
}

/// Names are shown character by character, but for those that cannot be seen.
fn shown(name: &str) -> String {
    let hidden = |c: char| {
        let ranges = [
            0x180b..=0x180f,
            0x200b..=0x200f,
            0x2028..=0x202e,
            0x2060..=0x206f,
            0xfff0..=0xfffb,
            0xe0000..=0xe0fff,
        ];
        c.is_control()
            || "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{3164}\u{feff}\u{ffa0}".contains(c)
            || ranges.iter().any(|range| range.contains(&u32::from(c)))
    };
    name.chars().map(|c| if hidden(c) { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// Sentences are shown word by word, and backticks may have become code.
fn sentence(text: &str) -> Vec<String> {
    let spaced: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    words(&shown(&spaced))
}

fn words(text: &str) -> Vec<String> {
    text.replace('`', "").split_whitespace().map(str::to_owned).collect()
}

fn diff_lines(diff: &str) -> String {
    diff.split_terminator('\n').map(|line| shown(line) + "\n").collect()
}
