//! Whatever comes in, an answer goes out: nothing panics, and what is not modelled is refused by its name.

use serde_json::json;
use tablewright_sandbox::{Options, Request, Sandbox};

use crate::support::Wire;

/// A small generator, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }
}

const ACTIONS: &[&str] = &[
    "CancelUpdateStack",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeEvents",
    "DescribeStackEvents",
    "DescribeStackResource",
    "DescribeStackResources",
    "DescribeStacks",
    "ExecuteChangeSet",
    "GetStackPolicy",
    "GetTemplate",
    "GetTemplateSummary",
    "ListChangeSets",
    "ListExports",
    "ListImports",
    "ListStackResources",
    "ListStacks",
    "SetStackPolicy",
    "UpdateStack",
    "UpdateTerminationProtection",
    "ValidateTemplate",
    "RollbackStack",
    "",
];

const NAMES: &[&str] = &[
    "StackName",
    "ChangeSetName",
    "ChangeSetType",
    "TemplateBody",
    "Parameters.member.1.ParameterKey",
    "Parameters.member.1.ParameterValue",
    "Parameters.member.x.ParameterValue",
    "Tags.member.99999999999.Key",
    "Capabilities.member.1",
    "NextToken",
    "ClientToken",
    "ClientRequestToken",
    "EnableTerminationProtection",
    "LogicalResourceId",
    "RetainResources.member.1",
    "OnFailure",
    "DisableRollback",
    "StackPolicyBody",
    "UsePreviousTemplate",
    "Filters.FailedEvents",
    "IncludePropertyValues",
];

const VALUES: &[&str] = &[
    "app",
    "one",
    "arn:aws:cloudformation:x",
    "CREATE",
    "UPDATE",
    "true",
    "",
    "after:app",
    "-1",
    "\u{0}\u{fffd}é",
    "P",
    "{}",
    "[]",
    "null",
    "Resources: {A: !Ref A}",
    "{\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Type\":\"String\",\"Value\":\"x\"}}}}",
    "{\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Value\":{\"Fn::Sub\":[\"${\",{}]}}}}}",
    "{\"Resources\":{\"T\":{\"Type\":\"AWS::DynamoDB::Table\",\"Properties\":{\"KeySchema\":[{}],\"TableName\":{\"Fn::Select\":[9,[]]}}}}}",
    "{\"Resources\":{\"T\":{\"Type\":\"AWS::DynamoDB::Table\",\"Properties\":{\"KeySchema\":[{\"AttributeName\":1,\"KeyType\":\"HASH\"}],\"GlobalSecondaryIndexes\":[1,{}]}}}}",
    "{\"Resources\":{\"T\":{\"Type\":\"AWS::DynamoDB::Table\",\"Properties\":[]}}}",
    "{\"Resources\":{\"A\":{\"Type\":\"AWS::SSM::Parameter\",\"DependsOn\":\"B\"},\"B\":{\"Type\":\"AWS::SSM::Parameter\",\"DependsOn\":\"A\"}}}",
    "{\"Conditions\":{\"A\":{\"Condition\":\"A\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\",\"Condition\":\"A\"}}}",
];

#[test]
fn forms_of_any_kind_are_answered() {
    for seed in 0..40 {
        let wire = Wire::new();
        let mut dice = Dice(seed);
        for _ in 0..60 {
            let action = dice.pick(ACTIONS);
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("Action", action).append_pair("Version", "2010-05-15");
            if dice.roll(4) > 0 {
                form.append_pair("StackName", "app").append_pair("ChangeSetName", "one");
            }
            for _ in 0..dice.roll(4) {
                form.append_pair(dice.pick(NAMES), dice.pick(VALUES));
            }
            let body = form.finish().into_bytes();
            let request = Request { method: "POST".into(), path: "/".into(), headers: vec![], body };
            let answer = wire.sandbox.answer(&request).unwrap();
            assert!(matches!(answer.status, 200 | 400 | 404), "{}", answer.status);
            crate::support::tree(&String::from_utf8(answer.body).unwrap());
            wire.wait(u64::try_from(dice.roll(20)).unwrap());
        }
    }
}

#[test]
fn bytes_of_any_kind_are_answered() {
    let sandbox = Sandbox::in_memory(Options::default());
    let mut dice = Dice(7);
    for _ in 0..3_000 {
        let body: Vec<u8> = (0..dice.roll(200)).map(|_| u8::try_from(dice.roll(256)).unwrap()).collect();
        let mut headers = vec![];
        if dice.roll(2) == 0 {
            let actions =
                ["CreateTable", "UpdateTable", "DescribeTable", "ListTables", "UpdateTimeToLive", ""];
            headers.push(("x-amz-target".into(), format!("DynamoDB_20120810.{}", dice.pick(&actions))));
        }
        let authorizations =
            ["", "Credential=", "AWS4-HMAC-SHA256 Credential=a/b/../../c/d", "Credential=///", "\u{fffd}"];
        headers.push(("Authorization".into(), dice.pick(&authorizations).into()));
        let request = Request {
            method: "POST".into(),
            path: dice.pick(&["/", "", "/?Action=%ff", "*"]).into(),
            headers,
            body,
        };
        assert!(sandbox.answer(&request).unwrap().status >= 400);
    }
}

