//! The texts of changes, which the terminal output uses, too.

use serde_json::{Value, json};
use tablewright_plan::{Action, Change, PlanOptions, Verdict, Wait, plan};
use tablewright_review::{Comparison, Wording, cut, is_news, summary, wait};

use crate::samples::bare;

fn change(action: Action, path: &str, before: Option<Value>, after: Option<Value>) -> Change {
    Change { action, path: path.to_owned(), before, after, ..bare(Verdict::InPlace) }
}

fn said(change: &Change) -> String {
    let words = Wording::of(change);
    let kind = words.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
    let values = words.values.map(|values| format!(" {values}")).unwrap_or_default();
    let why = words.why.map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} {}{kind}{values} [{}]{why}", words.sign, words.name, words.label)
}

#[test]
fn actions_on_properties_and_indexes() {
    use Action::{Add, Modify, Move, Remove};
    let table = || Some(json!({ "Type": "AWS::DynamoDB::Table" }));
    let index = || Some(json!({ "IndexName": "by-day" }));
    let key = |name: &str| {
        Some(
            json!([{ "AttributeName": name, "KeyType": "HASH" }, { "AttributeName": "b", "KeyType": "RANGE" }]),
        )
    };
    let long = "x".repeat(61);
    for (change, words) in [
        (change(Add, "", None, table()), "+ Notes DynamoDB::Table [new]"),
        (change(Remove, "", table(), None), "- Notes DynamoDB::Table [removed]"),
        (
            change(Move { from: "Old".to_owned() }, "", table(), table()),
            "> Notes DynamoDB::Table Old → Notes [in place]",
        ),
        (
            change(Modify, "/DeletionPolicy", Some(json!("Retain")), None),
            "~ Notes.DeletionPolicy Retain → (none) [in place]",
        ),
        (
            change(Add, "/Properties/TableClass", None, Some(json!("STANDARD"))),
            "+ Notes.TableClass STANDARD [in place]",
        ),
        (change(Modify, "/Properties/A", Some(json!(1)), Some(json!(null))), "~ Notes.A 1 → null [in place]"),
        (change(Modify, "/Properties/A", Some(json!("")), Some(json!("b"))), "~ Notes.A \"\" → b [in place]"),
        (
            change(Modify, "/Properties/A", Some(json!({ "Ref": "P" })), Some(json!({ "Ref": "P" }))),
            "~ Notes.A [in place]",
        ),
        (
            change(Add, "/Properties/GlobalSecondaryIndexes/1", None, index()),
            "+ Notes.GlobalSecondaryIndexes.by-day [in place]",
        ),
        (
            change(Remove, "/Properties/GlobalSecondaryIndexes/1", index(), None),
            "- Notes.GlobalSecondaryIndexes.by-day [in place]",
        ),
        (
            change(Modify, "/Properties/KeySchema", key("a"), key("c")),
            "~ Notes.KeySchema a HASH, b RANGE → c HASH, b RANGE [in place]",
        ),
        (
            change(Modify, "/Properties/KeySchema", Some(json!([])), key("c")),
            "~ Notes.KeySchema [] → c HASH, b RANGE [in place]",
        ),
        (
            change(Add, "/Properties/A", None, Some(json!(long))),
            &format!("+ Notes.A {}… [in place]", "x".repeat(59)),
        ),
    ] {
        assert_eq!(said(&change), words);
    }
}

#[test]
fn other_sections_say_which_they_are() {
    for (section, logical_id, name) in [
        ("Resources", "Notes", "Notes"),
        ("Outputs", "Arn", "output Arn"),
        ("Description", "", "Description"),
        ("Parameters", "Stage", "Parameters.Stage"),
    ] {
        let mut change = change(Action::Modify, "", None, None);
        (change.section, change.logical_id) = (section.to_owned(), logical_id.to_owned());
        assert_eq!(Wording::of(&change).name, name);
    }
}

#[test]
fn a_kind_of_another_vendor_keeps_its_name() {
    let mut change = change(Action::Add, "", None, None);
    change.resource_type = Some("Custom::Thing".to_owned());
    assert_eq!(Wording::of(&change).kind, Some("Custom::Thing"));
}

