//! Stacks within stacks: created, updated, rolled back and deleted with their parents, and looked at beforehand.

use serde_json::{Value, json};
use tablewright_sandbox::{Faults, HandlerOperation, ResourceFault};

use crate::support::{Wire, without_ids};

fn parameter(value: &Value) -> Value {
    json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}})
}

/// A template with one parameter, which it puts out.
fn inner(fixed: &str) -> String {
    json!({
        "Parameters": {"Value": {"Type": "String"}},
        "Resources": {"Inner": parameter(&json!({"Fn::Sub": format!("{fixed} ${{Value}}")}))},
        "Outputs": {"Said": {"Value": {"Fn::GetAtt": ["Inner", "Value"]}}},
    })
    .to_string()
}

fn child(url: &str, value: &str) -> Value {
    json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": {"Value": value}}})
}

/// A parent whose second resource takes what its child puts out.
fn outer(url: &str, value: &str) -> String {
    json!({
        "Resources": {"Child": child(url, value), "After": parameter(&json!({"Fn::GetAtt": ["Child", "Outputs.Said"]}))},
        "Outputs": {"Said": {"Value": {"Ref": "After"}}, "Id": {"Value": {"Ref": "Child"}}},
    })
    .to_string()
}

fn fails(wire: &Wire, faults: &[(&str, HandlerOperation)]) {
    let resources = faults
        .iter()
        .map(|(id, on)| ResourceFault { logical_id: (*id).into(), on: *on, reason: "no".into() })
        .collect();
    wire.sandbox.set_faults(Faults { resources, ..Faults::default() }).unwrap();
}

fn create(wire: &Wire, template: &str) {
    wire.call(
        "CreateStack",
        &[("StackName", "app"), ("TemplateBody", template), ("ClientRequestToken", "first")],
    );
    wire.wait(60);
}

fn update(wire: &Wire, template: &str) {
    wire.call(
        "UpdateStack",
        &[("StackName", "app"), ("TemplateBody", template), ("ClientRequestToken", "second")],
    );
    wire.wait(90);
}

fn child_id(wire: &Wire) -> String {
    let answer = wire.call("DescribeStackResources", &[("StackName", "app"), ("LogicalResourceId", "Child")]);
    answer["StackResources"][0]["PhysicalResourceId"].as_str().unwrap().to_owned()
}

#[test]
fn a_child_is_made_with_its_parent() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    assert_eq!(
        wire.lines("app"),
        [
            "STACK CREATE_IN_PROGRESS User Initiated",
            "Child CREATE_IN_PROGRESS",
            "Child CREATE_IN_PROGRESS Resource creation Initiated",
            "Child CREATE_COMPLETE",
            "After CREATE_IN_PROGRESS",
            "After CREATE_IN_PROGRESS Resource creation Initiated",
            "After CREATE_COMPLETE",
            "STACK CREATE_COMPLETE",
        ]
    );
    let id = child_id(&wire);
    assert_eq!(
        wire.lines(&id),
        [
            "STACK CREATE_IN_PROGRESS User Initiated",
            "Inner CREATE_IN_PROGRESS",
            "Inner CREATE_IN_PROGRESS Resource creation Initiated",
            "Inner CREATE_COMPLETE",
            "STACK CREATE_COMPLETE",
        ]
    );
    // The first event of a child in its parent has no physical id yet; the second has.
    let events = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].clone();
    let of_child: Vec<&Value> = events
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .filter(|event| event["LogicalResourceId"] == "Child")
        .collect();
    assert_eq!(of_child[0]["PhysicalResourceId"], "");
    assert_eq!(of_child[1]["PhysicalResourceId"], id.as_str());
    let (parent, nested) = (wire.stack("app"), wire.stack(&id));
    assert_eq!(nested["ParentId"], parent["StackId"]);
    assert_eq!(nested["RootId"], parent["StackId"]);
    assert_eq!(parent.get("ParentId"), None);
    assert!(nested["StackName"].as_str().unwrap().starts_with("app-Child-"));
    assert_eq!(nested["Outputs"][0]["OutputValue"], "the sea");
    let after = wire.call("DescribeStackResources", &[("StackName", "app"), ("LogicalResourceId", "After")]);
    assert_eq!(after["StackResources"][0]["ResourceStatus"], "CREATE_COMPLETE");

    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status(&id), "DELETE_COMPLETE");
    assert_eq!(wire.status(parent["StackId"].as_str().unwrap()), "DELETE_COMPLETE");
}

