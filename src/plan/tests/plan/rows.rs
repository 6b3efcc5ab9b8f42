//! The comparison table of the semantic diff, row by row: what other tools call an update or a replacement, and what
//! it is.

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict, plan};

use crate::support::{attributes, index, key, merged, named, resource, table, with};

fn check(row: &str, before: &Value, after: &Value, expected: Verdict) {
    let plan = plan(Some(before), after, &PlanOptions::default());
    assert_eq!(plan.verdict(), expected, "{row}: {:#?}", plan.changes);
    assert_eq!(plan.is_stopped(), expected >= Verdict::Refused, "{row}");
}

/// A named table that has something of everything.
fn full(over: Value) -> Value {
    named(merged(
        json!({
            "AttributeDefinitions": attributes(&["pk", "sk", "a", "b", "l"]),
            "KeySchema": key(&["pk", "sk"]),
            "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"])],
            "LocalSecondaryIndexes": [index("local", &["pk", "l"])],
            "Tags": [{ "Key": "x", "Value": "1" }, { "Key": "y", "Value": "2" }],
        }),
        over,
    ))
}

#[test]
fn reorder_attribute_definitions_indexes_tags() {
    let reordered = json!({
        "AttributeDefinitions": attributes(&["l", "b", "a", "sk", "pk"]),
        "GlobalSecondaryIndexes": [index("by-b", &["b"]), index("by-a", &["a"])],
        "Tags": [{ "Key": "y", "Value": "2" }, { "Key": "x", "Value": "1" }],
    });
    check("reorder", &full(json!({})), &full(reordered), Verdict::None);
}

#[test]
fn reorder_key_schema() {
    let turned =
        json!([{ "AttributeName": "sk", "KeyType": "RANGE" }, { "AttributeName": "pk", "KeyType": "HASH" }]);
    check("reorder KeySchema", &full(json!({})), &full(json!({ "KeySchema": turned })), Verdict::Refused);
}

#[test]
fn type_of_a_key_attribute() {
    let typed = |kind: &str| json!({ "AttributeDefinitions": attributes(&[kind]) });
    check("named", &named(typed("pk")), &named(typed("pk:N")), Verdict::Refused);
    check("generated name", &table(typed("pk")), &table(typed("pk:N")), Verdict::DataLoss);
}

#[test]
fn attribute_of_an_index_only() {
    let indexed = full(json!({}));
    let fewer = json!({ "AttributeDefinitions": attributes(&["pk", "sk", "a", "l"]), "GlobalSecondaryIndexes": [index("by-a", &["a"])] });
    check("with a new index", &full(fewer.clone()), &indexed, Verdict::InPlace);
    check("with an old index", &indexed, &full(fewer), Verdict::InPlaceWithRisk);
}

#[test]
fn key_name_import_source() {
    let retain = |template: &Value| with(template, "/Resources/T/UpdateReplacePolicy", json!("Retain"));
    let import = json!({ "ImportSourceSpecification": { "InputFormat": "ION", "S3BucketSource": { "S3Bucket": "b" } } });
    for (row, change) in [("KeySchema", json!({ "KeySchema": key(&["sk", "pk"]) })), ("ImportSource", import)]
    {
        check(row, &full(json!({})), &full(change.clone()), Verdict::Refused);
        check(row, &table(json!({})), &table(change.clone()), Verdict::DataLoss);
        check(row, &retain(&table(json!({}))), &retain(&table(change)), Verdict::ReplacementKept);
    }
    // A new name is free: this replacement is carried out.
    let renamed = full(json!({ "TableName": "other" }));
    check("TableName", &full(json!({})), &renamed, Verdict::DataLoss);
    check("TableName", &retain(&full(json!({}))), &retain(&renamed), Verdict::ReplacementKept);
}

#[test]
fn local_indexes() {
    let two = json!([index("local", &["pk", "l"]), index("second", &["pk", "a"])]);
    let narrow = json!([merged(
        index("local", &["pk", "l"]),
        json!({ "Projection": { "ProjectionType": "KEYS_ONLY" } })
    )]);
    check("add", &full(json!({})), &full(json!({ "LocalSecondaryIndexes": two })), Verdict::Refused);
    check("change", &full(json!({})), &full(json!({ "LocalSecondaryIndexes": narrow })), Verdict::Refused);
    let used = full(json!({ "AttributeDefinitions": attributes(&["pk", "sk", "a", "b"]) }));
    let without = with(&used, "/Resources/T/Properties/LocalSecondaryIndexes", json!(null));
    check("remove", &full(json!({})), &without, Verdict::Refused);
}

