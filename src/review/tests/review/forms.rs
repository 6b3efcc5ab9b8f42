//! A comprehensive review in every format, as snapshots.

use tablewright_review::{MarkdownOptions, annotations, json, markdown, sarif, step_summary};

use crate::samples::{rich, sound};

fn options() -> MarkdownOptions {
    MarkdownOptions { id: Some("notes".to_owned()), ..MarkdownOptions::default() }
}

#[test]
fn a_comment() {
    insta::assert_snapshot!("comment", markdown(&rich(), &options()));
}

#[test]
fn a_comment_when_nothing_changes() {
    insta::assert_snapshot!(markdown(&sound(), &options()), @"
    <!-- tablewright:notes -->
    **No change**

    | Stack | Environment | Before | After | Result |
    | --- | --- | --- | --- | --- |
    | `shop` |  | deployed | definitions | nothing to change |
    ");
}

#[test]
fn a_step_summary() {
    let comment = markdown(&rich(), &MarkdownOptions::default());
    assert_eq!(step_summary(&rich()), comment, "there is room for all in both");
}

#[test]
fn the_annotations() {
    insta::assert_snapshot!("annotations", annotations(&rich(), 10));
}

#[test]
fn the_json() {
    insta::assert_snapshot!("json", pretty(&json(&rich())));
}

#[test]
fn the_sarif() {
    insta::assert_snapshot!("sarif", pretty(&sarif(&rich(), "0.1.0")));
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).expect("a value of strings and numbers can be written")
}