#[test]
fn children_have_children() {
    let wire = Wire::new();
    let deepest = wire.put("artifacts", "inner", &inner("deep"));
    let middle = json!({
        "Parameters": {"Value": {"Type": "String"}},
        "Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {
            "TemplateURL": deepest, "Parameters": {"Value": {"Ref": "Value"}},
        }}},
        "Outputs": {"Said": {"Value": {"Fn::GetAtt": "Child.Outputs.Said"}}},
    });
    let middle = wire.put("artifacts", "middle", &middle.to_string());
    create(&wire, &outer(&middle, "sea"));
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    let stacks = wire.call("DescribeStacks", &[])["Stacks"].as_array().unwrap().clone();
    let root = wire.stack("app")["StackId"].clone();
    assert_eq!(stacks.len(), 3);
    assert!(stacks.iter().filter(|stack| stack.get("RootId").is_some()).all(|stack| stack["RootId"] == root));
    update(&wire, &outer(&middle, "blue sea"));
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    for stack in &stacks {
        assert_eq!(wire.status(stack["StackId"].as_str().unwrap()), "UPDATE_COMPLETE");
    }
    let said = |id: &str| wire.stack(id)["Outputs"][0]["OutputValue"].clone();
    assert_eq!(said(&child_id(&wire)), "deep blue sea");
}

#[test]
fn a_child_that_cannot_be_made_fails_its_parent() {
    let wire = Wire::new();
    fails(&wire, &[("Inner", HandlerOperation::Create)]);
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    assert_eq!(
        wire.lines("app"),
        [
            "STACK CREATE_IN_PROGRESS User Initiated",
            "Child CREATE_IN_PROGRESS",
            "Child CREATE_IN_PROGRESS Resource creation Initiated",
            "Child CREATE_FAILED Embedded stack * was not successfully created: The following resource(s) failed to create: [Inner].",
            "STACK ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Child]. Rollback requested by user.",
            "Child DELETE_IN_PROGRESS",
            "Child DELETE_COMPLETE",
            "STACK ROLLBACK_COMPLETE",
        ]
    );
    // The child can still be asked by its id.
    let gone = wire.call("ListStacks", &[("StackStatusFilter.member.1", "DELETE_COMPLETE")]);
    let id = gone["StackSummaries"][0]["StackId"].as_str().unwrap();
    assert_eq!(
        wire.lines(id),
        [
            "STACK CREATE_IN_PROGRESS User Initiated",
            "Inner CREATE_IN_PROGRESS",
            "Inner CREATE_FAILED no",
            "STACK CREATE_FAILED The following resource(s) failed to create: [Inner].",
            "STACK DELETE_IN_PROGRESS User Initiated",
            "Inner DELETE_COMPLETE",
            "STACK DELETE_COMPLETE",
        ]
    );
}

