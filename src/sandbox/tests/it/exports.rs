//! Exports that another stack imports: neither deleted nor changed, from whichever call.

use serde_json::{Value, json};
use tablewright_sandbox::{Faults, HandlerOperation, ResourceFault};

use crate::support::Wire;

const DELETED: &str = "Export topic cannot be deleted as it is in use by user";
const UPDATED: &str = "Export topic cannot be updated as it is in use by user";

/// A stack with the export `topic`: the value of a parameter of the store.
fn exporter() -> Value {
    json!({
        "Parameters": {"Exports": {"Type": "String", "Default": "yes"}},
        "Conditions": {"Exporting": {"Fn::Equals": [{"Ref": "Exports"}, "yes"]}},
        "Resources": {"P": parameter(&json!("one"))},
        "Outputs": {"Topic": {"Value": {"Fn::GetAtt": ["P", "Value"]}, "Export": {"Name": "topic"}, "Condition": "Exporting"}},
    })
}

fn parameter(value: &Value) -> Value {
    json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}})
}

fn user() -> Value {
    json!({"Resources": {"U": parameter(&json!({"Fn::ImportValue": "topic"}))}})
}

fn create(wire: &Wire, stack: &str, template: &Value) {
    wire.call("CreateStack", &[("StackName", stack), ("TemplateBody", &template.to_string())]);
    wire.wait(60);
    assert_eq!(wire.status(stack), "CREATE_COMPLETE");
}

/// The call that an update is requested by.
#[derive(Clone, Copy, PartialEq)]
enum By {
    UpdateStack,
    ChangeSet,
}

fn update(wire: &Wire, by: By, stack: &str, template: &Value, more: &[(&str, &str)]) {
    let body = template.to_string();
    if by == By::UpdateStack {
        let mut parameters = vec![("StackName", stack), ("TemplateBody", body.as_str())];
        parameters.extend(more);
        wire.call("UpdateStack", &parameters);
    } else {
        let (status, id) = wire.set(stack, "set", &body, more);
        assert_eq!(status, "CREATE_COMPLETE");
        wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    }
    wire.wait(120);
}

/// An update of the exporter that fails with `reason`, through both calls.
fn refused(edit: impl Fn(&mut Value), more: &[(&str, &str)], reason: &str) {
    for by in [By::UpdateStack, By::ChangeSet] {
        let wire = Wire::new();
        create(&wire, "exporter", &exporter());
        create(&wire, "user", &user());
        let mut template = exporter();
        edit(&mut template);
        update(&wire, by, "exporter", &template, more);
        let lines = wire.lines("exporter");
        assert!(lines.contains(&format!("STACK UPDATE_ROLLBACK_IN_PROGRESS {reason}")), "{lines:?}");
        assert_eq!(wire.status("exporter"), "UPDATE_ROLLBACK_COMPLETE");
        assert_eq!(wire.call("ListExports", &[])["Exports"][0]["Value"], "one");
    }
}

#[test]
fn an_export_in_use_is_kept_by_updates() {
    refused(|t| t["Outputs"] = json!({"Other": {"Value": "x"}}), &[], DELETED);
    refused(|t| drop(t["Outputs"]["Topic"].as_object_mut().unwrap().remove("Export")), &[], DELETED);
    refused(|t| t["Outputs"]["Topic"]["Export"]["Name"] = json!("other"), &[], DELETED);
    let no = [("Parameters.member.1.ParameterKey", "Exports"), ("Parameters.member.1.ParameterValue", "no")];
    refused(|_| {}, &no, DELETED);
    refused(|t| t["Outputs"]["Topic"]["Value"] = json!("two"), &[], UPDATED);
    refused(|t| t["Resources"]["P"]["Properties"]["Value"] = json!("two"), &[], UPDATED);
    // The export of a resource's id changes when the resource is replaced.
    for by in [By::UpdateStack, By::ChangeSet] {
        let wire = Wire::new();
        let mut template = exporter();
        template["Outputs"]["Topic"]["Value"] = json!({"Ref": "P"});
        create(&wire, "exporter", &template);
        create(&wire, "user", &user());
        template["Resources"]["P"]["Properties"]["Name"] = json!("named");
        update(&wire, by, "exporter", &template, &[]);
        let lines = wire.lines("exporter");
        assert!(lines.contains(&format!("STACK UPDATE_ROLLBACK_IN_PROGRESS {UPDATED}")), "{lines:?}");
    }
}