#[test]
fn a_label_and_perhaps_a_reason_for_each_verdict() {
    let label = |verdict| said(&Change { why: "because".to_owned(), ..bare(verdict) });
    assert_eq!(
        Verdict::ALL.map(label),
        [
            "~ Notes.BillingMode [no effect]",
            "~ Notes.BillingMode [in place]",
            "~ Notes.BillingMode [in place, with risk]: because",
            "~ Notes.BillingMode [staged]: because",
            "~ Notes.BillingMode [refused]: because",
            "~ Notes.BillingMode [old table retained]: because",
            "~ Notes.BillingMode [data loss]: because",
        ]
    );
}

#[test]
fn a_summary_counts_by_label_worst_last() {
    let definitions = change(Action::Add, "/Properties/AttributeDefinitions/0", None, None);
    let changes = [
        bare(Verdict::DataLoss),
        bare(Verdict::InPlace),
        bare(Verdict::DataLoss),
        definitions,
        bare(Verdict::None),
    ];
    assert_eq!(summary(&changes), "1 in place, 2 data loss");
    assert_eq!(summary(&changes[3..]), "no changes");
}

#[test]
fn consequences_are_not_listed_separately() {
    let definitions =
        |verdict| Change { path: "/Properties/AttributeDefinitions/0".to_owned(), ..bare(verdict) };
    assert!(!is_news(&bare(Verdict::None)) && is_news(&bare(Verdict::InPlace)));
    assert!(!is_news(&definitions(Verdict::InPlace)) && is_news(&definitions(Verdict::Refused)));
}

#[test]
fn waits_name_their_tables() {
    let tables = || vec!["A".to_owned(), "B".to_owned()];
    assert_eq!(wait(&Wait::Indexes { tables: tables() }), "every index of A, B is ACTIVE");
    assert_eq!(
        wait(&Wait::TimeToLive { tables: tables() }),
        "DynamoDB accepts another change of time to live on A, B, after about an hour"
    );
    assert_eq!(
        wait(&Wait::KinesisDestination { tables: tables() }),
        "the old Kinesis destination of A, B is DISABLED, after a few minutes"
    );
}

#[test]
fn a_line_is_cut_by_characters() {
    assert_eq!(cut("äöü", 3), "äöü");
    assert_eq!(cut("äöüß", 3), "äö…");
    assert_eq!(cut("abc", 0), "…");
}

#[test]
fn long_values_are_shown_where_they_differ() {
    let said = |before: &str, after: &str| {
        said(&Change {
            before: Some(json!(before)),
            after: Some(json!(after)),
            ..change(Action::Modify, "/Properties/KinesisStreamArn", None, None)
        })
    };
    let same = "arn:aws:kinesis:us-east-1:123456789012:stream/of-a-team-with-a-long-name/";
    let (before, after) = (format!("{same}notes"), format!("{same}products"));
    assert_eq!(
        said(&before, &after),
        "~ Notes.KinesisStreamArn …a-long-name/notes → …a-long-name/products [in place]"
    );
    // What is added at the end is shown after what was there.
    assert_eq!(said(same, &before), "~ Notes.KinesisStreamArn …a-long-name/ → …a-long-name/notes [in place]");
    let late = said(&format!("a{same}"), &format!("b{same}"));
    assert!(late.contains(" aarn:aws:") && late.contains("… → barn:aws:"), "{late}");
}

#[test]
fn items_of_lists_are_named_by_their_names() {
    let table = |throughput: u32, tag: &str| {
        json!({ "Resources": { "Notes": { "Type": "AWS::DynamoDB::Table", "Properties": {
            "TableName": "notes",
            "Tags": [{ "Key": "team", "Value": tag }],
            "GlobalSecondaryIndexes": [{ "IndexName": "byDay", "OnDemandThroughput": { "MaxReadRequestUnits": throughput } }],
        } } } })
    };
    let (before, after) = (table(1, "a"), table(2, "b"));
    let plan = plan(Some(&before), &after, &PlanOptions::default());
    let mut comparison = Comparison::of("notes", ["a", "b"], &plan, |_| None);
    let names = |comparison: &Comparison| -> Vec<String> {
        comparison.changes.iter().map(|located| Wording::located(located).name).collect()
    };
    assert_eq!(names(&comparison), ["Notes.GlobalSecondaryIndexes.0.OnDemandThroughput", "Notes.Tags.0"]);
    comparison.name_items(|change| after.get(&change.section)?.get(&change.logical_id));
    assert_eq!(
        names(&comparison),
        ["Notes.GlobalSecondaryIndexes.byDay.OnDemandThroughput", "Notes.Tags.team"]
    );
    // Without the entry, the numbers stay.
    comparison.name_items(|_| None);
    assert_eq!(names(&comparison)[1], "Notes.Tags.0");
}