#[test]
fn a_child_whose_template_is_not_there_fails_before_it_is() {
    let wire = Wire::new();
    create(&wire, &outer("https://s3.amazonaws.com/nowhere/inner", "sea"));
    let line = &wire.lines("app")[2];
    assert!(line.starts_with("Child CREATE_FAILED S3 error: The specified bucket does not exist"), "{line}");
    assert_eq!(wire.status("app"), "ROLLBACK_COMPLETE");
    let url = wire.put("artifacts", "inner", &inner("the"));
    let missing = json!({"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}});
    wire.call("CreateStack", &[("StackName", "other"), ("TemplateBody", &missing.to_string())]);
    wire.wait(30);
    assert_eq!(wire.lines("other")[2], "Child CREATE_FAILED Parameters: [Value] must have values");
}

#[test]
fn a_child_is_updated_and_cleans_up_with_its_parent() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    let id = child_id(&wire);
    let before = (wire.lines("app").len(), wire.lines(&id).len());
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &outer(&url, "sky"))]);
    wire.wait(12);
    // The child has done its part and waits; its parent has not.
    assert_eq!(
        (wire.status(&id).as_str(), wire.status("app").as_str()),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    );
    wire.wait(60);
    assert_eq!(
        wire.lines("app")[before.0..],
        [
            "STACK UPDATE_IN_PROGRESS User Initiated",
            "Child UPDATE_IN_PROGRESS",
            "Child UPDATE_COMPLETE",
            "After UPDATE_IN_PROGRESS",
            "After UPDATE_COMPLETE",
            "STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_COMPLETE",
        ]
    );
    assert_eq!(
        wire.lines(&id)[before.1..],
        [
            "STACK UPDATE_IN_PROGRESS User Initiated",
            "Inner UPDATE_IN_PROGRESS",
            "Inner UPDATE_COMPLETE",
            "STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_COMPLETE",
        ]
    );
    assert_eq!(wire.stack(&id)["Outputs"][0]["OutputValue"], "the sky");

    // What changes at the address only, nobody sees before the update looks.
    wire.put("artifacts", "inner", &inner("one"));
    update(&wire, &outer(&url, "sky"));
    assert_eq!(wire.stack(&id)["Outputs"][0]["OutputValue"], "one sky");
    let lines = wire.lines(&id).len();
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &outer(&url, "sky"))]);
    wire.wait(60);
    assert_eq!(wire.lines(&id).len(), lines, "nothing happens in a child in which nothing changes");
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
}

#[test]
fn a_child_that_fails_to_update_takes_its_parent_back() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    let id = child_id(&wire);
    let before = (wire.lines("app").len(), wire.lines(&id).len());
    fails(&wire, &[("Inner", HandlerOperation::Update)]);
    update(&wire, &outer(&url, "sky"));
    assert_eq!(
        wire.lines("app")[before.0..],
        [
            "STACK UPDATE_IN_PROGRESS User Initiated",
            "Child UPDATE_IN_PROGRESS",
            "Child UPDATE_FAILED Embedded stack * was not successfully updated. Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: \
             The following resource(s) failed to update: [Inner].",
            "STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Child].",
            "Child UPDATE_IN_PROGRESS",
            "Child UPDATE_COMPLETE",
            "STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(
        wire.lines(&id)[before.1..],
        [
            "STACK UPDATE_IN_PROGRESS User Initiated",
            "Inner UPDATE_IN_PROGRESS",
            "Inner UPDATE_FAILED no",
            "STACK UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Inner].",
            "Inner UPDATE_IN_PROGRESS",
            "Inner UPDATE_COMPLETE",
            "STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_ROLLBACK_COMPLETE",
        ]
    );
}

#[test]
fn a_child_that_was_done_goes_back_with_its_parent() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    let id = child_id(&wire);
    let before = wire.lines(&id).len();
    fails(&wire, &[("After", HandlerOperation::Update)]);
    update(&wire, &outer(&url, "sky"));
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(
        wire.lines(&id)[before..],
        [
            "STACK UPDATE_IN_PROGRESS User Initiated",
            "Inner UPDATE_IN_PROGRESS",
            "Inner UPDATE_COMPLETE",
            "STACK UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_ROLLBACK_IN_PROGRESS",
            "Inner UPDATE_IN_PROGRESS",
            "Inner UPDATE_COMPLETE",
            "STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    assert_eq!(wire.stack(&id)["Outputs"][0]["OutputValue"], "the sea");
}

#[test]
fn a_cancelled_update_takes_its_children_back() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    create(&wire, &outer(&url, "sea"));
    let id = child_id(&wire);
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &outer(&url, "sky"))]);
    wire.wait(6);
    assert_eq!(wire.status(&id), "UPDATE_IN_PROGRESS: User Initiated");
    wire.call("CancelUpdateStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(wire.status(&id), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(wire.stack(&id)["Outputs"][0]["OutputValue"], "the sea");
}

