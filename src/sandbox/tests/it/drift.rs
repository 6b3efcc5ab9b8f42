//! Drift: somebody changes a table by hand, and the stack is asked.

use serde_json::{Value, json};

use crate::support::{Wire, notes, recordings};

fn deployed() -> Wire {
    let wire = Wire::new();
    let body = notes(|template| {
        template["Resources"]["Handle"] = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
        let table = &mut template["Resources"]["Notes"]["Properties"];
        table["StreamSpecification"] = json!({"StreamViewType": "KEYS_ONLY"});
        table["Tags"] = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
        table["PointInTimeRecoverySpecification"] = json!({"PointInTimeRecoveryEnabled": true});
    });
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(60);
    wire
}

fn detect(wire: &Wire) -> Value {
    let id = wire.call("DetectStackDrift", &[("StackName", "app")])["StackDriftDetectionId"].clone();
    let ask =
        || wire.call("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", id.as_str().unwrap())]);
    let first = ask();
    assert_eq!(first["DetectionStatus"], "DETECTION_IN_PROGRESS");
    assert_eq!(first.get("StackDriftStatus"), None);
    wire.wait(10);
    let done = ask();
    assert_eq!(done["DetectionStatus"], "DETECTION_COMPLETE");
    done
}

fn drifts(wire: &Wire, more: &[(&str, &str)]) -> Vec<Value> {
    let mut parameters = vec![("StackName", "app")];
    parameters.extend(more);
    wire.call("DescribeStackResourceDrifts", &parameters)["StackResourceDrifts"]
        .as_array()
        .cloned()
        .unwrap_or_default()
}

fn differences(drift: &Value) -> Vec<String> {
    let list = drift["PropertyDifferences"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    list.iter()
        .map(|one| {
            format!(
                "{} {} {} -> {}",
                text(one, "DifferenceType"),
                text(one, "PropertyPath"),
                text(one, "ExpectedValue"),
                text(one, "ActualValue")
            )
        })
        .collect()
}

#[test]
fn what_was_not_touched_is_in_sync() {
    let wire = deployed();
    assert_eq!(wire.stack("app")["DriftInformation"]["StackDriftStatus"], "NOT_CHECKED");
    assert!(drifts(&wire, &[]).is_empty());
    let done = detect(&wire);
    assert_eq!(
        (done["StackDriftStatus"].as_str(), done["DriftedStackResourceCount"].as_str()),
        (Some("IN_SYNC"), Some("0"))
    );
    assert_eq!(wire.stack("app")["DriftInformation"]["StackDriftStatus"], "IN_SYNC");
    let found = drifts(&wire, &[]);
    // A handle has no drift to be detected.
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["StackResourceDriftStatus"], "IN_SYNC");
    assert_eq!(found[0]["ActualProperties"], found[0]["ExpectedProperties"]);
}

#[test]
fn what_somebody_changed_is_told_apart() {
    let wire = deployed();
    let name = json!({"TableName": "notes"});
    let call = |action: &str, more: Value| {
        let mut input = name.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, answer) = wire.dynamodb(action, &input);
        assert_eq!(status, 200, "{answer}");
        wire.wait(10);
    };
    call("UpdateTable", json!({"StreamSpecification": {"StreamEnabled": false}}));
    call(
        "UpdateContinuousBackups",
        json!({"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": false}}),
    );
    let (_, table) = wire.dynamodb("DescribeTable", &name);
    let arn = table["Table"]["TableArn"].clone();
    wire.dynamodb("TagResource", &json!({"ResourceArn": arn, "Tags": [{"Key": "c", "Value": "3"}]}));
    wire.dynamodb("UntagResource", &json!({"ResourceArn": arn, "TagKeys": ["b"]}));
    let done = detect(&wire);
    assert_eq!(
        (done["StackDriftStatus"].as_str(), done["DriftedStackResourceCount"].as_str()),
        (Some("DRIFTED"), Some("1"))
    );
    let found = drifts(&wire, &[("StackResourceDriftStatusFilters.member.1", "MODIFIED")]);
    assert_eq!(
        differences(&found[0]),
        [
            "NOT_EQUAL /PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled true -> false",
            "REMOVE /StreamSpecification {\"StreamViewType\":\"KEYS_ONLY\"} -> null",
            "NOT_EQUAL /Tags/1/Key b -> c",
            "NOT_EQUAL /Tags/1/Value 2 -> 3",
        ]
    );
    assert!(drifts(&wire, &[("StackResourceDriftStatusFilters.member.1", "IN_SYNC")]).is_empty());
    // The form is that of the one recorded answer.
    let recordings = recordings();
    let list = recordings["templates_and_drift"].as_array().unwrap();
    let recorded = list
        .iter()
        .find(|entry| entry["test"].as_str().unwrap().ends_with("test_drift_detection_on_lambda"))
        .unwrap();
    let keys =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    let recorded = &recorded["drift_detection"]["StackResourceDrift"];
    assert_eq!(keys(&found[0]), keys(recorded));
    assert_eq!(keys(&found[0]["PropertyDifferences"][0]), keys(&recorded["PropertyDifferences"][0]));
    let one = wire.call("DetectStackResourceDrift", &[("StackName", "app"), ("LogicalResourceId", "Notes")]);
    assert_eq!(differences(&one["StackResourceDrift"]), differences(&found[0]));
    let resource =
        wire.call("DescribeStackResource", &[("StackName", "app"), ("LogicalResourceId", "Notes")]);
    assert_eq!(resource["StackResourceDetail"]["DriftInformation"]["StackResourceDriftStatus"], "MODIFIED");
}

#[test]
fn what_is_gone_is_deleted() {
    let wire = deployed();
    wire.dynamodb("DeleteTable", &json!({"TableName": "notes"}));
    wire.wait(20);
    detect(&wire);
    let found = drifts(&wire, &[]);
    assert_eq!(found[0]["StackResourceDriftStatus"], "DELETED");
    assert_eq!(found[0].get("ActualProperties"), None);
}

#[test]
fn drift_is_not_detected_at_any_time_or_of_anything() {
    let wire = deployed();
    assert_eq!(
        wire.refused("DetectStackDrift", &[("StackName", "none")]),
        "ValidationError: Stack [none] does not exist"
    );
    let of = |id: &str| {
        wire.refused("DetectStackResourceDrift", &[("StackName", "app"), ("LogicalResourceId", id)])
    };
    assert!(of("Nobody").ends_with("Resource Nobody does not exist for stack app"));
    assert!(of("Handle").contains("is not supported for drift detection"));
    assert!(
        wire.refused("DescribeStackDriftDetectionStatus", &[("StackDriftDetectionId", "x")])
            .contains("does not exist")
    );
    wire.call("DeleteStack", &[("StackName", "app")]);
    assert!(wire.refused("DetectStackDrift", &[("StackName", "app")]).contains("DELETE_IN_PROGRESS"));
}
