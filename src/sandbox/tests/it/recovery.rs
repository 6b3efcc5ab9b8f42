//! The ways back: rollback on demand, a stuck rollback that goes on, cancelling, timeouts, alarms, forced deletion.

use serde_json::{Value, json};
use tablewright_sandbox::{CancelFault, Faults, HandlerOperation, NthResourceFault, ResourceFault};

use crate::support::Wire;

/// Parameters, each of which waits for the one before.
fn template(values: &[(&str, &str)]) -> String {
    let mut resources = serde_json::Map::new();
    for (place, (id, value)) in values.iter().enumerate() {
        let mut resource =
            json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}});
        if let Some(before) = place.checked_sub(1) {
            resource["DependsOn"] = json!(values[before].0);
        }
        resources.insert((*id).to_owned(), resource);
    }
    json!({"Resources": resources}).to_string()
}

fn fault(id: &str, on: HandlerOperation) -> ResourceFault {
    ResourceFault { logical_id: id.into(), on, reason: "no".into() }
}

fn faults(wire: &Wire, resources: Vec<ResourceFault>) {
    wire.sandbox.set_faults(Faults { resources, ..Faults::default() }).unwrap();
}

fn begin(wire: &Wire, action: &str, template: &str, more: &[(&str, &str)]) {
    let mut parameters = vec![("StackName", "app"), ("TemplateBody", template)];
    parameters.extend(more);
    wire.call(action, &parameters);
}

fn run(wire: &Wire, action: &str, template: &str, more: &[(&str, &str)]) {
    begin(wire, action, template, more);
    wire.wait(60);
}

const PAUSE: (&str, &str) = ("DisableRollback", "true");

