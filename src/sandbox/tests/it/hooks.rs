//! Hooks that are not content: on change sets and on resources, and where their results are read.

use serde_json::Value;
use tablewright_sandbox::{Faults, HookFault, HookMode, HookTarget};

use crate::support::{Wire, notes};

fn hooked(target: HookTarget, mode: HookMode) -> Wire {
    let wire = Wire::new();
    let hook = HookFault {
        type_name: "Private::Guard::Tables".into(),
        target,
        mode,
        reason: "no backups".into(),
        remediation: Some("switch recovery on".into()),
    };
    wire.sandbox.set_faults(Faults { hooks: vec![hook], ..Faults::default() }).unwrap();
    wire
}

const CREATE: [(&str, &str); 1] = [("ChangeSetType", "CREATE")];

/// The results for a target: the list, and the first one whole.
fn results(wire: &Wire, kind: &str, id: &str) -> (Value, Value) {
    let list = wire.call("ListHookResults", &[("TargetType", kind), ("TargetId", id)])["HookResults"].clone();
    let first = list[0]["HookResultId"].as_str().unwrap().to_owned();
    (list, wire.call("GetHookResult", &[("HookResultId", &first)]))
}

#[test]
fn a_hook_fails_a_change_set() {
    let wire = hooked(HookTarget::ChangeSet, HookMode::Fail);
    let (status, id) = wire.set("app", "one", &notes(|_| ()), &CREATE);
    assert_eq!(
        status,
        "FAILED Change set creation failed. The following hook(s) failed: [Private::Guard::Tables]"
    );
    let (list, result) = results(&wire, "CHANGE_SET", &id);
    assert_eq!(list[0]["Status"], "HOOK_COMPLETE_FAILED");
    assert_eq!(list[0]["FailureMode"], "FAIL");
    assert_eq!(result["HookStatusReason"], "no backups");
    assert_eq!(result["Annotations"][0]["RemediationMessage"], "switch recovery on");
    assert_eq!(result["Target"]["TargetId"], id.as_str());
}

#[test]
fn a_warning_on_a_change_set_is_noted_only() {
    let wire = hooked(HookTarget::ChangeSet, HookMode::Warn);
    let (status, id) = wire.set("app", "one", &notes(|_| ()), &CREATE);
    assert_eq!(status, "CREATE_COMPLETE");
    assert_eq!(results(&wire, "CHANGE_SET", &id).1["FailureMode"], "WARN");
}

#[test]
fn a_hook_stops_a_resource() {
    let wire = hooked(HookTarget::Resource("Notes".into()), HookMode::Fail);
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &notes(|_| ()))]);
    wire.wait(60);
    assert_eq!(
        wire.lines("app")[1..5],
        [
            "Notes CREATE_IN_PROGRESS",
            "Notes CREATE_IN_PROGRESS HOOK_IN_PROGRESS",
            "Notes CREATE_IN_PROGRESS HOOK_COMPLETE_FAILED",
            "Notes CREATE_FAILED The following hook(s) failed: [Private::Guard::Tables]",
        ]
    );
    let failed = wire.call("DescribeEvents", &[("StackName", "app"), ("Filters.FailedEvents", "true")]);
    let kinds: Vec<&str> = failed["OperationEvents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["EventType"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["PROVISIONING_ERROR", "HOOK_INVOCATION_ERROR"]);
    let hook = &failed["OperationEvents"][1];
    assert_eq!(hook["HookType"], "Private::Guard::Tables");
    assert_eq!(hook["HookStatusReason"], "no backups");
    let events = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].clone();
    let told =
        events.as_array().unwrap().iter().find(|event| event.get("HookInvocationId").is_some()).unwrap();
    assert_eq!(told["HookFailureMode"], "FAIL");
    let id = told["HookInvocationId"].as_str().unwrap();
    assert_eq!(wire.call("GetHookResult", &[("HookResultId", id)])["Target"]["TargetType"], "RESOURCE");
}

#[test]
fn a_warning_on_a_resource_stops_nothing() {
    let wire = hooked(HookTarget::Resource("Notes".into()), HookMode::Warn);
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &notes(|_| ()))]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    assert!(wire.lines("app").contains(&"Notes CREATE_IN_PROGRESS HOOK_COMPLETE_FAILED".to_owned()));
}

#[test]
fn results_are_asked_for_properly() {
    let wire = Wire::new();
    assert!(
        wire.refused("ListHookResults", &[("TargetType", "STACK")]).contains("must be specified together")
    );
    assert!(wire.refused("GetHookResult", &[("HookResultId", "none")]).starts_with("HookResultNotFound"));
    assert_eq!(wire.call("ListHookResults", &[])["HookResults"], Value::Null);
}
