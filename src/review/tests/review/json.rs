//! The JSON matches its schema and is complete.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use tablewright_plan::{Action, Verdict, Wait};
use tablewright_review::{Comparison, JSON_SCHEMA, Located, Step, change, json as json_form};

use crate::fewer;
use crate::generate::review;
use crate::samples::{bare, hostile, rich, sound};

fn schema() -> Value {
    serde_json::from_str(JSON_SCHEMA).expect("the schema is JSON")
}

#[test]
fn the_worst_verdict_and_the_counts_stand_at_the_top() {
    let value = json_form(&rich());
    assert_eq!(value["verdict"], "data-loss");
    assert_eq!(value["changed"], true);
    assert_eq!((&value["errors"], &value["warnings"]), (&json!(2), &json!(1)));
    let counts: u64 =
        Verdict::ALL.iter().filter_map(|verdict| value["counts"][verdict.as_str()].as_u64()).sum();
    let changes: usize = rich().comparisons.iter().map(|comparison| comparison.changes.len()).sum();
    assert_eq!(counts, changes as u64, "those without effect are counted too");
    assert_eq!(value["counts"]["data-loss"], 1);
    assert_eq!(value["counts"]["staged"], value["comparisons"][1]["counts"]["staged"]);
}

#[test]
fn no_change_is_said_as_such() {
    let value = json_form(&sound());
    assert_eq!((&value["verdict"], &value["changed"]), (&json!("none"), &json!(false)));
    let mut review = sound();
    review.comparisons[0].changes = rich().comparisons[0].changes.clone();
    assert_eq!(json_form(&review)["changed"], true);
}

#[test]
fn null_in_a_template_is_kept() {
    let mut nothing = bare(Verdict::InPlace);
    (nothing.before, nothing.after) = (None, Some(Value::Null));
    let value = change(&nothing);
    assert_eq!((value.get("before"), value.get("after")), (None, Some(&Value::Null)));
}

#[test]
fn a_renamed_resource_has_its_old_id() {
    let mut moved = bare(Verdict::Refused);
    moved.action = Action::Move { from: "Old".to_owned() };
    let value = change(&moved);
    assert_eq!((&value["action"], &value["from"]), (&json!("move"), &json!("Old")));
}

#[test]
fn every_field_of_the_schema_is_written_by_a_full_review() {
    let mut moved = bare(Verdict::Refused);
    moved.action = Action::Move { from: "Old".to_owned() };
    let waits = ["indexes", "time-to-live", "kinesis-destination"];
    let tables = || vec!["Notes".to_owned()];
    let step = Step {
        summary: vec!["do it".to_owned()],
        waits: vec![
            Wait::Indexes { tables: tables() },
            Wait::TimeToLive { tables: tables() },
            Wait::KinesisDestination { tables: tables() },
        ],
    };
    let mut review = rich();
    review.comparisons.push(Comparison {
        template: Some("a.yaml".to_owned()),
        changes: vec![Located::new(moved, None)],
        steps: vec![step],
        tables: vec![json!({
            "logical_id": "Notes",
            "name": "notes",
            "missing": false,
            "status": "ACTIVE",
            "item_count": 1,
            "size_bytes": 2,
            "deletion_protection": false,
            "recovery": { "earliest": "2026-01-01T00:00:00Z", "latest": "2026-01-02T00:00:00Z" },
            "last_backup": { "arn": "arn", "name": "before", "created": null },
            "unreadable": [],
            "notes": ["Notes has about 1 item"],
        })],
        ..Comparison::default()
    });
    let value = json_form(&review);
    let mut written = BTreeSet::new();
    fields(&schema(), &schema(), &value, "", &mut written);
    let mut described = BTreeSet::new();
    describe(&schema(), "", &mut described);
    assert_eq!(written, described);
    let steps = value["comparisons"][3]["steps"][0]["waits"].as_array().expect("a list");
    assert_eq!(steps.iter().filter_map(|wait| wait["for"].as_str()).collect::<Vec<_>>(), waits);
}

#[test]
fn every_field_of_the_schema_has_a_description() {
    fn walk(value: &Value, path: &str) {
        if let Some(properties) = value["properties"].as_object() {
            for (name, property) in properties {
                assert!(property["description"].is_string(), "{path}/{name}");
                walk(property, &format!("{path}/{name}"));
            }
            for name in value["required"].as_array().into_iter().flatten() {
                assert!(
                    properties.contains_key(name.as_str().expect("a name")),
                    "{path}: {name} is required"
                );
            }
        }
    }
    let schema = schema();
    walk(&schema, "");
    for (name, definition) in schema["$defs"].as_object().expect("definitions") {
        assert!(definition["description"].is_string(), "{name}");
        walk(definition, name);
    }
    let words: Vec<&str> = Verdict::ALL.iter().map(|verdict| verdict.as_str()).collect();
    assert_eq!(schema["$defs"]["verdict"]["enum"], json!(words));
}

#[test]
fn hostile_names_are_written_as_they_are() {
    let value = json_form(&hostile());
    fields(&schema(), &schema(), &value, "", &mut BTreeSet::new());
    for (written, comparison) in
        value["comparisons"].as_array().into_iter().flatten().zip(hostile().comparisons)
    {
        assert_eq!(written["stack"], comparison.stack.as_str());
        assert_eq!(written["changes"][0]["logical_id"], comparison.changes[0].change.logical_id.as_str());
    }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn any_review_is_as_its_schema_says(review in review()) {
        let value = json_form(&review);
        fields(&schema(), &schema(), &value, "", &mut BTreeSet::new());
        prop_assert_eq!(value["comparisons"].as_array().map(Vec::len), Some(review.comparisons.len()));
        prop_assert_eq!(value["problems"].as_array().map(Vec::len), Some(review.problems.len()));
    }
}

/// Holds a value against the parts of JSON Schema that the schema uses, with no field beside it, and collects the fields.
fn fields(root: &Value, schema: &Value, value: &Value, path: &str, written: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|pointer| pointer.strip_prefix("#/$defs/")) {
        return fields(root, &root["$defs"][name], value, name, written);
    }
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{path}: {value}");
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64(),
        None => true,
        Some(other) => panic!("the schema has a type more: {other}"),
    };
    assert!(fits, "{path}: {value}");
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().expect("a name")).is_some(), "{path}: no {name} in {value}");
    }
    if let (Some(properties), Some(members)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, member) in members {
            let property =
                properties.get(name).unwrap_or_else(|| panic!("{path}/{name} is not in the schema"));
            written.insert(format!("{path}/{name}"));
            fields(root, property, member, &format!("{path}/{name}"), written);
        }
    }
    for item in value.as_array().into_iter().flatten().filter(|_| schema["items"].is_object()) {
        fields(root, &schema["items"], item, path, written);
    }
}

/// Collects every field that a schema describes.
fn describe(schema: &Value, path: &str, described: &mut BTreeSet<String>) {
    described.extend(
        schema["properties"].as_object().into_iter().flatten().map(|(name, _)| format!("{path}/{name}")),
    );
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        describe(definition, name, described);
    }
}
