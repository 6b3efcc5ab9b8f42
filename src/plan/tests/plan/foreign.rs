//! Templates of other tools: CDK, Amplify, and SAM before and after its transform.

use serde_json::{Value, json};
use tablewright_plan::{Change, Plan, PlanOptions, Verdict, plan};

use crate::support::{index, lines, merged, with};

const CDK: &str = include_str!("foreign/cdk.json");
const AMPLIFY: &str = include_str!("foreign/amplify.json");
const SAM: &str = include_str!("foreign/sam.json");
const SAM_PROCESSED: &str = include_str!("foreign/sam-processed.json");

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("a template")
}

fn check_with(before: &Value, after: &Value, options: &PlanOptions, expected: &[&str]) -> Plan {
    let plan = plan(Some(before), after, options);
    let mut found = lines(&plan);
    let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    plan
}

fn check(before: &Value, after: &Value, expected: &[&str]) -> Plan {
    check_with(before, after, &PlanOptions::default(), expected)
}

fn find<'p>(plan: &'p Plan, id: &str) -> &'p Change {
    plan.changes.iter().find(|change| change.logical_id == id).expect("the change")
}

/// A copy with another logical id, wherever it is referred to.
fn renamed(template: &Value, old: &str, new: &str) -> Value {
    read(&template.to_string().replace(old, new))
}

#[test]
fn each_is_equal_to_itself_and_stands_alone() {
    for text in [CDK, AMPLIFY, SAM, SAM_PROCESSED] {
        let template = read(text);
        check(&template, &template, &[]);
        let new = plan(None, &template, &PlanOptions::default());
        assert!(new.verdict() <= Verdict::InPlaceWithRisk && new.steps.len() == 1, "{:?}", lines(&new));
        assert_eq!(new.steps[0].template, template);
        let known = PlanOptions {
            deployed_parameters: Some([("env".to_owned(), "dev".to_owned())].into()),
            wanted_parameters: Some([("env".to_owned(), "dev".to_owned())].into()),
            ..PlanOptions::default()
        };
        check_with(&template, &template, &known, &[]);
    }
}

/// Every pair of them, which share no history: refused or risky, and never a panic.
#[test]
fn from_any_to_any() {
    let all = [CDK, AMPLIFY, SAM, SAM_PROCESSED].map(read);
    for (before, after) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert_eq!(plan.is_empty(), before == after);
        assert!(before == after || plan.verdict() >= Verdict::Refused, "{:?}", lines(&plan));
    }
}

#[test]
fn a_new_cdk_version_has_no_changes_of_tables() {
    let before = read(CDK);
    let mut after =
        renamed(&before, "4d1a6b0f1c8e2f7d3a5b9c0e6f8a7b2c1d4e3f5a6b7c8d9e0f1a2b3c4d5e6f7a", "ffff");
    after["Resources"]["CDKMetadata"]["Properties"]["Analytics"] = json!("v2:deflate64:other");
    after["Resources"]["NotesTable5F1A2B3C"]["Metadata"]["aws:cdk:path"] = json!("App/Notes/Resource");
    after["Rules"]["CheckBootstrapVersion"]["Assertions"][0]["AssertDescription"] = json!("newer");
    check(
        &before,
        &after,
        &[
            "modify CDKMetadata/Properties/Analytics: none",
            "modify NotesTable5F1A2B3C/Metadata: none",
            "modify Reader9C8D7E6F/Metadata: none",
            "modify Reader9C8D7E6F/Properties/Code/S3Key: in-place-with-risk",
            "modify Rules/CheckBootstrapVersion: none",
        ],
    );
}

#[test]
fn the_same_by_hand_is_the_same() {
    let before = read(CDK);
    let mut after = before.clone();
    let resources = &mut after["Resources"];
    resources["LegacyTableA1B2C3D4"]["Properties"]["TableName"] =
        json!({ "Fn::Sub": "legacy-${AWS::Region}" });
    resources["LegacyTableA1B2C3D4"]["Properties"]["ProvisionedThroughput"] =
        json!({ "WriteCapacityUnits": "5", "ReadCapacityUnits": "5" });
    resources["LegacyTableReadScalingTarget8F9E0D1C"]["Properties"]["ResourceId"] =
        json!({ "Fn::Sub": "table/${LegacyTableA1B2C3D4}" });
    resources["ReaderServiceRoleDefaultPolicyE4F5A6B7"]["Properties"]["PolicyDocument"] = json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": ["dynamodb:ListStreams"], "Resource": ["*"] },
            {
                "Effect": "Allow",
                "Action": ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:BatchGetItem"],
                "Resource": [{ "Fn::Sub": "${NotesTable5F1A2B3C.Arn}/index/*" }, { "Fn::GetAtt": "NotesTable5F1A2B3C.Arn" }],
            },
        ],
    });
    resources["Reader9C8D7E6F"]["DependsOn"] =
        json!(["ReaderServiceRole0A1B2C3D", "ReaderServiceRoleDefaultPolicyE4F5A6B7"]);
    assert_ne!(before, after);
    check(&before, &after, &[]);
}