#[test]
fn json_of_any_kind_is_answered() {
    let values = [
        json!(null),
        json!(1),
        json!("x"),
        json!([]),
        json!({}),
        json!([{}]),
        json!([[]]),
        json!({"Enabled": "x"}),
        json!(-1e300),
    ];
    let names = [
        "TableName",
        "KeySchema",
        "AttributeDefinitions",
        "GlobalSecondaryIndexUpdates",
        "BillingMode",
        "Limit",
        "Tags",
        "ResourceArn",
    ];
    for action in [
        "CreateTable",
        "UpdateTable",
        "DeleteTable",
        "DescribeTable",
        "ListTables",
        "TagResource",
        "UpdateTimeToLive",
        "ListTagsOfResource",
    ] {
        for name in names {
            for value in &values {
                let (status, _) = Wire::new().dynamodb(action, &json!({"TableName": "books", name: value}));
                assert!(matches!(status, 200 | 400));
            }
        }
    }
}

/// The refusal of a call, which must name what is not modelled.
fn check_named(action: &str, parameters: &[(&str, &str)], what: &str) {
    let wire = Wire::new();
    let owned: Vec<(String, String)> = parameters.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let (status, answer) = wire.cloudformation(action, &owned);
    let message = answer["Error"]["Message"].as_str().unwrap();
    assert_eq!(status, 400);
    assert!(message.contains("tablewright's sandbox does not model") && message.contains(what), "{message}");
}

#[test]
fn what_is_not_modelled_is_named() {
    let body = |text: &'static str| ("TemplateBody", text);
    check_named("EstimateTemplateCost", &[("StackName", "app")], "EstimateTemplateCost");
    check_named("CreateStackRefactor", &[], "CreateStackRefactor");
    check_named("DescribeStacks", &[("Colour", "red")], "the parameter Colour of DescribeStacks");
    let set = [("StackName", "app"), ("ChangeSetName", "one"), ("ChangeSetType", "CREATE")];
    check_named(
        "CreateChangeSet",
        &[set[0], set[1], set[2], ("DeploymentMode", "REVERT_DRIFT")],
        "DeploymentMode",
    );
    check_named(
        "CreateChangeSet",
        &[set[0], set[1], set[2], ("DeploymentConfig.Mode", "EXPRESS")],
        "DeploymentConfig",
    );
    check_named(
        "ValidateTemplate",
        &[body("{\"Transform\":\"AWS::Serverless-2016-10-31\",\"Resources\":{}}")],
        "Transform",
    );
    check_named(
        "ValidateTemplate",
        &[body("{\"Resources\":{\"A\":{\"Type\":\"AWS::Lambda::Function\"}}}")],
        "Unrecognized resource types: [AWS::Lambda::Function]",
    );
    check_named(
        "ValidateTemplate",
        &[body(
            "{\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Value\":{\"Fn::GetAZs\":\"\"}}}}}",
        )],
        "Fn::GetAZs",
    );
    check_named(
        "ValidateTemplate",
        &[body(
            "{\"Resources\":{\"P\":{\"Type\":\"AWS::SSM::Parameter\",\"Properties\":{\"Value\":\"{{resolve:secretsmanager:x}}\"}}}}",
        )],
        "dynamic references",
    );
}

#[test]
fn other_services_are_named() {
    let sandbox = Sandbox::in_memory(Options::default());
    let ask = |headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let request =
            Request { method: "POST".into(), path: "/".into(), headers, body: body.as_bytes().to_vec() };
        String::from_utf8(sandbox.answer(&request).unwrap().body).unwrap()
    };
    let scope = |service: &str| {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host"
        )
    };
    assert!(ask(&[("authorization", &scope("sqs"))], "").contains("does not model the service sqs"));
    assert!(
        ask(&[("x-amz-target", "Kinesis_20131202.ListStreams")], "{}")
            .contains("does not model the target Kinesis_20131202")
    );
    assert!(
        ask(&[], "Action=ListUsers&Version=2010-05-08")
            .contains("does not model 2010-05-08 (action ListUsers)")
    );
    let identity = ask(&[("authorization", &scope("sts"))], "Action=GetCallerIdentity&Version=2011-06-15");
    assert!(identity.contains("<Account>000000000000</Account>"), "{identity}");
}