#[test]
fn what_does_not_touch_the_export_is_updated() {
    let wire = Wire::new();
    create(&wire, "exporter", &exporter());
    create(&wire, "user", &user());
    let mut template = exporter();
    template["Outputs"]["Renamed"] = template["Outputs"]["Topic"].take();
    template["Outputs"].as_object_mut().unwrap().remove("Topic");
    template["Resources"]["Q"] = parameter(&json!("more"));
    update(&wire, By::UpdateStack, "exporter", &template, &[]);
    assert_eq!(wire.status("exporter"), "UPDATE_COMPLETE");
}

#[test]
fn an_import_counts_from_its_beginning_to_its_end() {
    let wire = Wire::new();
    create(&wire, "exporter", &exporter());
    let mut idle = user();
    idle["Parameters"] = json!({"Uses": {"Type": "String", "Default": "no"}});
    idle["Conditions"] = json!({"Using": {"Fn::Equals": [{"Ref": "Uses"}, "yes"]}});
    idle["Resources"]["U"]["Condition"] = json!("Using");
    idle["Resources"]["V"] = parameter(&json!({"Fn::If": ["Using", {"Fn::ImportValue": "topic"}, "none"]}));
    create(&wire, "user", &idle);
    // Under a condition that does not hold nothing is imported.
    let delete = [("StackName", "exporter")];
    assert!(wire.refused("ListImports", &[("ExportName", "topic")]).contains("is not imported by any stack"));
    let using = [("Parameters.member.1.ParameterKey", "Uses"), ("Parameters.member.1.ParameterValue", "yes")];
    let body = idle.to_string();
    let mut call = vec![("StackName", "user"), ("TemplateBody", body.as_str())];
    call.extend(using);
    wire.call("UpdateStack", &call);
    // The importing update has begun.
    assert_eq!(wire.refused("DeleteStack", &delete), format!("ValidationError: {DELETED}"));
    wire.wait(60);
    assert_eq!(wire.refused("DeleteStack", &delete), format!("ValidationError: {DELETED}"));
    // The update that ends the import has begun, and not ended.
    wire.call("UpdateStack", &[("StackName", "user"), ("TemplateBody", &body)]);
    assert_eq!(wire.refused("DeleteStack", &delete), format!("ValidationError: {DELETED}"));
    wire.wait(60);
    assert_eq!(wire.status("user"), "UPDATE_COMPLETE");
    wire.call("DeleteStack", &delete);
}

#[test]
fn a_creation_that_was_rolled_back_imports_nothing() {
    let wire = Wire::new();
    create(&wire, "exporter", &exporter());
    let fault = ResourceFault { logical_id: "U".into(), on: HandlerOperation::Create, reason: "no".into() };
    wire.sandbox.set_faults(Faults { resources: vec![fault], ..Faults::default() }).unwrap();
    wire.call("CreateStack", &[("StackName", "user"), ("TemplateBody", &user().to_string())]);
    wire.wait(60);
    assert_eq!(wire.status("user"), "ROLLBACK_COMPLETE");
    wire.call("DeleteStack", &[("StackName", "exporter")]);
}

fn parent(url: &str) -> Value {
    let properties = json!({"TemplateURL": url});
    json!({"Resources": {
        "Child": {"Type": "AWS::CloudFormation::Stack", "Properties": properties},
        "Other": parameter(&json!("x")),
    }})
}

