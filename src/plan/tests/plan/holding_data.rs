//! What is no table and holds data, or the key without which a table cannot be read.

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict, plan};

use crate::support::{lines, table, with};

/// A template with a table and this resource, `R`.
fn beside(resource: Value) -> Value {
    with(&table(json!({})), "/Resources/R", resource)
}

fn of_type(kind: &str) -> Value {
    json!({ "Type": kind })
}

fn verdict(before: &Value, after: &Value) -> Verdict {
    plan(Some(before), after, &PlanOptions::default()).verdict()
}

#[test]
fn what_holds_data_is_lost_with_its_removal() {
    let alone = table(json!({}));
    for kind in [
        "AWS::KMS::Key",
        "AWS::KMS::ReplicaKey",
        "AWS::Kinesis::Stream",
        "AWS::RDS::GlobalCluster",
        "AWS::OpenSearchService::Domain",
        "AWS::DynamoDB::Backup",
        "AWS::Events::Archive",
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::StackSet",
        "AWS::Serverless::Application",
        "My::Shop::Tables::MODULE",
    ] {
        let before = beside(of_type(kind));
        assert_eq!(verdict(&before, &alone), Verdict::DataLoss, "{kind}");
        let kept = beside(json!({ "Type": kind, "DeletionPolicy": "Retain" }));
        let expected = if kind.ends_with("::MODULE") { Verdict::DataLoss } else { Verdict::InPlaceWithRisk };
        assert_eq!(verdict(&kept, &alone), expected, "{kind}");
        // A condition that may turn false, new or changed, is as bad as a removal.
        let conditional = beside(json!({ "Type": kind, "Condition": "C" }));
        let condition = |value: &str| {
            with(
                &conditional,
                "/Conditions",
                json!({ "C": { "Fn::Equals": [{ "Ref": "AWS::Region" }, value] } }),
            )
        };
        assert_eq!(verdict(&before, &condition("a")), Verdict::DataLoss, "{kind}");
        assert_eq!(verdict(&condition("a"), &condition("b")), Verdict::DataLoss, "{kind}");
    }
    for kind in [
        "AWS::S3::Bucket",
        "AWS::S3Express::DirectoryBucket",
        "AWS::Backup::BackupVault",
        "AWS::RDS::DBCluster",
        "My::Own::Thing",
    ] {
        assert_eq!(verdict(&beside(of_type(kind)), &alone), Verdict::InPlaceWithRisk, "{kind}");
    }
    for kind in ["AWS::RDS::DBCluster", "AWS::Redshift::Cluster"] {
        let deleted = beside(json!({ "Type": kind, "DeletionPolicy": "Delete" }));
        assert_eq!(verdict(&deleted, &alone), Verdict::DataLoss, "{kind}");
        let kept = beside(json!({ "Type": kind, "DeletionPolicy": "Snapshot" }));
        assert_eq!(verdict(&kept, &alone), Verdict::InPlaceWithRisk, "{kind}");
    }
}

#[test]
fn a_key_stays_usable() {
    for kind in ["AWS::KMS::Key", "AWS::KMS::ReplicaKey"] {
        let key = |properties: Value| beside(json!({ "Type": kind, "Properties": properties }));
        assert_eq!(verdict(&key(json!({})), &key(json!({ "Enabled": false }))), Verdict::DataLoss, "{kind}");
        let days = |days: u32| key(json!({ "PendingWindowInDays": days }));
        assert_eq!(verdict(&days(30), &days(7)), Verdict::InPlaceWithRisk, "{kind}");
    }
    let key = |properties: Value| beside(json!({ "Type": "AWS::KMS::Key", "Properties": properties }));
    let policy = |principal: &str| json!({ "KeyPolicy": { "Statement": [{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" }] } });
    for (before, after, expected) in [
        (json!({}), json!({ "Enabled": false }), Verdict::DataLoss),
        (json!({ "Enabled": true }), json!({ "Enabled": "false" }), Verdict::DataLoss),
        (json!({ "Enabled": true }), json!({ "Enabled": { "Ref": "On" } }), Verdict::InPlaceWithRisk),
        (json!({ "Enabled": false }), json!({ "Enabled": true }), Verdict::InPlace),
        (json!({ "Enabled": false }), json!({}), Verdict::InPlace),
        (policy("a"), policy("b"), Verdict::InPlaceWithRisk),
        (json!({ "PendingWindowInDays": 30 }), json!({ "PendingWindowInDays": 7 }), Verdict::InPlaceWithRisk),
        (json!({ "PendingWindowInDays": 7 }), json!({ "PendingWindowInDays": 30 }), Verdict::InPlace),
        (json!({ "KeySpec": "SYMMETRIC_DEFAULT" }), json!({ "KeySpec": "RSA_2048" }), Verdict::Refused),
        (json!({}), json!({ "MultiRegion": true }), Verdict::Refused),
        (json!({}), json!({ "EnableKeyRotation": true }), Verdict::InPlace),
    ] {
        assert_eq!(verdict(&key(before.clone()), &key(after.clone())), expected, "{before} → {after}");
    }
}

#[test]
fn a_replaced_stream_loses_its_records() {
    let stream = |name: &str, policy: &str| {
        beside(
            json!({ "Type": "AWS::Kinesis::Stream", "UpdateReplacePolicy": policy, "Properties": { "Name": name } }),
        )
    };
    assert_eq!(verdict(&stream("a", "Delete"), &stream("b", "Delete")), Verdict::DataLoss);
    assert_eq!(verdict(&stream("a", "Retain"), &stream("b", "Retain")), Verdict::InPlaceWithRisk);
    assert_eq!(verdict(&stream("a", "Retain"), &stream("b", "Delete")), Verdict::DataLoss);
}

#[test]
fn a_loss_has_steps_with_consent_by_name() {
    let (before, after) = (beside(of_type("AWS::Kinesis::Stream")), table(json!({})));
    let stopped = plan(Some(&before), &after, &PlanOptions::default());
    assert!(stopped.is_stopped(), "{:?}", lines(&stopped));
    let consent =
        PlanOptions { allow: [("R".to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() };
    assert_eq!(plan(Some(&before), &after, &consent).steps.len(), 1);
}

#[test]
fn a_new_default_that_the_deployed_value_hides_is_said() {
    let template = |default: &str| {
        with(&table(json!({})), "/Parameters", json!({ "Stage": { "Type": "String", "Default": default } }))
    };
    let hidden = |deployed: &[(&str, &str)], wanted: &[(&str, &str)]| {
        let values = |values: &[(&str, &str)]| {
            Some(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let options = PlanOptions {
            deployed_parameters: values(deployed),
            wanted_parameters: values(wanted),
            ..PlanOptions::default()
        };
        let plan = plan(Some(&template("dev")), &template("prod"), &options);
        plan.hidden_defaults.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let text = "the new default `prod` of parameter `Stage` has no effect: the stack keeps its value `dev` unless another one is given";
    assert_eq!(hidden(&[("Stage", "dev")], &[("Stage", "dev")]), [text]);
    assert_eq!(hidden(&[("Stage", "dev")], &[("Stage", "test")]), [""; 0]);
    assert_eq!(hidden(&[("Stage", "prod")], &[("Stage", "prod")]), [""; 0]);
    assert_eq!(hidden(&[], &[]), [""; 0]);
}
