//! Stack policies, roles, capabilities, and values of the parameter store: what AWS wants to see before and during.

use serde_json::{Value, json};
use tablewright_sandbox::Faults;

use crate::support::{Wire, notes};

const ALLOW: &str = r#"{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}"#;

fn policy(action: &str) -> String {
    format!(
        r#"{{"Statement":[{{"Effect":"Deny","Action":"{action}","Principal":"*","Resource":"*","Condition":{{"StringEquals":{{"ResourceType":["AWS::DynamoDB::Table"]}}}}}},{ALLOW}]}}"#
    )
}

fn protected(action: &str) -> Wire {
    let wire = Wire::new();
    let body = notes(|template| template["Resources"]["P"] = parameter("1"));
    wire.call(
        "CreateStack",
        &[("StackName", "app"), ("TemplateBody", &body), ("StackPolicyBody", &policy(action))],
    );
    wire.wait(60);
    wire
}

fn parameter(value: &str) -> Value {
    json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value}})
}

fn update(wire: &Wire, body: &str, more: &[(&str, &str)]) -> Vec<String> {
    let before = wire.lines("app").len();
    let mut parameters = vec![("StackName", "app"), ("TemplateBody", body)];
    parameters.extend(more);
    wire.call("UpdateStack", &parameters);
    wire.wait(90);
    wire.lines("app")[before..].to_vec()
}

#[test]
fn a_policy_stops_what_it_denies() {
    let renamed = notes(|template| {
        template["Resources"]["P"] = parameter("2");
        template["Resources"]["Notes"]["Properties"]["TableName"] = json!("others");
    });
    let wire = protected("Update:Replace");
    let lines = update(&wire, &renamed, &[]);
    let denied = "Notes UPDATE_FAILED Action denied by stack policy: Statement [#1] does not allow [Update:Replace] for resource \
                  [LogicalResourceId/Notes];";
    assert!(lines.contains(&denied.to_owned()), "{lines:#?}");
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    // What was not done is not undone.
    assert!(!lines.contains(&"Notes UPDATE_IN_PROGRESS".to_owned()), "{lines:#?}");

    // A policy for this time only lets it through, and the stack's own stays.
    let during = format!(r#"{{"Statement":[{ALLOW}]}}"#);
    update(&wire, &renamed, &[("StackPolicyDuringUpdateBody", &during)]);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    let kept = wire.call("GetStackPolicy", &[("StackName", "app")]);
    assert_eq!(kept["StackPolicyBody"], policy("Update:Replace").as_str());
}

#[test]
fn a_policy_stops_deletions_and_modifications() {
    let wire = protected("Update:Delete");
    let lines = update(&wire, &json!({"Resources": {"P": parameter("1")}}).to_string(), &[]);
    assert!(lines.iter().any(|line| line.contains("does not allow [Update:Delete]")), "{lines:#?}");
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    let (_, table) = wire.dynamodb("DescribeTable", &json!({"TableName": "notes"}));
    assert_eq!(table["Table"]["TableStatus"], "ACTIVE");

    let wire = protected("Update:Modify");
    let streamed = notes(|template| {
        template["Resources"]["P"] = parameter("2");
        template["Resources"]["Notes"]["Properties"]["StreamSpecification"] =
            json!({"StreamViewType": "KEYS_ONLY"});
    });
    let lines = update(&wire, &streamed, &[]);
    assert!(lines.iter().any(|line| line.contains("does not allow [Update:Modify]")), "{lines:#?}");
    // A change set meets the same policy when it is executed.
    let (status, id) = wire.set("app", "one", &streamed, &[]);
    assert_eq!(status, "CREATE_COMPLETE");
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    // An empty policy takes it away.
    wire.call("SetStackPolicy", &[("StackName", "app"), ("StackPolicyBody", "{}")]);
    update(&wire, &streamed, &[]);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
}

#[test]
fn policies_come_from_addresses_too() {
    let wire = protected("Update:Replace");
    let url = wire.put("artifacts", "policy", &policy("Update:Delete"));
    wire.call("SetStackPolicy", &[("StackName", "app"), ("StackPolicyURL", &url)]);
    let kept = wire.call("GetStackPolicy", &[("StackName", "app")]);
    assert_eq!(kept["StackPolicyBody"], policy("Update:Delete").as_str());
    let bad = wire.put("artifacts", "bad", r#"{"Statement":[{"Effect":"Deny"}]}"#);
    let refusal = wire.refused("SetStackPolicy", &[("StackName", "app"), ("StackPolicyURL", &bad)]);
    assert_eq!(refusal, "ValidationError: Error validating stack policy: Invalid stack policy");
    let both = [
        ("StackName", "app"),
        ("TemplateBody", "{}"),
        ("StackPolicyDuringUpdateBody", "{}"),
        ("StackPolicyDuringUpdateURL", &url),
    ];
    assert!(!wire.refused("UpdateStack", &both).is_empty());
}

fn role(service: &str) -> Value {
    json!({"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}},
    ]}}})
}