#[test]
fn an_export_of_a_nested_stack_is_kept() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &exporter().to_string());
    create(&wire, "app", &parent(&url));
    create(&wire, "user", &user());
    let mut changed = exporter();
    changed["Outputs"]["Topic"]["Value"] = json!("two");
    let other = wire.put("artifacts", "changed", &changed.to_string());
    update(&wire, By::UpdateStack, "app", &parent(&other), &[]);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    let lines = wire.lines("app");
    let failed = lines.iter().find(|line| line.starts_with("Child UPDATE_FAILED")).unwrap();
    assert!(failed.ends_with(&format!("with reason: {UPDATED}")), "{failed}");
    // Removed from its parent, the child stays: its deletion fails.
    let mut without = parent(&url);
    without["Resources"].as_object_mut().unwrap().remove("Child");
    update(&wire, By::ChangeSet, "app", &without, &[]);
    let lines = wire.lines("app");
    assert!(lines.contains(&format!("Child DELETE_FAILED {DELETED}")), "{lines:?}");
    assert_eq!(
        wire.status("app"),
        "UPDATE_COMPLETE: Update successful. One or more resources could not be deleted."
    );
    assert_eq!(wire.call("ListExports", &[])["Exports"][0]["Name"], "topic");
}

#[test]
fn a_parent_with_an_export_in_use_below_is_not_deleted() {
    let wire = Wire::new();
    let url = wire.put("artifacts", "inner", &exporter().to_string());
    create(&wire, "app", &parent(&url));
    create(&wire, "user", &user());
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "DELETE_FAILED: The following resource(s) failed to delete: [Child].");
    wire.call("DeleteStack", &[("StackName", "user")]);
    wire.wait(60);
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    assert!(wire.refused("DescribeStacks", &[("StackName", "app")]).contains("does not exist"));
}

#[test]
fn a_rollback_keeps_an_export_that_came_into_use() {
    let wire = Wire::new();
    let mut silent = exporter();
    silent.as_object_mut().unwrap().remove("Outputs");
    let (quiet, loud) = (
        wire.put("artifacts", "quiet", &silent.to_string()),
        wire.put("artifacts", "loud", &exporter().to_string()),
    );
    let app = |url: &str, value: &str| {
        let mut template = parent(url);
        template["Resources"]["Other"] = parameter(&json!(value));
        template["Resources"]["Other"]["DependsOn"] = json!("Child");
        template
    };
    create(&wire, "app", &app(&quiet, "x"));
    let slow = app(&loud, "y");
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &slow.to_string())]);
    let known = || !wire.call("ListExports", &[])["Exports"].as_array().is_none_or(Vec::is_empty);
    while !known() {
        wire.wait(1);
    }
    wire.call("CreateStack", &[("StackName", "user"), ("TemplateBody", &user().to_string())]);
    wire.call("CancelUpdateStack", &[("StackName", "app")]);
    wire.wait(90);
    assert!(wire.status("app").starts_with("UPDATE_ROLLBACK_FAILED"), "{}", wire.status("app"));
    wire.call("DeleteStack", &[("StackName", "user")]);
    wire.wait(60);
    wire.call("ContinueUpdateRollback", &[("StackName", "app")]);
    wire.wait(90);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
}

const FOUND: &str = "No export named topic found.";

#[test]
fn a_change_set_may_import_what_is_not_there_yet() {
    let wire = Wire::new();
    let (status, id) = wire.set("user", "one", &user().to_string(), &[("ChangeSetType", "CREATE")]);
    assert_eq!(status, "CREATE_COMPLETE");
    let set = wire.call("DescribeChangeSet", &[("ChangeSetName", &id), ("IncludePropertyValues", "true")]);
    assert_eq!(
        set["StatusReason"],
        format!(
            "[WARN] --include-property-values option can return incomplete ChangeSet data because: ChangeSet creation \
             failed for resource [U] because: {FOUND}"
        )
    );
    let after = wire.change(&id, "U")["AfterContext"].to_string();
    assert!(after.contains("{{changeSet:KNOWN_AFTER_APPLY}}"), "{after}");
    // Executed without the export it fails, and with it, it does not.
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    let lines = wire.lines("user");
    assert_eq!(
        lines[1..],
        [
            "STACK CREATE_IN_PROGRESS User Initiated".to_owned(),
            format!("STACK ROLLBACK_IN_PROGRESS {FOUND} Rollback requested by user."),
            "STACK ROLLBACK_COMPLETE".to_owned(),
        ]
    );
    let (_, id) = wire.set("later", "one", &user().to_string(), &[("ChangeSetType", "CREATE")]);
    create(&wire, "exporter", &exporter());
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    assert_eq!(wire.status("later"), "CREATE_COMPLETE");
}

