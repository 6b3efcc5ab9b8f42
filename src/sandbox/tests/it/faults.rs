//! What can be made to go wrong, seen through the clients.

use std::time::Duration;

use aws_sdk_cloudformation::types::ChangeSetType;
use tablewright_sandbox::{CallFailure, CallFault, CallWindow, Faults, Request};

use crate::support::{Wire, notes, refusal, world, world_with};

fn calls(action: &str, from: u64, to: u64, failure: CallFailure) -> Faults {
    Faults { calls: vec![CallFault { action: action.into(), from, to, failure }], ..Faults::default() }
}

#[tokio::test]
async fn throttling_is_retried_by_the_client() {
    let world = world_with(calls("ListStacks", 1, 2, CallFailure::Throttled));
    world.cfn.list_stacks().send().await.unwrap();
    let sent = world.sandbox.calls().iter().filter(|call| call.action == "ListStacks").count();
    assert_eq!(sent, 3);
    world.sandbox.set_faults(calls("ListStacks", 1, 9, CallFailure::Throttled)).unwrap();
    assert_eq!(refusal(world.cfn.list_stacks().send().await), "Throttling: Rate exceeded");
    world.sandbox.set_faults(calls("ListTables", 1, 9, CallFailure::Throttled)).unwrap();
    assert_eq!(refusal(world.ddb.list_tables().send().await), "ThrottlingException: Rate exceeded");
}

#[tokio::test]
async fn calls_fail_in_many_ways() {
    let check = async |failure: CallFailure, expected: &str| {
        let world = world_with(calls("*", 1, 99, failure));
        let error = world.cfn.list_stacks().send().await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains(expected), "{failure:?}: {text}");
    };
    check(CallFailure::ServerError, "InternalFailure").await;
    check(CallFailure::HtmlPage, "502 Bad Gateway").await;
    check(CallFailure::Truncated, "XmlDecodeError").await;
    check(CallFailure::ExpiredToken, "The security token included in the request is expired").await;
    check(CallFailure::AccessDenied, "is not authorized to perform: cloudformation:ListStacks").await;
    check(CallFailure::ConnectionLost, "kind: Io, source: ConnectionLost").await;
}

#[tokio::test]
async fn a_lost_answer_is_carried_out() {
    let world = world();
    world.change_set("app", "one", ChangeSetType::Create, &notes(|_| ())).await;
    world.sandbox.set_faults(calls("ExecuteChangeSet", 1, 1, CallFailure::AnswerLost)).unwrap();
    // The SDK sends it again with the same token, which is taken for what it is.
    let call =
        world.cfn.execute_change_set().stack_name("app").change_set_name("one").client_request_token("t1");
    call.send().await.unwrap();
    assert_eq!(world.status("app").await, "CREATE_IN_PROGRESS");
    let sent = world.sandbox.calls().iter().filter(|call| call.action == "ExecuteChangeSet").count();
    assert_eq!(sent, 2);
}

#[tokio::test]
async fn status_is_stale_and_events_are_late() {
    let faults = Faults { stale_stack_seconds: 30, event_lag_seconds: 10, ..Faults::default() };
    let world = world_with(faults);
    world.change_set("app", "one", ChangeSetType::Create, &notes(|_| ())).await;
    world.wait(20);
    world.cfn.execute_change_set().stack_name("app").change_set_name("one").send().await.unwrap();
    assert_eq!(world.lines("app").await.len(), 1);
    world.wait(9);
    assert_eq!(world.lines("app").await.len(), 1);
    world.wait(20);
    assert_eq!(world.status("app").await, "REVIEW_IN_PROGRESS");
    assert_eq!(world.lines("app").await.len(), 6);
    world.wait(1);
    assert_eq!(world.status("app").await, "CREATE_COMPLETE");
}