#[test]
fn iam_resources_demand_capabilities() {
    let wire = Wire::new();
    let bare = json!({"Resources": {"R": role("lambda.amazonaws.com")}}).to_string();
    let mut named = json!({"Resources": {"R": role("lambda.amazonaws.com")}});
    named["Resources"]["R"]["Properties"]["RoleName"] = json!("worker");
    let named = named.to_string();
    let check = |body: &str, given: &str, expected: Option<&str>| {
        let set = [
            ("StackName", "app"),
            ("ChangeSetName", "x"),
            ("ChangeSetType", "CREATE"),
            ("TemplateBody", body),
            ("Capabilities.member.1", given),
        ];
        match expected {
            Some(missing) => assert_eq!(
                wire.refused("CreateChangeSet", &set),
                format!("InsufficientCapabilitiesException: Requires capabilities : [{missing}]")
            ),
            None => {
                wire.call("CreateChangeSet", &set);
                wire.call("DeleteChangeSet", &set[..2]);
            }
        }
    };
    check(&bare, "CAPABILITY_AUTO_EXPAND", Some("CAPABILITY_IAM"));
    check(&named, "CAPABILITY_IAM", Some("CAPABILITY_NAMED_IAM"));
    check(&bare, "CAPABILITY_IAM", None);
    check(&bare, "CAPABILITY_NAMED_IAM", None);
    check(&named, "CAPABILITY_NAMED_IAM", None);
    for action in ["ValidateTemplate", "GetTemplateSummary"] {
        let answer = wire.call(action, &[("TemplateBody", &named)]);
        assert_eq!(answer["Capabilities"][0], "CAPABILITY_NAMED_IAM");
        assert_eq!(
            answer["CapabilitiesReason"],
            "The following resource(s) require capabilities: [AWS::IAM::Role]"
        );
    }
}

#[test]
fn roles_have_to_trust_cloudformation() {
    let wire = Wire::new();
    let mut body = json!({"Resources": {"Worker": role("lambda.amazonaws.com"), "Deployer": role("cloudformation.amazonaws.com")}});
    body["Resources"]["Worker"]["Properties"]["RoleName"] = json!("worker");
    body["Resources"]["Deployer"]["Properties"]["RoleName"] = json!("deployer");
    wire.call(
        "CreateStack",
        &[
            ("StackName", "iam"),
            ("TemplateBody", &body.to_string()),
            ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ],
    );
    wire.wait(30);
    let template = json!({"Resources": {"P": parameter("1")}}).to_string();
    let arn = |name: &str| format!("arn:aws:iam::000000000000:role/{name}");
    let refused = |role: &str| {
        wire.refused("CreateStack", &[("StackName", "app"), ("TemplateBody", &template), ("RoleARN", role)])
    };
    assert_eq!(
        refused(&arn("worker")),
        format!("ValidationError: Role {} is invalid or cannot be assumed", arn("worker"))
    );
    assert!(refused("deployer").contains("is invalid or cannot be assumed"));
    wire.sandbox.set_faults(Faults { refused_roles: vec!["deployer".into()], ..Faults::default() }).unwrap();
    assert!(refused(&arn("deployer")).contains("is invalid or cannot be assumed"));
    wire.sandbox.set_faults(Faults::default()).unwrap();
    wire.call(
        "CreateStack",
        &[("StackName", "app"), ("TemplateBody", &template), ("RoleARN", &arn("deployer"))],
    );
    wire.wait(30);
    assert_eq!(wire.stack("app")["RoleARN"], arn("deployer").as_str());
}

