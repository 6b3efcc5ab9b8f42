//! Settings that are left out on one side and written out with their default on the other.

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict, plan};

use crate::support::{attributes, key, named, with};

/// Plans both directions: neither changes anything.
fn check(without: &Value, with: &Value) {
    for (before, after) in [(without, with), (with, without)] {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::None, "{before} → {after}: {:?}", plan.changes);
    }
}

#[test]
fn properties_of_a_table() {
    let recovery = |settings: Value| named(json!({ "PointInTimeRecoverySpecification": settings }));
    check(
        &recovery(json!({ "PointInTimeRecoveryEnabled": true })),
        &recovery(json!({ "PointInTimeRecoveryEnabled": "true", "RecoveryPeriodInDays": 35 })),
    );
    for (property, default) in [
        ("TableClass", json!("STANDARD")),
        ("DeletionProtectionEnabled", json!(false)),
        ("PointInTimeRecoverySpecification", json!({ "PointInTimeRecoveryEnabled": false })),
        ("SSESpecification", json!({ "SSEEnabled": false })),
        ("TimeToLiveSpecification", json!({ "Enabled": false, "AttributeName": "t" })),
    ] {
        check(&named(json!({})), &named(json!({ property: default })));
    }
    let encryption = |settings: Value| named(json!({ "SSESpecification": settings }));
    check(
        &encryption(json!({ "SSEEnabled": true })),
        &encryption(json!({ "SSEEnabled": true, "SSEType": "KMS" })),
    );
    let mode = |mode: Value| with(&named(json!({})), "/Resources/T/Properties/BillingMode", mode);
    check(&mode(json!(null)), &mode(json!("PROVISIONED")));
}

#[test]
fn properties_of_a_global_table() {
    let global = |over: Value| {
        let mut properties = json!({
            "AttributeDefinitions": attributes(&["pk"]), "KeySchema": key(&["pk"]), "BillingMode": "PAY_PER_REQUEST",
            "Replicas": [{ "Region": "us-east-1" }],
        });
        properties.as_object_mut().expect("a map").extend(over.as_object().expect("a map").clone());
        json!({ "Resources": { "T": { "Type": "AWS::DynamoDB::GlobalTable", "Properties": properties } } })
    };
    check(&global(json!({})), &global(json!({ "MultiRegionConsistency": "EVENTUAL" })));
    for property in ["DeletionProtectionEnabled", "DisassociationProtectionEnabled"] {
        check(
            &global(json!({})),
            &global(json!({ "Replicas": [{ "Region": "us-east-1", property: false }] })),
        );
    }
    let strong = global(json!({ "MultiRegionConsistency": "STRONG" }));
    let changed = plan(Some(&global(json!({}))), &strong, &PlanOptions::default());
    assert_eq!(changed.verdict(), Verdict::Refused);
}

#[test]
fn policies() {
    let table = named(json!({}));
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        let pointer = format!("/Resources/T/{policy}");
        check(&table, &with(&table, &pointer, json!("Delete")));
        let retained = with(&table, &pointer, json!("Retain"));
        let plan = plan(Some(&retained), &table, &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk, "{policy}");
    }
    let database = |properties: Value| {
        with(&table, "/Resources/D", json!({ "Type": "AWS::RDS::DBInstance", "Properties": properties }))
    };
    let policy = |template: &Value, value: &str| with(template, "/Resources/D/DeletionPolicy", json!(value));
    let alone = database(json!({}));
    check(&alone, &policy(&alone, "Snapshot"));
    let in_cluster = database(json!({ "DBClusterIdentifier": "c" }));
    check(&in_cluster, &policy(&in_cluster, "Delete"));
}