#[tokio::test]
async fn pages_are_small_and_times_equal() {
    let faults = Faults { event_page_size: Some(2), event_timestamp_seconds: 3600, ..Faults::default() };
    let world = world_with(faults);
    world.create("app", &notes(|_| ())).await;
    let first = world.cfn.describe_stack_events().stack_name("app").send().await.unwrap();
    assert_eq!(first.stack_events().len(), 2);
    assert_eq!(first.stack_events()[0].resource_status().unwrap().as_str(), "CREATE_COMPLETE");
    assert!(first.next_token().is_some());
    let events = world.events("app").await;
    assert_eq!(events.len(), 6);
    assert!(events.windows(2).all(|pair| pair[0].timestamp() == pair[1].timestamp()));
    let ids: std::collections::BTreeSet<&str> = events.iter().filter_map(|event| event.event_id()).collect();
    assert_eq!(ids.len(), 6);
}

#[test]
fn calls_are_recorded() {
    let wire = Wire::new();
    wire.wait(7);
    wire.call("ListStacks", &[("StackStatusFilter.member.1", "CREATE_COMPLETE")]);
    wire.dynamodb("ListTables", &serde_json::json!({"Limit": 3}));
    let calls = wire.sandbox.calls();
    assert_eq!(calls[0].action, "ListStacks");
    assert_eq!(calls[0].parameters["StackStatusFilter.member.1"], "CREATE_COMPLETE");
    assert_eq!(calls[0].at, wire.clock.now());
    assert_eq!((calls[1].action.as_str(), calls[1].parameters["Limit"].as_str()), ("ListTables", "3"));
    wire.clock.advance(Duration::from_secs(1));
    assert!(calls[0].at < wire.clock.now());
}

#[test]
fn windows_open_and_close() {
    let wire = Wire::new();
    let window = |action: &str, failure: CallFailure| CallWindow {
        action: action.into(),
        from_second: 10,
        to_second: 20,
        failure,
    };
    let windows = vec![window("ListStacks", CallFailure::ExpiredToken), window("*", CallFailure::Throttled)];
    wire.call("ListStacks", &[]);
    wire.sandbox.set_faults(Faults { windows, ..Faults::default() }).unwrap();
    wire.wait(9);
    wire.call("ListStacks", &[]);
    wire.wait(1);
    assert!(wire.refused("ListStacks", &[]).starts_with("ExpiredToken"));
    assert_eq!(wire.refused("ListExports", &[]), "Throttling: Rate exceeded");
    wire.wait(10);
    wire.call("ListStacks", &[]);
    wire.call("ListExports", &[]);
}

#[tokio::test]
async fn requests_are_not_believed() {
    let check = async |failure: CallFailure, expected: &str| {
        let world = world_with(calls("*", 1, 99, failure));
        let error = world.cfn.list_stacks().send().await.unwrap_err();
        let text = format!("{error:?}");
        assert!(text.contains(expected), "{failure:?}: {text}");
    };
    check(CallFailure::BadSignature, "SignatureDoesNotMatch").await;
    check(CallFailure::RequestExpired, "RequestExpired").await;
    check(CallFailure::Garbage, "XmlDecodeError").await;
}

#[test]
fn events_come_twice_and_have_a_history() {
    let wire = Wire::new();
    let faults = Faults {
        double_event_every: Some(3),
        history_events: 7,
        events_without_token: true,
        event_page_size: Some(5),
        ..Faults::default()
    };
    wire.sandbox.set_faults(faults).unwrap();
    let body = notes(|_| ());
    let token = ("ClientRequestToken", "t");
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body), token]);
    wire.wait(60);
    let mut ids: Vec<String> = Vec::new();
    let mut statuses = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let mut parameters = vec![("StackName", "app")];
        parameters.extend(next.as_deref().map(|token| ("NextToken", token)));
        let page = wire.call("DescribeStackEvents", &parameters);
        for event in page["StackEvents"].as_array().unwrap() {
            ids.push(event["EventId"].as_str().unwrap().to_owned());
            statuses.push(event["ResourceStatus"].as_str().unwrap().to_owned());
            assert!(event.get("OperationId").is_none(), "{event}");
            // Only those of earlier operations would have a token; it is hidden as well.
            assert!(event.get("ClientRequestToken").is_none(), "{event}");
        }
        next = page.get("NextToken").and_then(|token| token.as_str()).map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    let distinct: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), 5 + 7);
    // One in each page of five, and none in the last, shorter one.
    assert_eq!(ids.len(), 12 + 2);
    assert_eq!(statuses[0], "CREATE_COMPLETE");
    assert_eq!(statuses.last().unwrap(), "UPDATE_IN_PROGRESS");
}