#[test]
fn a_renamed_construct_moves_its_table() {
    let before = read(CDK);
    let plan = check(
        &before,
        &renamed(&before, "NotesTable5F1A2B3C", "MemosTable77778888"),
        &[
            "move NotesTable5F1A2B3C to MemosTable77778888: replacement-kept",
            "modify Reader9C8D7E6F/Properties/Environment/Variables/TABLE: in-place-with-risk",
            "modify ReaderDynamoDBEventSource1B2C3D4E/Properties/EventSourceArn: in-place-with-risk",
            "modify ReaderServiceRoleDefaultPolicyE4F5A6B7/Properties/PolicyDocument: in-place-with-risk",
            "remove Outputs/ExportsOutputRefNotesTable5F1A2B3C7D8E9F0A: in-place-with-risk",
            "add Outputs/ExportsOutputRefMemosTable777788887D8E9F0A: in-place",
        ],
    );
    assert!(
        find(&plan, "MemosTable77778888").recipe.clone().expect("a recipe").steps[0]
            .contains("NotesTable5F1A2B3C")
    );
    // The other one has a name, and half of that is the Region's.
    let plan = check(
        &before,
        &renamed(&before, "LegacyTableA1B2C3D4", "OldTable00001111"),
        &[
            "move LegacyTableA1B2C3D4 to OldTable00001111: refused",
            "modify LegacyTableReadScalingTarget8F9E0D1C/Properties/ResourceId: in-place-with-risk",
        ],
    );
    assert!(find(&plan, "OldTable00001111").server_text.is_some());
}

#[test]
fn two_indexes_and_a_stream_in_cdk() {
    let before = read(CDK);
    let properties = "/Resources/NotesTable5F1A2B3C/Properties";
    let mut indexes = before.pointer(properties).expect("the table")["GlobalSecondaryIndexes"].clone();
    let more = [index("by-user", &["userId", "status"]), index("by-note", &["noteId"])];
    indexes.as_array_mut().expect("a list").extend(more);
    let after = with(&before, &format!("{properties}/GlobalSecondaryIndexes"), indexes);
    let plan = check(
        &before,
        &after,
        &[
            "add NotesTable5F1A2B3C/Properties/GlobalSecondaryIndexes/1: staged",
            "add NotesTable5F1A2B3C/Properties/GlobalSecondaryIndexes/2: staged",
        ],
    );
    assert_eq!(plan.steps.len(), 2);
    // What CDK wrote around it stays as it is.
    assert_eq!(plan.steps[0].template["Conditions"], before["Conditions"]);
    assert_eq!(plan.steps[0].template["Resources"]["CDKMetadata"], before["Resources"]["CDKMetadata"]);
    let keys_only =
        with(&before, &format!("{properties}/StreamSpecification/StreamViewType"), json!("KEYS_ONLY"));
    check(
        &before,
        &keys_only,
        &[
            "modify NotesTable5F1A2B3C/Properties/StreamSpecification/StreamViewType: in-place-with-risk",
            "modify ReaderDynamoDBEventSource1B2C3D4E/Properties/EventSourceArn: in-place-with-risk",
        ],
    );
}