#[test]
fn json_clients_get_json() {
    let sandbox = Sandbox::in_memory(Options::default());
    let ask = |headers: &[(&str, &str)], body: &str| {
        let headers = headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let request =
            Request { method: "POST".into(), path: "/".into(), headers, body: body.as_bytes().to_vec() };
        let answer = sandbox.answer(&request).unwrap();
        (answer.status, serde_json::from_slice::<serde_json::Value>(&answer.body).ok())
    };
    let form = |action: &str| format!("Action={action}&Version=2010-05-15&StackName=none");
    let accept = [("Accept", "application/json")];
    let (status, refused) = ask(&accept, &form("DescribeStacks"));
    assert_eq!((status, &refused.unwrap()["Error"]["Code"]), (400, &json!("ValidationError")));
    let (_, refused) = ask(&accept, &form("Unheard"));
    assert!(refused.unwrap()["Error"]["Message"].as_str().unwrap().contains("does not model"));
    let (_, refused) = ask(&accept, "");
    assert_eq!(refused.unwrap()["Error"]["Code"], "MissingAction");
    let (status, answer) = ask(&accept, "Action=ListStacks&Version=2010-05-15");
    let answer = answer.unwrap();
    assert_eq!(
        (status, &answer["ListStacksResponse"]["ListStacksResult"]["StackSummaries"]),
        (200, &json!([]))
    );
    assert!(answer["ListStacksResponse"]["ResponseMetadata"]["RequestId"].is_string());
    // The JSON protocol, spoken to a service that has another one here.
    let target =
        [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "CloudFormation.DescribeStacks")];
    let (status, refused) = ask(&target, "{}");
    let refused = refused.unwrap();
    assert!(status == 400 && refused["__type"].is_string(), "{refused}");
    assert!(
        refused["message"].as_str().unwrap().contains("the target CloudFormation.DescribeStacks"),
        "{refused}"
    );
    // What every SDK sends gets XML.
    for headers in [&[][..], &[("Accept", "*/*")], &[("Accept", "application/xml, application/json")]] {
        assert_eq!(ask(headers, &form("DescribeStacks")).1, None);
    }
}

/// `Fn::Sub` with a variable used twice, in which a variable is used twice, and so on.
fn doubling(levels: usize, innermost: &str) -> serde_json::Value {
    (0..levels).fold(json!(innermost), |inner, _| json!({"Fn::Sub": ["${A}${A}", {"A": inner}]}))
}

#[test]
fn doubling_values_do_not_double_the_work() {
    let wire = Wire::new();
    let template = |value: serde_json::Value, conditions: serde_json::Value| {
        json!({
            "Conditions": conditions,
            "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}}},
        })
        .to_string()
    };
    // Empty texts stay empty, so only the work could double; others are refused for their size.
    let empty = template(doubling(40, ""), json!({}));
    let large = template(doubling(40, "x"), json!({}));
    let text = "ValidationError: Template error: the value of Fn::Sub is larger than 262144 bytes";
    wire.call("ValidateTemplate", &[("TemplateBody", &empty)]);
    wire.call("CreateStack", &[("StackName", "empty"), ("TemplateBody", &empty)]);
    assert_eq!(wire.refused("CreateStack", &[("StackName", "app"), ("TemplateBody", &large)]), text);
    let set = [
        ("StackName", "app"),
        ("ChangeSetName", "one"),
        ("ChangeSetType", "CREATE"),
        ("TemplateBody", large.as_str()),
    ];
    assert_eq!(wire.refused("CreateChangeSet", &set), text);
    wire.wait(60);
    assert_eq!(wire.refused("UpdateStack", &[("StackName", "empty"), ("TemplateBody", &large)]), text);
    let mut conditions = json!({"C0": {"Fn::Equals": ["a", "a"]}});
    for level in 1..45 {
        let below = json!({"Condition": format!("C{}", level - 1)});
        conditions[format!("C{level}")] = json!({"Fn::And": [below, below]});
    }
    let chained = template(json!("x"), conditions);
    wire.call("CreateStack", &[("StackName", "chained"), ("TemplateBody", &chained)]);
    let nested = template(
        json!("x"),
        json!({"A": {"Fn::Equals": ["a", "a"]}, "B": {"Fn::Equals": [{"Fn::If": ["A", "b", "c"]}, "b"]}}),
    );
    assert_eq!(
        wire.refused("ValidateTemplate", &[("TemplateBody", &nested)]),
        "ValidationError: Template format error: Fn::If cannot be used in the Conditions block of the template"
    );
    wire.wait(60);
    assert_eq!(wire.status("chained"), "CREATE_COMPLETE");
}