#[test]
fn an_operation_without_its_export_fails_before_its_first_resource() {
    let wire = Wire::new();
    wire.call("CreateStack", &[("StackName", "user"), ("TemplateBody", &user().to_string())]);
    wire.wait(60);
    assert_eq!(wire.status("user"), "ROLLBACK_COMPLETE");
    for by in [By::UpdateStack, By::ChangeSet] {
        let wire = Wire::new();
        let mut template = user();
        template["Resources"]["U"] = parameter(&json!("x"));
        create(&wire, "user", &template);
        update(&wire, by, "user", &user(), &[]);
        let lines = wire.lines("user");
        assert!(lines.contains(&format!("STACK UPDATE_ROLLBACK_IN_PROGRESS {FOUND}")), "{lines:?}");
        assert!(!lines.iter().any(|line| line.starts_with("U UPDATE")), "{lines:?}");
        assert_eq!(wire.status("user"), "UPDATE_ROLLBACK_COMPLETE");
    }
    // ... in a nested stack too.
    let url = wire.put("artifacts", "inner", &user().to_string());
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &parent(&url).to_string())]);
    wire.wait(60);
    let lines = wire.lines("app");
    let failed = lines.iter().find(|line| line.starts_with("Child CREATE_FAILED")).unwrap();
    assert!(failed.ends_with(FOUND), "{failed}");
}

#[test]
fn names_of_exports_are_checked_before_anything_begins() {
    let template = |outputs: Value| json!({"Resources": {"P": parameter(&json!("x"))}, "Outputs": outputs});
    let output = |name: Value| json!({"Value": "v", "Export": {"Name": name}});
    let form = "ValidationError: Template format error: Output A is malformed. The Name field of every Export member must be specified and \
                consist only of alphanumeric characters, colons, or hyphens.";
    let live = "ValidationError: Template format error: Output A is malformed. The Name field of Export must not depend on any resources, \
                imported values, or Fn::GetAZs.";
    let twice = "ValidationError: Template format error: The Outputs section contains duplicate Export names: [x]. Specify a unique name for \
                 each export.";
    for (outputs, message) in [
        (json!({"A": output(json!("a b/c"))}), form),
        (json!({"A": output(json!(""))}), form),
        (json!({"A": {"Value": "v", "Export": {}}}), form),
        (json!({"A": output(json!({"Fn::Sub": "${P}-x"}))}), live),
        (json!({"A": output(json!("x")), "B": output(json!({"Fn::Join": ["", ["x"]]}))}), twice),
    ] {
        let template = template(outputs).to_string();
        let given = [("StackName", "app"), ("TemplateBody", template.as_str())];
        let wire = Wire::new();
        assert_eq!(wire.refused("CreateStack", &given), message);
        create(&wire, "app", &json!({"Resources": {"P": parameter(&json!("x"))}}));
        assert_eq!(wire.refused("UpdateStack", &given), message);
        let set = [given[0], given[1], ("ChangeSetName", "one")];
        assert_eq!(wire.refused("CreateChangeSet", &set), message);
    }
    // One of two, as conditions say.
    let mut either = template(json!({"A": output(json!("x")), "B": output(json!("x"))}));
    either["Conditions"] = json!({"No": {"Fn::Equals": ["a", "b"]}});
    either["Outputs"]["B"]["Condition"] = json!("No");
    create(&Wire::new(), "app", &either);
}
