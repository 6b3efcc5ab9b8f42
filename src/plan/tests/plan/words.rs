//! The texts of changes: reasons, error messages of AWS, and recipes.

use serde_json::{Value, json};
use tablewright_plan::{Language, PlanOptions, plan};

use crate::support::{attributes, index, key, named, resource, told, with};

fn text(before: &Value, after: &Value) -> String {
    let plan = plan(Some(before), after, &PlanOptions::default());
    plan.changes.iter().map(told).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_refused_key_and_what_stands_around_it() {
    let before = named(json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "old" } }));
    let after = named(json!({
        "AttributeDefinitions": attributes(&["id"]),
        "KeySchema": key(&["id"]),
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "new" },
    }));
    insta::assert_snapshot!(text(&before, &after), @r#"
    in-place: add T/Properties/AttributeDefinitions/0
      `id` is defined for the key of the table
    in-place: remove T/Properties/AttributeDefinitions/0
      `pk` is removed with the key of the table
    refused: modify T/Properties/KeySchema
      the key of a table is fixed when it is created, and CloudFormation does not replace a table that has an explicit name
      AWS: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename app-t and update the stack again.
      to change the key and keep the items:
      - Add a second table with the new definition, such as `T2`, with a name of its own, and deploy.
      - Write to both tables, and backfill the items. Or export the old table to S3 first, and let `ImportSourceSpecification` fill the new one when it is created.
      - Let readers and writers use the new table, and compare.
      - Set `DeletionPolicy: Retain` on `T` and deploy, then remove it and deploy again.
    staged: modify T/Properties/TimeToLiveSpecification
      time to live is turned off for `old` and, an hour later, on for `new`: no items expire in between, and then those whose time in `new` is past are deleted
      AWS: TimeToLive is active on a different AttributeName: current AttributeName is old
    "#);
}

