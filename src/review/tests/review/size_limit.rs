//! A comment never exceeds the size limit, and says what is omitted.

use proptest::prelude::*;
use tablewright_plan::Verdict;
use tablewright_review::{Comparison, Located, MarkdownOptions, Review, markdown, step_summary};

use crate::fewer;
use crate::generate::{review, text};
use crate::reader::read;
use crate::samples::{bare, hostile, long, rich};

fn within(limit: usize) -> MarkdownOptions {
    MarkdownOptions { limit, ..MarkdownOptions::default() }
}

fn linked(limit: usize) -> MarkdownOptions {
    MarkdownOptions { link: Some("https://ci.example.com/runs/7".to_owned()), ..within(limit) }
}

/// Every sentence that says what was left out: how many, of how many, of what.
fn left_out(text: &str) -> Vec<(usize, usize, String)> {
    let notice = |line: &str| {
        let rest = line.strip_prefix("*Left out to fit the size limit: ")?.strip_suffix(".*")?;
        let (counts, link) = rest.split_once("; they are in the ").unwrap_or((rest, ""));
        assert!(link.is_empty() || link == "[full report][full-report]", "{link}");
        let mut words = counts.splitn(4, ' ');
        let mut number = || words.next()?.parse().ok();
        let left = number()?;
        assert_eq!(words.next(), Some("of"));
        let all = words.next()?.parse().ok()?;
        Some((left, all, words.next()?.to_owned()))
    };
    text.lines().filter_map(notice).collect()
}

#[test]
fn risks_are_kept_longest_and_the_rest_is_counted() {
    let text = markdown(&long(), &within(65_536));
    assert!((65_000..=65_536).contains(&text.len()), "the room is used: {}", text.len());
    let page = read(&text);
    assert_eq!(
        (page.tables[1].0.as_str(), page.tables[1].1.len()),
        ("Data loss", 10),
        "all of the worst are there"
    );
    let shown = page.tables[2].1.len();
    assert_eq!(
        left_out(&text),
        [(5_990 - shown, 5_990, "changes in place".to_owned()), (1, 1, "diff of templates".to_owned())]
    );
}

#[test]
fn less_room_costs_the_harmless_before_the_risks() {
    let rows = |limit| {
        let text = markdown(&long(), &linked(limit));
        assert!(text.len() <= limit);
        let page = read(&text);
        let rows = |heading: &str| {
            page.tables
                .iter()
                .filter(|(found, _)| found == heading)
                .map(|(_, rows)| rows.len())
                .sum::<usize>()
        };
        let lines: usize = page.code_blocks.iter().map(|block| block.lines().count()).sum();
        (rows("Data loss"), rows("folded"), lines)
    };
    let (worst, harmless, lines) = rows(MarkdownOptions::LEAST);
    assert_eq!((worst, lines), (10, 0));
    assert!((1..100).contains(&harmless), "{harmless}");
    assert_eq!(rows(1_000_000), (10, 5_990, 2_000));
}

#[test]
fn a_diff_is_cut_between_lines() {
    let mut review = long();
    review.comparisons[0].changes.truncate(1);
    let text = markdown(&review, &linked(8_000));
    assert!((7_850..=8_000).contains(&text.len()), "{}", text.len());
    let page = read(&text);
    let shown = page.code_blocks[0].lines().count();
    assert!(page.code_blocks[0].lines().eq((0..shown).map(|line| format!("+ line {line}"))));
    assert_eq!(left_out(&text), [(2_000 - shown, 2_000, "lines of this diff".to_owned())]);
    assert!(text.ends_with("\n[full-report]: <https://ci.example.com/runs/7>\n"), "{text}");
}

#[test]
fn short_comments_are_not_truncated_and_have_no_link() {
    let full = markdown(&rich(), &within(usize::MAX));
    assert_eq!(markdown(&rich(), &linked(full.len() + 200)), full);
    assert_eq!(markdown(&rich(), &within(full.len() + 1)), full);
    assert_ne!(markdown(&rich(), &within(full.len() - 10)), full);
    assert_eq!(left_out(&full), []);
}

#[test]
fn a_limit_below_the_minimum_is_the_minimum() {
    assert_eq!(markdown(&rich(), &within(0)), markdown(&rich(), &within(MarkdownOptions::LEAST)));
}