#[test]
fn key_or_projection_of_an_index() {
    let rekeyed = json!({ "GlobalSecondaryIndexes": [index("by-a", &["a", "pk"]), index("by-b", &["b"])] });
    let narrow = merged(
        index("by-a", &["a"]),
        json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"] } }),
    );
    check("key", &full(json!({})), &full(rekeyed), Verdict::Refused);
    check(
        "projection",
        &full(json!({})),
        &full(json!({ "GlobalSecondaryIndexes": [narrow, index("by-b", &["b"])] })),
        Verdict::Refused,
    );
}

#[test]
fn two_index_changes() {
    let renamed = json!({ "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b2", &["b"])] });
    check("one of each", &full(json!({})), &full(renamed), Verdict::Staged);
}

#[test]
fn logical_id() {
    let moved = json!({ "Resources": { "New": full(json!({}))["Resources"]["T"] } });
    check("named", &full(json!({})), &moved, Verdict::Refused);
    let unnamed = |id: &str| json!({ "Resources": { id: resource(json!({})) } });
    check("generated name", &unnamed("T"), &unnamed("U"), Verdict::DataLoss);
}

#[test]
fn table_to_global_table() {
    for template in [full(json!({})), table(json!({}))] {
        let global = with(&template, "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable"));
        check("there", &template, &global, Verdict::Refused);
        check("back", &global, &template, Verdict::Refused);
    }
}

#[test]
fn weakened_and_risky() {
    let strong = json!({
        "DeletionProtectionEnabled": true,
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "one" },
        "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
        "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "a" },
    });
    let template = |properties: Value| {
        let template =
            with(&full(merged(strong.clone(), properties)), "/Resources/T/DeletionPolicy", json!("Retain"));
        with(&template, "/Resources/T/UpdateReplacePolicy", json!("Retain"))
    };
    let before = template(json!({}));
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        let weak = with(&before, &format!("/Resources/T/{policy}"), json!("Delete"));
        check(policy, &before, &weak, Verdict::InPlaceWithRisk);
    }
    let rows = [
        ("protection off", json!({ "DeletionProtectionEnabled": false }), Verdict::InPlaceWithRisk),
        (
            "recovery off",
            json!({ "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": false } }),
            Verdict::InPlaceWithRisk,
        ),
        (
            "key",
            json!({ "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "two" } }),
            Verdict::InPlaceWithRisk,
        ),
        (
            "view type",
            json!({ "StreamSpecification": { "StreamViewType": "KEYS_ONLY" } }),
            Verdict::InPlaceWithRisk,
        ),
        // More than a risk: it takes two deploys.
        (
            "attribute",
            json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "b" } }),
            Verdict::Staged,
        ),
    ];
    for (row, change, expected) in rows {
        check(row, &before, &template(change), expected);
    }
    let silent = with(&before, "/Resources/T/Properties/StreamSpecification", json!(null));
    check("stream off", &before, &silent, Verdict::InPlaceWithRisk);
}

#[test]
fn billing_class_throughput() {
    let provisioned = |units: u32| json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": { "ReadCapacityUnits": units, "WriteCapacityUnits": 1 } });
    check("billing", &table(json!({})), &table(provisioned(1)), Verdict::InPlaceWithRisk);
    check("throughput", &table(provisioned(1)), &table(provisioned(2)), Verdict::InPlace);
    check(
        "class",
        &table(json!({})),
        &table(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
        Verdict::InPlaceWithRisk,
    );
}

#[test]
fn outputs_and_exports() {
    let output = |name: &str, export: Value| {
        merged(
            full(json!({})),
            json!({ "Outputs": { name: { "Value": { "Ref": "T" }, "Export": { "Name": export } } } }),
        )
    };
    check("removed", &output("O", json!("e")), &full(json!({})), Verdict::InPlaceWithRisk);
    check("output renamed", &output("O", json!("e")), &output("P", json!("e")), Verdict::InPlaceWithRisk);
    check("export renamed", &output("O", json!("e")), &output("O", json!("f")), Verdict::InPlaceWithRisk);
}

#[test]
fn metadata_and_description() {
    let described = merged(full(json!({})), json!({ "Description": "d", "Metadata": { "m": 1 } }));
    check("template", &full(json!({})), &described, Verdict::None);
    check(
        "resource",
        &full(json!({})),
        &with(&full(json!({})), "/Resources/T/Metadata", json!({ "m": 1 })),
        Verdict::None,
    );
}