#[test]
fn tables_that_go_or_move() {
    let before = json!({ "Resources": {
        "A": resource(json!({})),
        "B": with(&named(json!({})), "/Resources/T/DeletionPolicy", json!("Retain"))["Resources"]["T"],
        "C": resource(json!({ "TableName": "c" })),
        "D": resource(json!({ "TableName": "d" })),
        "Z": resource(json!({})),
    } });
    let after = json!({ "Resources": {
        "C2": resource(json!({ "TableName": "c" })),
        "D": resource(json!({ "TableName": "d2" })),
        "Z": resource(json!({})),
    } });
    insta::assert_snapshot!(text(&before, &after), @r#"
    refused: move C2
      for CloudFormation `C2` is a new table, and its name is in use by `C`
      AWS: Resource of type 'AWS::DynamoDB::Table' with identifier 'c' already exists.
      to keep the items of `C`:
      - Keep the logical id `C`.
      - Or move it from `C` to `C2` with a stack refactor (`aws cloudformation create-stack-refactor`), which leaves the table unchanged.
    data-loss: modify D/Properties/TableName
      a table cannot be renamed, so CloudFormation creates a new, empty table and deletes the old one with its items; no `UpdateReplacePolicy: Retain` retains it
      to give the table another name and keep the items:
      - Keep its name: `TableName: d`.
      - Or add a second table with the new definition, such as `D2`, with a name of its own, and deploy.
      - Write to both tables, and backfill the items. Or export the old table to S3 first, and let `ImportSourceSpecification` fill the new one when it is created.
      - Let readers and writers use the new table, and compare.
      - Set `DeletionPolicy: Retain` on `D` and deploy, then remove it and deploy again.
    data-loss: remove A
      the table is deleted with its items; its deployed `DeletionPolicy` does not retain it
      to remove the table from the stack and keep its items:
      - Set `DeletionPolicy: Retain` on `A` and deploy that alone: CloudFormation applies the deployed policy.
      - Then remove `A` and deploy again: the table is retained in the account.
    replacement-kept: remove B
      the table is removed from the stack; its deployed `DeletionPolicy` retains it in the account with its items
    "#);
}

#[test]
fn indexes_that_change() {
    let before = json!({ "AttributeDefinitions": attributes(&["pk", "a"]), "GlobalSecondaryIndexes": [index("by-a", &["a"])] });
    let after = json!({ "AttributeDefinitions": attributes(&["pk", "a", "b"]), "GlobalSecondaryIndexes": [index("by-a", &["a", "pk"]), index("by-b", &["b"])] });
    insta::assert_snapshot!(text(&named(before), &named(after)), @"
    in-place: add T/Properties/AttributeDefinitions/2
      `b` is defined for the index that uses it
    refused: modify T/Properties/GlobalSecondaryIndexes/0/KeySchema
      the key of index `by-a` is fixed when it is created
      AWS: Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.
      to change an index without interrupting its queries:
      - Add the new definition under another name, such as `by-a-2`, deploy, and wait until it is ACTIVE.
      - Switch the readers to it, then remove `by-a` and deploy again.
      - Or let `deploy --allow-index-rebuild ENV/STACK/TABLE` delete it and create it again under its name: queries on it fail until it is ACTIVE.
    staged: add T/Properties/GlobalSecondaryIndexes/1
      index `by-b` is built while the table stays available, and can be queried once it is ACTIVE
      AWS: Cannot perform more than one GSI creation or deletion in a single update
    ");
}

#[test]
fn recipes_for_definitions_name_the_calls() {
    let in_rust = |before: &Value, after: &Value| {
        let options = PlanOptions { language: Language::Rust, ..PlanOptions::default() };
        let changes = plan(Some(before), after, &options).changes;
        let recipes = changes.into_iter().filter_map(|change| change.recipe);
        recipes.map(|recipe| recipe.steps.join("\n")).collect::<Vec<_>>().join("\n\n")
    };
    let memo = |name: &str| json!({ "Resources": { "Memo": named(json!({ "TableName": name }))["Resources"]["T"] } });
    let note =
        json!({ "Resources": { "Note": named(json!({ "TableName": "app-note" }))["Resources"]["T"] } });
    insta::assert_snapshot!(in_rust(&note, &memo("app-memo")), @r#"
    Keep the logical id, from which the default name follows: `#[ddb(id = "Note")]` on the struct, or `Table::define("Note")`. The name must stay `app-note`.
    Or move it from `Note` to `Memo` with a stack refactor (`aws cloudformation create-stack-refactor`), which leaves the table unchanged.
    "#);
    insta::assert_snapshot!(in_rust(&note, &memo("app-note")), @r#"
    Keep the logical id: `#[ddb(id = "Note")]` on the struct, or `Table::define("Note")`.
    Or move it from `Note` to `Memo` with a stack refactor (`aws cloudformation create-stack-refactor`), which leaves the table unchanged.
    "#);
    let other_key = with(&note, "/Resources/Note/Properties/KeySchema", key(&["id"]));
    let other_key = with(&other_key, "/Resources/Note/Properties/AttributeDefinitions", attributes(&["id"]));
    insta::assert_snapshot!(in_rust(&note, &other_key), @r#"
    Define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
    Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
    Let readers and writers use the new table, and compare.
    Set `.deletion_policy(DeletionPolicy::Retain)` on `Note` and deploy, then remove it and deploy again with `--allow-replacement ENV/STACK/Note`.
    "#);
    // A table that is retained by now needs no step for that.
    let kept =
        |template: &Value| with(template, "/Resources/Note/DeletionPolicy", json!("RetainExceptOnCreate"));
    insta::assert_snapshot!(in_rust(&kept(&note), &kept(&other_key)), @r#"
    Define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
    Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
    Let readers and writers use the new table, and compare.
    Remove `Note` and deploy with `--allow-replacement ENV/STACK/Note`: its `DeletionPolicy` retains the table with its items.
    "#);
}
