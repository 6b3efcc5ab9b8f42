//! The names of files, as code hosts look for them.

use tablewright::{Place, Problem};
use tablewright_plan::Verdict;
use tablewright_review::{Comparison, Located, Review};

use crate::samples::{bare, found};

fn place(file: &str, line: u32) -> Option<Place> {
    Some(Place { file: file.to_owned(), line })
}

/// Everything that has a place, at `file`.
fn review(file: &str) -> Review {
    let located = Located::new(bare(Verdict::Refused), place(file, 1));
    let comparison = Comparison {
        at: place(file, 2),
        template: Some(file.to_owned()),
        changes: vec![located],
        ..Comparison::default()
    };
    Review {
        comparisons: vec![comparison],
        problems: found(vec![Problem::error("N1", &place(file, 3).expect("a place"), "wrong")]),
        at: place("main.rs", 4),
    }
}

fn in_stacks(file: &str) -> Option<String> {
    (!file.starts_with('/')).then(|| format!("stacks/{file}"))
}

#[test]
fn every_file_is_renamed() {
    let mut renamed = review("notes.rs");
    renamed.rename_files(in_stacks);
    assert_eq!(renamed, Review { at: place("stacks/main.rs", 4), ..review("stacks/notes.rs") });
}

#[test]
fn what_has_no_name_is_shown_at_the_next_place() {
    let mut renamed = review("/registry/items.rs");
    renamed.rename_files(in_stacks);
    let comparison = &renamed.comparisons[0];
    assert_eq!((&comparison.at, &comparison.template, &comparison.changes[0].at), (&None, &None, &None));
    assert_eq!(renamed.problems[0].problem.at.to_string(), "stacks/main.rs:4");

    renamed = Review { at: None, ..review("/registry/items.rs") };
    renamed.rename_files(in_stacks);
    assert_eq!(renamed.problems[0].problem.at.to_string(), "/registry/items.rs:3", "a problem has a place");
}