#[test]
fn values_come_from_the_parameter_store() {
    let wire = Wire::new();
    let mut stored = parameter("a value");
    stored["Properties"]["Name"] = json!("/app/value");
    let mut list = parameter("x,y");
    list["Properties"]["Name"] = json!("/app/list");
    list["Properties"]["Type"] = json!("StringList");
    let first = json!({"Resources": {"V": stored, "L": list}});
    wire.call("CreateStack", &[("StackName", "values"), ("TemplateBody", &first.to_string())]);
    wire.wait(30);
    let body = json!({
        "Parameters": {
            "V": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/app/value"},
            "L": {"Type": "AWS::SSM::Parameter::Value<List<String>>", "Default": "/app/list"},
            "N": {"Type": "AWS::SSM::Parameter::Name", "Default": "/app/value"},
        },
        "Resources": {
            "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "a", "Value": {"Ref": "V"}}},
            "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "b", "Value": "{{resolve:ssm:/app/value}}!"}},
        },
        "Outputs": {
            "Second": {"Value": {"Fn::Select": ["1", {"Ref": "L"}]}},
            "Name": {"Value": {"Ref": "N"}},
            "A": {"Value": {"Fn::GetAtt": ["A", "Value"]}},
            "B": {"Value": {"Fn::GetAtt": ["B", "Value"]}},
            "Z": {"Value": {"Fn::Base64": "foo"}},
        },
    });
    let create = |body: &Value| {
        wire.cloudformation(
            "CreateStack",
            &[("StackName".into(), "app".into()), ("TemplateBody".into(), body.to_string())],
        )
    };
    assert_eq!(create(&body).0, 200);
    wire.wait(30);
    let stack = wire.stack("app");
    let outputs: Vec<&str> =
        stack["Outputs"].as_array().unwrap().iter().map(|one| one["OutputValue"].as_str().unwrap()).collect();
    assert_eq!(outputs, ["a value", "a value!", "/app/value", "y", "Zm9v"]);
    assert_eq!(stack["Parameters"][2]["ParameterValue"], "/app/value");
    assert_eq!(stack["Parameters"][2]["ResolvedValue"], "a value");
    // A dynamic reference stays as it is written wherever the template is shown.
    let properties = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].to_string();
    assert!(properties.contains("{{resolve:ssm:/app/value}}!"), "{properties}");

    let mut gone = body.clone();
    gone["Parameters"]["V"]["Default"] = json!("/app/none");
    let (status, answer) = create(&gone);
    assert_eq!(status, 400);
    assert!(answer["Error"]["Message"].as_str().unwrap().contains("already exists"));
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(30);
    let (_, answer) = create(&gone);
    let missing = "Unable to fetch parameters [/app/none] from parameter store for this account.";
    assert_eq!(answer["Error"]["Message"], missing);
    let mut other = body.clone();
    other["Resources"]["B"]["Properties"] = json!({"Type": "String", "Value": "{{resolve:ssm:/app/none}}"});
    other["Resources"].as_object_mut().unwrap().remove("A");
    other["Outputs"].as_object_mut().unwrap().remove("A");
    wire.call("CreateStack", &[("StackName", "other"), ("TemplateBody", &other.to_string())]);
    wire.wait(30);
    assert!(
        wire.lines("other").contains(
            &"B CREATE_FAILED Unable to fetch parameters [/app/none] from parameter store for this account."
                .to_owned()
        )
    );
}