#[test]
fn the_minimum_is_sufficient_for_any_review() {
    let huge = "`x` ".repeat(1_200);
    let located = |verdict| {
        let change =
            tablewright_plan::Change { why: huge.clone(), server_text: Some(huge.clone()), ..bare(verdict) };
        Located::new(change, None)
    };
    let comparison = Comparison {
        stack: huge.clone(),
        changes: Verdict::ALL.into_iter().map(located).collect(),
        steps: vec![tablewright_review::Step { summary: vec![huge.clone(); 2], ..Default::default() }; 2],
        text_diff: Some(huge.clone()),
        stopped: true,
        ..Comparison::default()
    };
    let mut review =
        Review { comparisons: vec![comparison; 12], problems: hostile().problems, ..Review::default() };
    review.problems[0].problem.message = huge;
    let options = |link: usize| MarkdownOptions {
        limit: MarkdownOptions::LEAST,
        id: Some("%".repeat(300)),
        link: Some(format!("https://example.com/{}", "x".repeat(link - 20))),
    };
    let text = markdown(&review, &options(1_024));
    assert!(text.len() <= MarkdownOptions::LEAST - 200, "there is room for longer counts: {}", text.len());
    assert_eq!(
        text.lines().next().map(str::len),
        Some("<!-- tablewright: -->".len() + 256),
        "a longer id is cut"
    );
    assert_eq!(left_out(&text).len(), 15, "every section says what it left out: {text}");
    assert!(text.contains("\n[full-report]: <https://example.com/xxx"));
    assert!(!markdown(&review, &options(1_025)).contains("full-report"), "a longer link is none");
}

#[test]
fn a_step_summary_keeps_its_own_limit() {
    let mut review = long();
    review.comparisons[0].text_diff = Some("+ é\n".repeat(1_000_000));
    let text = step_summary(&review);
    assert!((1_040_000..=1_048_576).contains(&text.len()), "{}", text.len());
    assert_eq!(read(&text).tables[2].1.len(), 5_990);
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn no_comment_is_longer_than_it_may_be(
        review in review(), id in text(), link in text(), limit in MarkdownOptions::LEAST..12_000,
    ) {
        let options = MarkdownOptions { limit, id: Some(id), link: Some(link) };
        let cut = markdown(&review, &options);
        prop_assert!(cut.len() <= limit, "{} > {limit}", cut.len());

        let full = read(&markdown(&review, &MarkdownOptions { limit: usize::MAX, ..options }));
        let page = read(&cut);
        let rows = |page: &crate::reader::Page| page.tables.iter().map(|(_, rows)| rows.len()).sum::<usize>();
        let missing: usize = left_out(&cut).iter().filter(|(.., what)| is_row(what)).map(|(left, ..)| left).sum();
        prop_assert_eq!(rows(&page) + missing, rows(&full), "every row is shown or counted");
        for (heading, shown) in &page.tables {
            let whole = full.tables.iter().filter(|(full, _)| full == heading);
            prop_assert!(whole.clone().any(|(_, rows)| rows.starts_with(shown)), "{heading}");
        }
        prop_assert_eq!(page.foreign, Vec::<String>::new());
    }
}

/// Whether what was left out is rows of a table.
fn is_row(what: &str) -> bool {
    what.starts_with("change") || what.starts_with("comparison") || what.starts_with("problem")
}

/// The order of the verdicts is the order in which they are cut: see `risks_are_kept_longest_and_the_rest_is_counted`.
#[test]
fn the_worst_rows_are_kept() {
    let change = |verdict, number: usize| {
        let change = tablewright_plan::Change {
            logical_id: format!("T{number}"),
            why: "x".repeat(100),
            ..bare(verdict)
        };
        Located::new(change, None)
    };
    let verdicts = [Verdict::InPlaceWithRisk, Verdict::Refused, Verdict::DataLoss];
    let changes = verdicts.into_iter().flat_map(|verdict| (0..20).map(move |number| change(verdict, number)));
    let comparison = Comparison { changes: changes.collect(), ..Comparison::default() };
    let text = markdown(&Review { comparisons: vec![comparison], ..Review::default() }, &within(5_900));
    let notices = left_out(&text);
    let kinds: Vec<&str> = notices.iter().map(|(.., what)| what.as_str()).collect();
    assert_eq!(kinds, ["comparison", "changes that are refused", "changes with a risk"], "{text}");
    assert_eq!(notices[2].0, 20, "none of the lesser, while there are not all of the worse");
}