fn amplify(values: &[(&str, &str)]) -> std::collections::BTreeMap<String, String> {
    let given = [("env", "dev"), ("referencetotransformerrootstackGraphQLAPI20497F53ApiId", "abc")];
    given.iter().chain(values).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn amplify_changes_tables_by_parameters() {
    let template = read(AMPLIFY);
    let change = |before: &[(&str, &str)], after: &[(&str, &str)], expected: &[&str]| {
        let options = PlanOptions {
            deployed_parameters: Some(amplify(before)),
            wanted_parameters: Some(amplify(after)),
            ..PlanOptions::default()
        };
        check_with(&template, &template, &options, expected)
    };
    change(
        &[],
        &[("DynamoDBEnablePointInTimeRecovery", "true")],
        &[
            "modify Parameters/DynamoDBEnablePointInTimeRecovery: none",
            "add TodoTable/Properties/PointInTimeRecoverySpecification/Fn::If/1: in-place",
        ],
    );
    let plan = change(
        &[],
        &[("DynamoDBBillingMode", "PROVISIONED"), ("DynamoDBModelTableReadIOPS", "9")],
        &[
            "modify Parameters/DynamoDBBillingMode: none",
            "modify Parameters/DynamoDBModelTableReadIOPS: none",
            "remove TodoTable/Properties/BillingMode/Fn::If/1: in-place-with-risk",
            "add TodoTable/Properties/ProvisionedThroughput/Fn::If/2: in-place",
            "add TodoTable/Properties/GlobalSecondaryIndexes/0/ProvisionedThroughput/Fn::If/2: in-place",
        ],
    );
    let capacity = plan.changes.iter().find(|change| change.path.ends_with("ProvisionedThroughput/Fn::If/2"));
    assert_eq!(
        capacity.expect("capacity").after,
        Some(json!({ "ReadCapacityUnits": "9", "WriteCapacityUnits": "5" }))
    );
    change(
        &[],
        &[("DynamoDBModelTableReadIOPS", "9")],
        // On demand nobody reads it.
        &["modify Parameters/DynamoDBModelTableReadIOPS: none"],
    );
    let plan = change(
        &[],
        &[("env", "prod")],
        &[
            "modify Parameters/env: none",
            "modify TodoTable/Properties/TableName: data-loss",
            "modify TodoIAMRole2DA8E66E/Properties/Policies/0/PolicyDocument: in-place-with-risk",
            "modify CustomResourcesjson/Properties/Parameters/env: in-place-with-risk",
            "modify Outputs/GetAttTodoTableStreamArn/Value: in-place-with-risk",
        ],
    );
    let name = plan.changes.iter().find(|change| change.path.ends_with("TableName")).expect("the name");
    assert_eq!((&name.before, &name.after), (&Some(json!("Todo-abc-dev")), &Some(json!("Todo-abc-prod"))));
}

#[test]
fn amplify_without_values_is_compared_as_text() {
    let before = read(AMPLIFY);
    let class =
        with(&before, "/Resources/TodoTable/Properties/TableClass", json!("STANDARD_INFREQUENT_ACCESS"));
    let plan = check(&before, &class, &["add TodoTable/Properties/TableClass: in-place-with-risk"]);
    assert_eq!(plan.steps[0].template, class);
    // An index under a new name: two steps, with the conditions as they were written.
    let list = "/Resources/TodoTable/Properties/GlobalSecondaryIndexes";
    let mut other = before.pointer(list).expect("indexes").clone();
    other[0]["IndexName"] = json!("byListAgain");
    let plan = check(
        &before,
        &with(&before, list, other),
        &[
            "add TodoTable/Properties/GlobalSecondaryIndexes/0: staged",
            "remove TodoTable/Properties/GlobalSecondaryIndexes/0: staged",
        ],
    );
    let between = &plan.steps[0].template;
    assert_eq!(between.pointer(list).and_then(Value::as_array).map(Vec::len), Some(2));
    assert_eq!(
        between["Resources"]["TodoTable"]["Properties"]["BillingMode"],
        before["Resources"]["TodoTable"]["Properties"]["BillingMode"]
    );
    // What the nested stack holds goes with it.
    let plan = check(
        &before,
        &with(&before, "/Resources/CustomResourcesjson", json!(null)),
        &["remove CustomResourcesjson: data-loss"],
    );
    assert!(plan.changes[0].why.contains("nested stack"));
    let moved = with(
        &before,
        "/Resources/CustomResourcesjson/Properties/TemplateURL",
        json!("https://example.com/t.json"),
    );
    check(&before, &moved, &["modify CustomResourcesjson/Properties/TemplateURL: in-place-with-risk"]);
}

#[test]
fn sam_is_compared_with_sam() {
    let before = read(SAM);
    let table = "/Resources/Sessions/Properties";
    let tags = with(&before, &format!("{table}/Tags"), json!([{ "Key": "team", "Value": "web" }]));
    check(&before, &tags, &[]);
    let key = with(&before, &format!("{table}/PrimaryKey/Type"), json!("Number"));
    let plan = check(&before, &key, &["modify Sessions/Properties/PrimaryKey: refused"]);
    assert!(find(&plan, "Sessions").server_text.clone().expect("words").contains("custom-named"));
    let stage = PlanOptions {
        deployed_parameters: Some([("Stage".to_owned(), "dev".to_owned())].into()),
        wanted_parameters: Some([("Stage".to_owned(), "prod".to_owned())].into()),
        ..PlanOptions::default()
    };
    check_with(
        &before,
        &before,
        &stage,
        &["modify Parameters/Stage: none", "modify Sessions/Properties/TableName: data-loss"],
    );
    let globals = with(&before, "/Globals/Function/Timeout", json!(20));
    check(&before, &globals, &["modify Globals: in-place-with-risk"]);
    let code = with(&before, "/Resources/Reader/Properties/CodeUri", json!("s3://other/reader"));
    check(&before, &code, &["modify Reader/Properties/CodeUri: in-place-with-risk"]);
}

/// The template as it was given, against the one that the transform made of it: told, not guessed.
#[test]
fn tables_of_sam_are_compared_with_what_they_become() {
    let (original, processed) = (read(SAM), read(SAM_PROCESSED));
    for (before, after) in [(&original, &processed), (&processed, &original)] {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert!(plan.is_stopped());
        // Functions are not: their type changes.
        assert_eq!(find(&plan, "Reader").verdict, Verdict::Refused);
        let of_tables =
            plan.changes.iter().filter(|change| matches!(&*change.logical_id, "Notes" | "Sessions"));
        assert!(of_tables.clone().all(|change| change.verdict == Verdict::None), "{:?}", lines(&plan));
    }
    // Both after the transform.
    let mut after = processed.clone();
    after["Resources"]["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"] = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" } });
    after["Resources"]["Reader"]["Metadata"] = json!(null);
    check(&processed, &after, &["modify Reader/Metadata: none"]);
    let table = merged(processed["Resources"]["Notes"].clone(), json!({ "DeletionPolicy": "Retain" }));
    check(&processed, &with(&processed, "/Resources/Notes", table), &["add Notes/DeletionPolicy: in-place"]);
}