const NESTED: (&str, &str) = ("IncludeNestedStacks", "true");
const CREATE: (&str, &str) = ("ChangeSetType", "CREATE");

#[test]
fn change_sets_reach_into_children() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &inner("the"));
    let (status, id) = wire.set("app", "one", &outer(&url, "sea"), &[CREATE, NESTED]);
    assert_eq!(status, "CREATE_COMPLETE");
    let root = wire.call("DescribeChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(root["IncludeNestedStacks"], "true");
    let of_child = &root["Changes"][1]["ResourceChange"];
    assert_eq!(
        (of_child["LogicalResourceId"].as_str(), of_child["Action"].as_str()),
        (Some("Child"), Some("Add"))
    );
    let below = of_child["ChangeSetId"].as_str().unwrap().to_owned();
    let nested = wire.call("DescribeChangeSet", &[("ChangeSetName", &below)]);
    assert_eq!(
        (nested["ParentChangeSetId"].as_str(), nested["RootChangeSetId"].as_str()),
        (Some(id.as_str()), Some(id.as_str()))
    );
    assert_eq!(nested["Changes"][0]["ResourceChange"]["LogicalResourceId"], "Inner");
    let shell = nested["StackId"].as_str().unwrap().to_owned();
    assert_eq!(wire.status(&shell), "REVIEW_IN_PROGRESS: User Initiated");
    for action in ["ExecuteChangeSet", "DeleteChangeSet"] {
        let refusal = wire.refused(action, &[("ChangeSetName", &below)]);
        assert!(refusal.contains("use the root change set"), "{refusal}");
    }
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    // The shell became the child.
    assert_eq!(child_id(&wire), shell);
    assert_eq!(wire.status(&shell), "CREATE_COMPLETE");

    // Without it a child always seems to change, with it only if it does.
    let blind = wire.set("app", "blind", &outer(&url, "sea"), &[]);
    assert_eq!(blind.0, "CREATE_COMPLETE");
    let change = wire.change(&blind.1, "Child");
    assert_eq!(change["Details"][0]["ChangeSource"], "Automatic");
    assert_eq!(change["Replacement"], "False");
    let unchanged = wire.set("app", "none", &outer(&url, "sea"), &[NESTED]);
    assert!(
        unchanged.0.starts_with("FAILED The submitted information didn't contain changes."),
        "{}",
        unchanged.0
    );
    let (status, id) = wire.set("app", "two", &outer(&url, "sky"), &[NESTED]);
    assert_eq!(status, "CREATE_COMPLETE");
    let change = wire.change(&id, "Child");
    let below = wire.call("DescribeChangeSet", &[("ChangeSetName", change["ChangeSetId"].as_str().unwrap())]);
    assert_eq!(below["Changes"][0]["ResourceChange"]["Action"], "Modify");
}

#[test]
fn a_nested_change_set_that_fails_fails_the_roots() {
    let wire = Wire::new();
    let url = "https://s3.amazonaws.com/nowhere/inner";
    let (status, id) = wire.set("app", "one", &outer(url, "sea"), &[CREATE, NESTED]);
    let status = without_ids(&status);
    assert_eq!(status, "FAILED Nested change set * was not successfully created: Currently in FAILED.");
    let shells = || {
        wire.call("ListStacks", &[("StackStatusFilter.member.1", "REVIEW_IN_PROGRESS")])["StackSummaries"]
            .clone()
    };
    assert_eq!(shells().as_array().unwrap().len(), 2);
    // Its deletion takes the shells of the children with it, and leaves the root's.
    wire.call("DeleteChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(shells().as_array().unwrap().len(), 1);
}
