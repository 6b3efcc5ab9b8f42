//! The event sequences that were recorded on AWS, played by the sandbox.
//!
//! The recordings are of topics and queues; a parameter stands for them, since only order, statuses, reasons and physical
//! ids matter. Every sequence of the recordings is named in the test.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_sandbox::{Faults, HandlerOperation, ResourceFault};

use crate::bodies::{recorded, same};
use crate::support::{Wire, recordings};

/// An event as the recordings have it: status, reason, physical id, properties present.
type Row = (String, Option<String>, String, bool);

fn events(wire: &Wire, stack: &str) -> Vec<(String, Row)> {
    let answer = wire.call("DescribeStackEvents", &[("StackName", stack)]);
    let mut rows: Vec<(String, Row)> = answer["StackEvents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let text = |name: &str| event.get(name).and_then(Value::as_str).map(str::to_owned);
            let own = event["ResourceType"] == "AWS::CloudFormation::Stack";
            let name = if own { "STACK".to_owned() } else { text("LogicalResourceId").unwrap() };
            let physical = text("PhysicalResourceId").unwrap_or_default();
            (
                name,
                (
                    text("ResourceStatus").unwrap(),
                    text("ResourceStatusReason"),
                    physical,
                    event.get("ResourceProperties").is_some(),
                ),
            )
        })
        .collect();
    rows.reverse();
    rows
}

/// Physical ids by the order of their first appearance; the empty one stays empty.
fn numbered(rows: &[Row]) -> Vec<(String, Option<String>, String, bool)> {
    let mut seen: Vec<&str> = Vec::new();
    rows.iter()
        .map(|(status, reason, physical, properties)| {
            let id = if physical.is_empty() {
                String::new()
            } else {
                let place = seen.iter().position(|id| id == physical).unwrap_or_else(|| {
                    seen.push(physical);
                    seen.len() - 1
                });
                place.to_string()
            };
            (status.clone(), reason.clone(), id, *properties)
        })
        .collect()
}

fn recorded_rows(list: &Value) -> Vec<Row> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |index: usize| row[index].as_str().map(str::to_owned);
            (text(0).unwrap(), text(1), text(2).unwrap_or_default(), row[3].as_bool().unwrap_or(false))
        })
        .collect()
}

/// Compares what happened with the recording of that name; an incomplete one dropped doubles, reasons and cleanup events.
fn check(name: &str, wire: &Wire, stack: &str) {
    let recordings = recordings();
    let sequence =
        recordings["event_sequences"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap();
    let complete = sequence["complete"].as_bool().unwrap_or(false);
    let mut by_resource: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for (resource, row) in events(wire, stack) {
        by_resource.entry(resource).or_default().push(row);
    }
    for (resource, rows) in sequence["per_resource"].as_object().unwrap() {
        let (mut expected, mut found) = (numbered(&recorded_rows(rows)), numbered(&by_resource[resource]));
        if !complete {
            let thin = |rows: &mut Vec<Row>| {
                rows.retain(|row| !row.0.contains("CLEANUP"));
                rows.dedup_by(|a, b| a.0 == b.0);
                rows.iter_mut().for_each(|row| *row = (row.0.clone(), None, String::new(), false));
            };
            thin(&mut expected);
            thin(&mut found);
        }
        assert_eq!(found, expected, "{name}: {resource}");
    }
}

fn parameter(properties: &Value) -> Value {
    let mut all = json!({"Type": "String", "Value": "x"});
    all.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
    json!({"Type": "AWS::SSM::Parameter", "Properties": all})
}

fn deploy(wire: &Wire, kind: &str, template: &Value) {
    let (name, body) = (format!("set{}", wire.sandbox.calls().len()), template.to_string());
    wire.call(
        "CreateChangeSet",
        &[("StackName", "app"), ("ChangeSetName", &name), ("ChangeSetType", kind), ("TemplateBody", &body)],
    );
    wire.wait(5);
    wire.call("ExecuteChangeSet", &[("StackName", "app"), ("ChangeSetName", &name)]);
    wire.wait(90);
}

fn resources(list: &[(&str, Value)]) -> Value {
    let map: serde_json::Map<String, Value> =
        list.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    json!({"Resources": map})
}

#[test]
fn replacements() {
    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&[("Foo", parameter(&json!({"Name": "topic-name-1"})))]));
    deploy(&wire, "UPDATE", &resources(&[("Foo", parameter(&json!({"Name": "topic-name-2"})))]));
    check("replacement update (unfiltered)", &wire, "app");

    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&[("MyQueue", parameter(&json!({})))]));
    deploy(&wire, "UPDATE", &resources(&[("MyQueue", parameter(&json!({"Name": "queue-47128d25"})))]));
    check("queue replacement", &wire, "app");

    let wire = Wire::new();
    let kept = |name: &str| {
        let mut kept = parameter(&json!({"Name": name}));
        kept["UpdateReplacePolicy"] = json!("Retain");
        resources(&[("MyParameter", kept)])
    };
    deploy(&wire, "CREATE", &kept("param-fe430ac7"));
    deploy(&wire, "UPDATE", &kept("param-14aa098c"));
    check("UpdateReplacePolicy Retain", &wire, "app");
}