fn values(wire: &Wire) -> Vec<String> {
    let events = wire.call("DescribeStackResources", &[("StackName", "app")]);
    let ids = events["StackResources"].as_array().unwrap().clone();
    ids.iter()
        .map(|one| {
            format!(
                "{} {}",
                one["LogicalResourceId"].as_str().unwrap(),
                one["ResourceStatus"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn a_paused_update_goes_back_when_asked() {
    let wire = Wire::new();
    run(&wire, "CreateStack", &template(&[("A", "1"), ("B", "1")]), &[]);
    let refusal = wire.refused("RollbackStack", &[("StackName", "app")]);
    assert!(refusal.ends_with("is in CREATE_COMPLETE state and can not be rolled back."), "{refusal}");

    faults(&wire, vec![fault("B", HandlerOperation::Update)]);
    run(&wire, "UpdateStack", &template(&[("A", "2"), ("B", "2")]), &[PAUSE]);
    assert_eq!(wire.status("app"), "UPDATE_FAILED: The following resource(s) failed to update: [B].");
    let before = wire.lines("app").len();
    let answer = wire.call("RollbackStack", &[("StackName", "app"), ("ClientRequestToken", "back")]);
    assert_eq!(answer["StackId"], wire.stack("app")["StackId"]);
    wire.wait(60);
    assert_eq!(
        wire.lines("app")[before..],
        [
            "STACK UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "B UPDATE_IN_PROGRESS",
            "B UPDATE_COMPLETE",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "STACK UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "STACK UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    let stack = wire.stack("app");
    assert_eq!(stack["LastOperations"][0]["OperationType"], "ROLLBACK");
    assert_eq!(stack["LastOperations"][0]["OperationId"], answer["OperationId"]);
    assert_eq!(stack["LastOperations"][1]["OperationType"], "UPDATE_STACK");
    let events = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].clone();
    let newest = &events.as_array().unwrap()[0];
    assert_eq!(
        (newest["ClientRequestToken"].as_str(), &newest["OperationId"]),
        (Some("back"), &answer["OperationId"])
    );
}

#[test]
fn a_second_attempt_still_goes_back_to_the_last_good_state() {
    let wire = Wire::new();
    run(&wire, "CreateStack", &template(&[("A", "1"), ("B", "1")]), &[]);
    faults(&wire, vec![fault("B", HandlerOperation::Update)]);
    run(&wire, "UpdateStack", &template(&[("A", "2"), ("B", "2")]), &[PAUSE]);
    run(&wire, "UpdateStack", &template(&[("A", "2"), ("B", "3")]), &[PAUSE]);
    assert_eq!(wire.status("app"), "UPDATE_FAILED: The following resource(s) failed to update: [B].");
    wire.call("RollbackStack", &[("StackName", "app")]);
    wire.wait(60);
    // A was changed by the first attempt only.
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    let unchanged = wire.set("app", "same", &template(&[("A", "1"), ("B", "1")]), &[]);
    assert!(
        unchanged.0.starts_with("FAILED The submitted information didn't contain changes."),
        "{}",
        unchanged.0
    );
    assert_eq!(values(&wire), ["A UPDATE_COMPLETE", "B UPDATE_COMPLETE"]);
}

#[test]
fn a_paused_creation_goes_back_to_nothing() {
    let wire = Wire::new();
    faults(&wire, vec![fault("B", HandlerOperation::Stabilize)]);
    run(&wire, "CreateStack", &template(&[("A", "1"), ("B", "1")]), &[PAUSE]);
    assert_eq!(wire.status("app"), "CREATE_FAILED: The following resource(s) failed to create: [B].");
    wire.call("RollbackStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "ROLLBACK_COMPLETE");
    let lines = wire.lines("app");
    assert!(lines.contains(&"STACK ROLLBACK_IN_PROGRESS User Initiated".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"B DELETE_COMPLETE".to_owned()), "{lines:#?}");
    let refusal = wire.refused("RollbackStack", &[("StackName", "app")]);
    assert!(refusal.contains("ROLLBACK_COMPLETE"), "{refusal}");
}

/// A stack whose rollback is stuck at A.
fn stuck() -> Wire {
    let wire = Wire::new();
    run(&wire, "CreateStack", &template(&[("A", "1"), ("B", "1")]), &[]);
    faults(&wire, vec![fault("B", HandlerOperation::Update), fault("A", HandlerOperation::Rollback)]);
    run(&wire, "UpdateStack", &template(&[("A", "2"), ("B", "2")]), &[]);
    assert_eq!(
        wire.status("app"),
        "UPDATE_ROLLBACK_FAILED: The following resource(s) failed to update: [A]."
    );
    wire
}

#[test]
fn a_stuck_rollback_goes_on() {
    let wire = stuck();
    let set = [("StackName", "app"), ("ChangeSetName", "one"), ("TemplateBody", "{}")];
    assert!(
        wire.refused("CreateChangeSet", &set)
            .contains("is in UPDATE_ROLLBACK_FAILED state and can not be updated.")
    );
    let before = wire.lines("app").len();
    // Nothing has changed: it sticks again.
    wire.call("ContinueUpdateRollback", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(
        wire.status("app"),
        "UPDATE_ROLLBACK_FAILED: The following resource(s) failed to update: [A]."
    );
    assert_eq!(wire.lines("app")[before], "STACK UPDATE_ROLLBACK_IN_PROGRESS User Initiated");
    assert_eq!(wire.stack("app")["LastOperations"][0]["OperationType"], "CONTINUE_ROLLBACK");
    faults(&wire, vec![]);
    wire.call("ContinueUpdateRollback", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(
        wire.refused("ContinueUpdateRollback", &[("StackName", "app")]).contains("UPDATE_ROLLBACK_COMPLETE")
    );
}

#[test]
fn what_sticks_can_be_passed_over() {
    let wire = stuck();
    let skip = |name: &str| {
        wire.refused("ContinueUpdateRollback", &[("StackName", "app"), ("ResourcesToSkip.member.1", name)])
    };
    assert!(skip("B").contains("not in the state UPDATE_FAILED: [B]"));
    assert!(skip("Nobody").contains("[Nobody]"));
    let both = [("StackName", "app"), ("ForceRollback", "true"), ("ResourcesToSkip.member.1", "A")];
    assert!(wire.refused("ContinueUpdateRollback", &both).contains("ForceRollback cannot be specified"));
    wire.call("ContinueUpdateRollback", &[("StackName", "app"), ("ResourcesToSkip.member.1", "A")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(values(&wire), ["A UPDATE_COMPLETE", "B UPDATE_COMPLETE"]);

    let wire = stuck();
    wire.call("ContinueUpdateRollback", &[("StackName", "app"), ("ForceRollback", "true")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn somebody_else_cancels() {
    let wire = Wire::new();
    run(&wire, "CreateStack", &template(&[("A", "1")]), &[]);
    let cancels = vec![CancelFault { stack: "app".into(), after_seconds: 4 }];
    wire.sandbox.set_faults(Faults { cancels, ..Faults::default() }).unwrap();
    run(&wire, "UpdateStack", &template(&[("A", "2")]), &[]);
    let lines = wire.lines("app");
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    assert!(lines.contains(&"A UPDATE_FAILED Resource update cancelled".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"STACK UPDATE_ROLLBACK_IN_PROGRESS User Initiated".to_owned()), "{lines:#?}");
}

#[test]
fn a_creation_can_take_too_long() {
    let wire = Wire::new();
    let table = crate::support::notes(|_| ());
    let zero = [("StackName", "app"), ("TemplateBody", &table), ("TimeoutInMinutes", "0")];
    assert!(wire.refused("CreateStack", &zero).contains("greater than or equal to 1"));
    let mut waiting = serde_json::from_str::<Value>(&table).unwrap();
    for place in 0..6 {
        let before = if place == 0 { "Notes".to_owned() } else { format!("T{}", place - 1) };
        let mut next = waiting["Resources"]["Notes"].clone();
        next["Properties"]["TableName"] = json!(format!("t-{place}"));
        next["DependsOn"] = json!(before);
        waiting["Resources"][format!("T{place}")] = next;
    }
    begin(&wire, "CreateStack", &waiting.to_string(), &[("TimeoutInMinutes", "1")]);
    wire.wait(90);
    let lines = wire.lines("app");
    let turn = "STACK ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user.";
    assert!(lines.contains(&turn.to_owned()), "{lines:#?}");
}

#[test]
fn alarms_call_an_operation_off() {
    let alarm = |name: &str| {
        json!({"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmName": name, "MetricName": "Errors", "Namespace": "app", "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1, "Period": 60, "Statistic": "Sum", "Threshold": 1,
        }}}})
    };
    let trigger = |name: &str| {
        vec![
            (
                "RollbackConfiguration.RollbackTriggers.member.1.Arn".to_owned(),
                format!("arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"),
            ),
            (
                "RollbackConfiguration.RollbackTriggers.member.1.Type".to_owned(),
                "AWS::CloudWatch::Alarm".to_owned(),
            ),
            ("RollbackConfiguration.MonitoringTimeInMinutes".to_owned(), "5".to_owned()),
        ]
    };
    let wire = Wire::new();
    wire.call("CreateStack", &[("StackName", "alarms"), ("TemplateBody", &alarm("errors").to_string())]);
    wire.wait(30);
    run(&wire, "CreateStack", &template(&[("A", "1")]), &[]);
    let update = |value: &str, name: &str| {
        let owned = trigger(name);
        let more: Vec<(&str, &str)> = owned.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        begin(&wire, "UpdateStack", &template(&[("A", value)]), &more);
    };
    // Nothing rings: the stack waits, and is done.
    update("2", "errors");
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_IN_PROGRESS");
    assert_eq!(wire.stack("app")["RollbackConfiguration"]["MonitoringTimeInMinutes"], "5");
    wire.wait(300);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    // It rings while the stack waits.
    update("3", "errors");
    wire.wait(60);
    wire.sandbox.set_faults(Faults { firing_alarms: vec!["errors".into()], ..Faults::default() }).unwrap();
    wire.wait(300);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    let lines = wire.lines("app").join("\n");
    let rings = "went into ALARM state: [arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors].";
    assert!(lines.contains(rings), "{lines}");
    // One that is not there fails the operation.
    update("4", "nobody");
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
}

#[test]
fn a_deletion_is_forced_only_after_it_failed() {
    let wire = Wire::new();
    run(&wire, "CreateStack", &template(&[("A", "1"), ("B", "1")]), &[]);
    let force = [("StackName", "app"), ("DeletionMode", "FORCE_DELETE_STACK")];
    assert!(
        wire.refused("DeleteStack", &force).contains("only when the stack is in the DELETE_FAILED state")
    );
    assert!(
        wire.refused("DeleteStack", &[("StackName", "app"), ("DeletionMode", "SOON")])
            .contains("enum value set")
    );
    faults(&wire, vec![fault("A", HandlerOperation::Delete)]);
    let id = wire.stack("app")["StackId"].as_str().unwrap().to_owned();
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "DELETE_FAILED: The following resource(s) failed to delete: [A].");
    wire.call("DeleteStack", &force);
    wire.wait(60);
    assert_eq!(wire.status(&id), "DELETE_COMPLETE");
}

#[test]
fn a_resource_fails_the_second_time_only() {
    let wire = Wire::new();
    let nth_resources =
        vec![NthResourceFault { fault: fault("A", HandlerOperation::Update), from: 2, to: 2 }];
    wire.sandbox.set_faults(Faults { nth_resources, ..Faults::default() }).unwrap();
    run(&wire, "CreateStack", &template(&[("A", "1")]), &[]);
    for (value, expected) in
        [("2", "UPDATE_COMPLETE"), ("3", "UPDATE_ROLLBACK_COMPLETE"), ("4", "UPDATE_COMPLETE")]
    {
        run(&wire, "UpdateStack", &template(&[("A", value)]), &[]);
        assert_eq!(wire.status("app"), expected, "{value}");
    }
}

#[test]
fn an_executed_change_set_outlives_its_stack() {
    let wire = Wire::new();
    let handle = json!({"Resources": {"H": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}});
    let (_, executed) = wire.set("app", "one", &handle.to_string(), &[("ChangeSetType", "CREATE")]);
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &executed)]);
    wire.wait(60);
    let mut more = handle.clone();
    more["Resources"]["I"] = more["Resources"]["H"].clone();
    let (_, waiting) = wire.set("app", "two", &more.to_string(), &[]);
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    let set = wire.call("DescribeChangeSet", &[("ChangeSetName", &executed)]);
    assert_eq!(set["ExecutionStatus"], "EXECUTE_COMPLETE");
    assert!(
        wire.refused("ExecuteChangeSet", &[("ChangeSetName", &executed)])
            .starts_with("InvalidChangeSetStatus"),
    );
    assert!(
        wire.refused("DescribeChangeSet", &[("ChangeSetName", &waiting)]).starts_with("ChangeSetNotFound")
    );
    // ... also when its own failure deleted the stack.
    let fault = ResourceFault { logical_id: "H".into(), on: HandlerOperation::Create, reason: "no".into() };
    let faults = Faults { resources: vec![fault], ..Default::default() };
    wire.sandbox.set_faults(faults).unwrap();
    let more = [("ChangeSetType", "CREATE"), ("OnStackFailure", "DELETE")];
    let (_, failed) = wire.set("app", "three", &handle.to_string(), &more);
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &failed)]);
    wire.wait(60);
    let set = wire.call("DescribeChangeSet", &[("ChangeSetName", &failed)]);
    assert_eq!(set["ExecutionStatus"], "EXECUTE_FAILED");
}

#[test]
fn every_event_names_its_operation() {
    let wire = Wire::new();
    let handle = |name: &str| {
        json!({"Resources": {name: {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}).to_string()
    };
    let url = wire.put("artifacts", "inner", &handle("H"));
    let parent = json!({"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}});
    let more = [("ChangeSetType", "CREATE"), ("IncludeNestedStacks", "true")];
    let (_, id) = wire.set("app", "one", &parent.to_string(), &more);
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &handle("I"))]);
    wire.wait(60);
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    let (_, dropped) = wire.set("other", "one", &parent.to_string(), &more);
    wire.call("DeleteChangeSet", &[("ChangeSetName", &dropped)]);
    let faults = Faults { history_events: 3, ..Default::default() };
    wire.sandbox.set_faults(faults).unwrap();
    let stacks = wire.call("ListStacks", &[])["StackSummaries"].clone();
    let mut seen = 0;
    for stack in stacks.as_array().unwrap() {
        let id = stack["StackId"].as_str().unwrap();
        for event in wire.call("DescribeStackEvents", &[("StackName", id)])["StackEvents"].as_array().unwrap()
        {
            assert!(event["OperationId"].is_string(), "{event}");
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}
