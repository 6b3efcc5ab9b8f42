//! A resource keeps its type: another one under the same logical id is refused by every call that could bring it.

use serde_json::{Value, json};

use crate::support::Wire;

const REFUSED: &str = "Update of resource type is not permitted. The new template modifies resource type of the following \
                       resources: [A, B]";

fn stack(types: [&str; 2]) -> Value {
    let resource = |name: &str, kind: &str| match kind {
        "AWS::DynamoDB::Table" => json!({"Type": kind, "DeletionPolicy": "Retain", "Properties": {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        }}),
        _ => {
            json!({"Type": kind, "DeletionPolicy": "Retain", "Properties": {"Type": "String", "Value": "x"}})
        }
    };
    json!({"Resources": {"A": resource("table-a", types[0]), "B": resource("table-b", types[1])}})
}

fn tables() -> Value {
    stack(["AWS::DynamoDB::Table"; 2])
}

fn parameters() -> Value {
    stack(["AWS::SSM::Parameter"; 2])
}

fn world() -> Wire {
    let wire = Wire::new();
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &tables().to_string())]);
    wire.wait(60);
    wire
}

fn still_there(wire: &Wire) {
    let (status, table) = wire.dynamodb("DescribeTable", &json!({"TableName": "table-a"}));
    assert_eq!((status, &table["Table"]["TableStatus"]), (200, &json!("ACTIVE")));
}

#[test]
fn update_stack_refuses_another_type() {
    let wire = world();
    let body = parameters().to_string();
    let call = [("StackName", "app"), ("TemplateBody", body.as_str())];
    assert_eq!(wire.refused("UpdateStack", &call), format!("ValidationError: {REFUSED}"));
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    still_there(&wire);
}

#[test]
fn a_change_set_with_another_type_fails() {
    let wire = world();
    let (status, id) = wire.set("app", "one", &parameters().to_string(), &[]);
    assert_eq!(status, format!("FAILED {REFUSED}"));
    assert!(
        wire.refused("ExecuteChangeSet", &[("ChangeSetName", &id)]).starts_with("InvalidChangeSetStatus")
    );
    // ... also as a table that is to be a global table, and one resource alone is named.
    let global = stack(["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"]);
    let (status, _) = wire.set("app", "two", &global.to_string(), &[]);
    assert_eq!(status, format!("FAILED {}", REFUSED.replace("A, B", "A")));
    still_there(&wire);
}

#[test]
fn a_nested_stack_refuses_another_type() {
    let wire = Wire::new();
    let (before, after) = (
        wire.put("artifacts", "before", &tables().to_string()),
        wire.put("artifacts", "after", &parameters().to_string()),
    );
    let parent = |url: &str| {
        json!({"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}}).to_string()
    };
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &parent(&before))]);
    wire.wait(60);
    let (status, _) = wire.set("app", "one", &parent(&after), &[("IncludeNestedStacks", "true")]);
    assert_eq!(status, "FAILED Nested change set * was not successfully created: Currently in FAILED.");
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &parent(&after))]);
    wire.wait(60);
    let lines = wire.lines("app");
    assert!(lines.contains(&format!("Child UPDATE_FAILED {REFUSED}")), "{lines:?}");
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    still_there(&wire);
}

#[test]
fn another_resource_may_have_another_type() {
    let wire = world();
    let mut template = tables();
    template["Resources"]["C"] = parameters()["Resources"]["A"].clone();
    template["Resources"].as_object_mut().unwrap().remove("A");
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &template.to_string())]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
}
