//! Replicas that cannot come or go, through every call that would bring or remove them.

use serde_json::{Value, json};

use crate::support::Wire;

fn table(replicas: &[Value]) -> Value {
    json!({"Resources": {"Orders": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
        "Replicas": replicas,
    }}}})
}

fn home() -> Value {
    json!({"Region": "us-east-1"})
}

fn away(more: &Value) -> Value {
    let mut replica = json!({"Region": "eu-west-1"});
    replica.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    replica
}

fn create(wire: &Wire, template: &Value) {
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &template.to_string())]);
    wire.wait(600);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
}

/// Updates the stack by UpdateStack or by a change set; returns the reason of the table's failure.
fn update(wire: &Wire, by_set: bool, template: &Value) -> Option<String> {
    let body = template.to_string();
    if by_set {
        let (status, id) = wire.set("app", "set", &body, &[]);
        assert_eq!(status, "CREATE_COMPLETE");
        wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    } else {
        wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    }
    wire.wait(600);
    let lines = wire.lines("app");
    let failed = lines.iter().rev().find(|line| line.starts_with("Orders UPDATE_FAILED"));
    assert_eq!(wire.status("app") == "UPDATE_COMPLETE", failed.is_none(), "{lines:?}");
    failed.cloned()
}

fn replicas(wire: &Wire) -> usize {
    let (_, table) = wire.dynamodb("DescribeTable", &json!({"TableName": "orders"}));
    table["Table"]["Replicas"].as_array().map_or(0, Vec::len)
}

const PROTECTED: &str = "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.";

#[test]
fn a_protected_replica_is_not_removed() {
    let protected = away(&json!({"DeletionProtectionEnabled": true}));
    for by_set in [false, true] {
        let wire = Wire::new();
        create(&wire, &table(&[home(), protected.clone()]));
        let reason = update(&wire, by_set, &table(&[home()])).unwrap();
        assert!(reason.contains(PROTECTED), "{reason}");
        assert_eq!(replicas(&wire), 1);
        // The table cannot be deleted either, until the protection is off.
        wire.call("DeleteStack", &[("StackName", "app")]);
        wire.wait(600);
        assert!(wire.status("app").starts_with("DELETE_FAILED"), "{}", wire.status("app"));
    }
    let wire = Wire::new();
    create(&wire, &table(&[home(), protected]));
    assert_eq!(update(&wire, false, &table(&[home(), away(&json!({}))])), None);
    assert_eq!(update(&wire, true, &table(&[home()])), None);
    assert_eq!(replicas(&wire), 0);
}

#[test]
fn a_replica_does_not_come_with_its_policy() {
    let statement =
        json!({"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"});
    let policy =
        json!({"ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}});
    for by_set in [false, true] {
        let wire = Wire::new();
        create(&wire, &table(&[home()]));
        let reason = update(&wire, by_set, &table(&[home(), away(&policy)])).unwrap();
        assert!(
            reason.contains(
                "A replica and its resource-based policy cannot be created in the same stack update"
            ),
            "{reason}"
        );
        assert_eq!(replicas(&wire), 0);
    }
    // One after the other they come; the policy of the stack's Region comes at any time.
    let wire = Wire::new();
    create(&wire, &table(&[home()]));
    let mut own = home();
    own.as_object_mut().unwrap().extend(policy.as_object().unwrap().clone());
    assert_eq!(update(&wire, false, &table(&[own.clone(), away(&json!({}))])), None);
    assert_eq!(update(&wire, false, &table(&[own, away(&policy)])), None);
}

#[test]
fn keys_are_for_all_replicas_or_none() {
    let wire = Wire::new();
    create(&wire, &table(&[home(), away(&json!({}))]));
    let mut keyed = table(&[home(), away(&json!({"SSESpecification": {"KMSMasterKeyId": "x"}}))]);
    keyed["Resources"]["Orders"]["Properties"]["SSESpecification"] =
        json!({"SSEEnabled": true, "SSEType": "KMS"});
    for by_set in [false, true] {
        let reason = update(&wire, by_set, &keyed).unwrap();
        assert!(reason.contains("KMSMasterKeyId must be specified for each replica"), "{reason}");
    }
}