#[test]
fn change_sets_are_late_and_come_in_pages() {
    let wire = Wire::new();
    let faults = Faults { change_set_lag_seconds: 30, change_page_size: Some(2), ..Faults::default() };
    wire.sandbox.set_faults(faults).unwrap();
    let body = notes(|template| {
        for name in ["A", "B", "C", "D"] {
            template["Resources"][name] =
                serde_json::json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
        }
    });
    let (status, id) = wire.set("app", "one", &body, &[("ChangeSetType", "CREATE")]);
    assert_eq!(status, "CREATE_IN_PROGRESS");
    wire.wait(30);
    let first = wire.call("DescribeChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(first["Status"], "CREATE_COMPLETE");
    assert_eq!(first["Changes"].as_array().unwrap().len(), 2);
    let token = first["NextToken"].as_str().unwrap();
    let second = wire.call("DescribeChangeSet", &[("ChangeSetName", &id), ("NextToken", token)]);
    assert_eq!(second["Changes"][1]["ResourceChange"]["LogicalResourceId"], "D");
}

#[test]
fn faults_are_set_from_another_process() {
    let wire = Wire::new();
    let send = |method: &str, path: &str, body: &str| {
        let request =
            Request { method: method.into(), path: path.into(), headers: vec![], body: body.into() };
        let answer = wire.sandbox.answer(&request).unwrap();
        (answer.status, String::from_utf8(answer.body).unwrap())
    };
    let faults = r#"{"calls": [{"action": "ListStacks", "from": 1, "to": 9, "failure": "Throttled"}]}"#;
    assert_eq!(send("PUT", "/_sandbox/faults", faults).0, 200);
    assert_eq!(wire.refused("ListStacks", &[]), "Throttling: Rate exceeded");
    assert!(send("GET", "/_sandbox/faults", "").1.contains("\"Throttled\""));
    let (status, text) = send("PUT", "/_sandbox/faults", r#"{"calls": 1}"#);
    assert_eq!((status, text.starts_with("these are no faults: ")), (400, true), "{text}");
    assert_eq!(send("POST", "/_sandbox/faults", "").0, 405);
    assert_eq!(send("GET", "/_sandbox/else", "").0, 404);
    assert_eq!(send("PUT", "/_sandbox/faults", "{}").0, 200);
    wire.call("ListStacks", &[]);
    // Only what AWS would have been asked is recorded.
    assert_eq!(wire.sandbox.calls().len(), 2);
}

#[test]
fn faults_are_data() {
    let text = r#"{
        "calls": [{"action": "DescribeStacks", "from": 2, "to": 3, "failure": "Throttled"}],
        "windows": [{"action": "*", "from_second": 60, "to_second": 90, "failure": "ExpiredToken"}],
        "nth_resources": [{"fault": {"logical_id": "A", "on": "Stabilize", "reason": "no"}, "from": 1, "to": 1}],
        "hooks": [{"type_name": "Org::Guard::Hook", "target": {"Resource": "A"}, "mode": "Warn", "reason": "beware"}],
        "cancels": [{"stack": "app", "after_seconds": 5}],
        "stale_stack_seconds": 10
    }"#;
    let faults: Faults = serde_json::from_str(text).unwrap();
    assert_eq!(faults.windows[0].failure, CallFailure::ExpiredToken);
    assert_eq!(serde_json::from_str::<Faults>(&serde_json::to_string(&faults).unwrap()).unwrap(), faults);
    assert!(serde_json::from_str::<Faults>(r#"{"throttle": true}"#).is_err());
}