#[test]
fn updates() {
    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&[("SNSTopic", parameter(&json!({})))]));
    deploy(&wire, "UPDATE", &resources(&[("TopicPlaceholder", parameter(&json!({})))]));
    check("condition removes a resource, adds another (unfiltered)", &wire, "app");

    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&[("Topic1", parameter(&json!({})))]));
    deploy(&wire, "UPDATE", &resources(&[("Topic1", parameter(&json!({"Value": "y"})))]));
    check("in-place update (unfiltered)", &wire, "app");

    let wire = Wire::new();
    let pair = |value: &str| {
        let mut second = parameter(&json!({}));
        second["DependsOn"] = json!("Topic1");
        resources(&[("Topic1", parameter(&json!({"Value": value}))), ("Topic2", second)])
    };
    deploy(&wire, "CREATE", &pair("x"));
    deploy(&wire, "UPDATE", &pair("y"));
    check("dependent resources (unfiltered)", &wire, "app");
}

#[test]
fn creations_and_deletions() {
    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&[("topic123", parameter(&json!({})))]));
    let recordings = recordings();
    let named = |name: &str| {
        recordings["event_sequences"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone()
    };
    let found: Vec<Value> = events(&wire, "app")
        .into_iter()
        .map(|(name, (status, reason, physical, properties))| {
            json!([name == "STACK", status, reason, physical.is_empty(), properties])
        })
        .collect();
    let expected: Vec<Value> = named("create through a change set (unfiltered)")["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row[0] == "<stack-name:1>", row[1], row[2], row[3] == "", row[4]]))
        .collect();
    assert_eq!(found, expected);

    let wire = Wire::new();
    let mut kept = parameter(&json!({}));
    kept["DeletionPolicy"] = json!("Retain");
    deploy(&wire, "CREATE", &resources(&[("MyParameter", kept)]));
    let id = wire.call("DescribeStacks", &[("StackName", "app")])["Stacks"][0]["StackId"]
        .as_str()
        .unwrap()
        .to_owned();
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    check("DeletionPolicy Retain", &wire, &id);

    let wire = Wire::new();
    let chain = [
        ("A", parameter(&json!({}))),
        ("B", parameter(&json!({"Value": {"Ref": "A"}}))),
        ("C", parameter(&json!({"Value": {"Ref": "B"}}))),
        ("Dummy", parameter(&json!({}))),
    ];
    deploy(&wire, "CREATE", &resources(&chain));
    deploy(&wire, "UPDATE", &resources(&chain[3..]));
    wire.call("DeleteStack", &[("StackName", &stack_id(&wire))]);
    let id = stack_id(&wire);
    wire.wait(60);
    check("delete order A<-B<-C", &wire, &id);

    let wire = Wire::new();
    deploy(&wire, "CREATE", &resources(&chain[..3]));
    let id = stack_id(&wire);
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    let order: Vec<Value> = events(&wire, &id)
        .into_iter()
        .filter(|(name, row)| name != "STACK" && row.0.ends_with("_COMPLETE"))
        .map(|(name, row)| json!([name, row.0]))
        .collect();
    assert_eq!(
        Value::Array(order),
        named("deploy and delete order A<-B<-C (only COMPLETE events)")["events"]
    );
}

fn stack_id(wire: &Wire) -> String {
    wire.call("DescribeStacks", &[("StackName", "app")])["Stacks"][0]["StackId"].as_str().unwrap().to_owned()
}

fn failing(on: &[HandlerOperation]) -> Faults {
    let resources = on.iter().map(|on| ResourceFault {
        logical_id: "ECRRepo".into(),
        on: *on,
        reason: "Invalid parameter".into(),
    });
    Faults { resources: resources.collect(), ..Faults::default() }
}

/// CreateStack with a failing resource, as it was polled in 2019; the reasons have one dot less today.
fn check_on_failure(name: &str, on_failure: &str) {
    let wire = Wire::new();
    wire.sandbox.set_faults(failing(&[HandlerOperation::Stabilize])).unwrap();
    let body = resources(&[("ECRRepo", parameter(&json!({})))]).to_string();
    let answer =
        wire.call("CreateStack", &[("StackName", "app"), ("OnFailure", on_failure), ("TemplateBody", &body)]);
    wire.wait(60);
    let recordings = recordings();
    let sequence =
        recordings["event_sequences"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap();
    let modern = |text: &str| text.replace("]. . ", "]. ");
    let expected: Vec<Value> = sequence["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| match row[1].as_str() {
            Some("ECRRepo") if row[2] == "CREATE_FAILED" => {
                json!(["ECRRepo", "CREATE_FAILED", "Invalid parameter"])
            }
            _ => json!([row[1], row[2], row[3].as_str().map(modern)]),
        })
        .collect();
    let found: Vec<Value> = events(&wire, answer["StackId"].as_str().unwrap())
        .into_iter()
        .map(|(name, row)| json!([name, row.0, row.1]))
        .collect();
    assert_eq!(found, expected, "{name}");
}

#[test]
fn failed_creations() {
    check_on_failure("CreateStack on_create_failure_rollback", "ROLLBACK");
    check_on_failure("CreateStack on_create_failure_delete", "DELETE");
    check_on_failure("CreateStack on_create_failure_do_nothing", "DO_NOTHING");
}

#[test]
fn a_property_that_is_missing_fails_the_resource() {
    let wire = Wire::new();
    let body =
        json!({"Resources": {"MyParameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "x"}}}})
            .to_string();
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(60);
    let recordings = recordings();
    let sequence = recordings["event_sequences"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "property validation failure event")
        .unwrap();
    let found = events(&wire, "app").into_iter().find(|(_, row)| row.0 == "CREATE_FAILED").unwrap();
    let (name, (status, reason, physical, properties)) = found;
    assert_eq!(json!([[name, status, reason, physical, properties]]), sequence["events"]);
}

/// Creation, rollback and deletion fail; RetainResources helps.
#[test]
fn a_blocked_deletion_needs_retain_resources() {
    let wire = Wire::new();
    let resources = [HandlerOperation::Stabilize, HandlerOperation::Delete].map(|on| ResourceFault {
        logical_id: "BrokenPolicy".into(),
        on,
        reason: "no".into(),
    });
    wire.sandbox.set_faults(Faults { resources: resources.into(), ..Faults::default() }).unwrap();
    let mut body = self::resources(&[("BrokenPolicy", parameter(&json!({"Name": {"Ref": "Name"}})))]);
    body["Parameters"] = json!({"Name": {"Type": "String"}});
    let answer = wire.call(
        "CreateStack",
        &[
            ("StackName", "app"),
            ("TemplateBody", &body.to_string()),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
            ("Parameters.member.1.ParameterKey", "Name"),
            ("Parameters.member.1.ParameterValue", "<policy-name>"),
        ],
    );
    let id = answer["StackId"].as_str().unwrap().to_owned();
    wire.wait(60);
    let name = "ROLLBACK_FAILED, DELETE_FAILED, DELETE_COMPLETE";
    let described = |id: &str| wire.call("DescribeStacks", &[("StackName", id)])["Stacks"][0].clone();
    let expected = |key: &str| recorded("stacks", name, key);
    same(&described("app"), &expected("stack_post_create"), "created");
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    same(&described("app"), &expected("stack_post_fail_delete"), "deletion failed");
    wire.call("DeleteStack", &[("StackName", "app"), ("RetainResources.member.1", "BrokenPolicy")]);
    wire.wait(60);
    same(&described(&id), &expected("stack_post_success_delete"), "deleted");
    let recordings = recordings();
    let sequence = recordings["event_sequences"].as_array().unwrap();
    let name = "create fails, rollback fails, delete fails, delete with RetainResources";
    let sequence = sequence.iter().find(|sequence| sequence["name"] == name).unwrap();
    let found: Vec<Value> = events(&wire, &id).into_iter().map(|(name, row)| json!([name, row.0])).collect();
    let expected: Vec<Value> = sequence["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([if row[0] == "<stack-name:1>" { json!("STACK") } else { row[0].clone() }, row[1]]))
        .collect();
    assert_eq!(found, expected);
}

/// The polled time series: the first resource event 3 to 5 s after the stack's, the token on every event.
#[test]
fn tokens_and_times() {
    let wire = Wire::new();
    let body = resources(&[("MyBucket", parameter(&json!({})))]).to_string();
    wire.call(
        "CreateStack",
        &[("StackName", "app"), ("ClientRequestToken", "tok-1"), ("TemplateBody", &body)],
    );
    let first = wire.call("DescribeStacks", &[("StackName", "app")]);
    assert_eq!(first["Stacks"][0]["StackStatusReason"], "User Initiated");
    assert_eq!(events(&wire, "app").len(), 1);
    wire.wait(3);
    assert_eq!(events(&wire, "app").len(), 1);
    wire.wait(2);
    assert_eq!(events(&wire, "app").len(), 4);
    let second = wire.call("DescribeStacks", &[("StackName", "app")]);
    assert_eq!(second["Stacks"][0]["StackStatus"], "CREATE_IN_PROGRESS");
    assert_eq!(second["Stacks"][0].get("StackStatusReason"), None);
    wire.wait(30);
    let answer = wire.call("DescribeStackEvents", &[("StackName", "app")]);
    let list = answer["StackEvents"].as_array().unwrap();
    assert!(list.iter().all(|event| event["ClientRequestToken"] == "tok-1"));
    let ids: std::collections::BTreeSet<&str> =
        list.iter().filter_map(|event| event["EventId"].as_str()).collect();
    assert_eq!(ids.len(), list.len());
    assert_eq!(list.len(), 5);
}
