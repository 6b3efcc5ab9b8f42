//! Parameters: their types, their constraints and the rules about them, through every call that takes values.

use serde_json::{Value, json};

use crate::support::Wire;

/// A template with one parameter, whose value ends up in the store.
fn template(declaration: &Value) -> Value {
    let is_list = declaration["Type"].as_str().is_some_and(|kind| kind.contains("List"));
    let reference = json!({"Ref": "Value"});
    let value = if is_list { json!({"Fn::Join": ["|", reference]}) } else { reference };
    json!({
        "Parameters": {"Value": declaration},
        "Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "p", "Value": value}}},
    })
}

fn given(value: &str) -> [(&'static str, &str); 2] {
    [("Parameters.member.1.ParameterKey", "Value"), ("Parameters.member.1.ParameterValue", value)]
}

/// Checks what the stack gets from a value.
fn accepted(declaration: &Value, value: &str, expected: &str) {
    let wire = Wire::new();
    let body = template(declaration).to_string();
    let mut call = vec![("StackName", "app"), ("TemplateBody", body.as_str())];
    call.extend(given(value));
    wire.call("CreateStack", &call);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE", "{declaration} {value}");
    let events = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].to_string();
    assert!(events.contains(&format!("\\\"Value\\\":\\\"{expected}\\\"")), "{declaration} {value}: {events}");
}

/// Checks the refusal of a value by every call that brings one.
fn refused(declaration: &Value, value: &str, message: &str) {
    let wire = Wire::new();
    let body = template(declaration).to_string();
    let message = format!("ValidationError: {message}");
    let new = [("StackName", "new"), ("TemplateBody", body.as_str())];
    let call = |call: &[(&'static str, &'static str)]| -> Vec<(String, String)> {
        let all = call.iter().map(|(name, value)| (*name, *value)).chain(new).chain(given(value));
        all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let check = |action: &str, more: &[(&'static str, &'static str)]| {
        let owned = call(more);
        let borrowed: Vec<(&str, &str)> = owned.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(wire.refused(action, &borrowed), message, "{action}");
    };
    check("CreateStack", &[]);
    check("CreateChangeSet", &[("ChangeSetName", "one"), ("ChangeSetType", "CREATE")]);
    let simple = template(&json!({"Type": "String"})).to_string();
    let mut create = vec![("StackName", "new"), ("TemplateBody", simple.as_str())];
    create.extend(given("x"));
    wire.call("CreateStack", &create);
    wire.wait(60);
    check("UpdateStack", &[]);
    check("CreateChangeSet", &[("ChangeSetName", "two")]);
    // ... and by the parent of a nested stack.
    let url = wire.put("artifacts", "inner", &body);
    let parent = json!({"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {
        "TemplateURL": url, "Parameters": {"Value": value},
    }}}});
    wire.call("CreateStack", &[("StackName", "parent"), ("TemplateBody", &parent.to_string())]);
    wire.wait(60);
    let text = message.trim_start_matches("ValidationError: ");
    let lines = wire.lines("parent");
    assert!(lines.contains(&format!("Child CREATE_FAILED {text}")), "{lines:?}");
}

#[test]
fn values_have_a_type() {
    accepted(&json!({"Type": "List<String>"}), "a, b", "a|b");
    accepted(&json!({"Type": "List<Number>"}), "1, 2", "1|2");
    accepted(&json!({"Type": "AWS::EC2::VPC::Id"}), "vpc-0a1b2c3d", "vpc-0a1b2c3d");
    accepted(
        &json!({"Type": "List<AWS::EC2::Subnet::Id>"}),
        "subnet-0a1b2c3d,subnet-0a1b2c3e",
        "subnet-0a1b2c3d|subnet-0a1b2c3e",
    );
    let missing = "Parameter validation failed: parameter value none for parameter name Value does not exist";
    refused(&json!({"Type": "AWS::EC2::VPC::Id"}), "none", missing);
    refused(&json!({"Type": "List<AWS::EC2::Subnet::Id>"}), "subnet-0a1b2c3d,none", missing);
    refused(
        &json!({"Type": "List<Text>"}),
        "a",
        "Template format error: Unrecognized parameter type: List<Text>",
    );
    refused(
        &json!({"Type": "AWS::Nothing"}),
        "a",
        "Template format error: Unrecognized parameter type: AWS::Nothing",
    );
    refused(&json!({"Type": "List<Number>"}), "1,x", "Parameter 'Value' must be a list of numbers.");
}

#[test]
fn values_match_a_pattern() {
    let stage = json!({"Type": "String", "AllowedPattern": "[a-z]+"});
    accepted(&stage, "prod", "prod");
    for odd in ["PROD", "prod1", "1prod", "a\nb"] {
        refused(&stage, odd, "Parameter 'Value' must match pattern [a-z]+");
    }
    let list = json!({"Type": "CommaDelimitedList", "AllowedPattern": "a|bc"});
    accepted(&list, "a, bc", "a|bc");
    refused(&list, "a,ac", "Parameter 'Value' must match pattern a|bc");
    refused(
        &json!({"Type": "String", "AllowedPattern": "(?!x)y"}),
        "y",
        "tablewright's sandbox does not model the AllowedPattern (?!x)y (parameter Value)",
    );
}

#[test]
fn a_description_takes_the_place_of_a_constraint() {
    let described = |constraint: &Value| {
        let mut declaration = json!({"Type": "String", "ConstraintDescription": "must be good"});
        declaration.as_object_mut().unwrap().extend(constraint.as_object().unwrap().clone());
        declaration
    };
    let text = "Parameter Value failed to satisfy constraint: must be good";
    refused(&described(&json!({"AllowedPattern": "good"})), "bad", text);
    refused(&described(&json!({"AllowedValues": ["good"]})), "bad", text);
    refused(&described(&json!({"MaxLength": 2})), "bad", text);
    refused(&described(&json!({"Type": "Number", "MaxValue": 2})), "3", text);
    refused(&described(&json!({"Type": "Number"})), "x", "Parameter 'Value' must be a number.");
    accepted(&described(&json!({"AllowedValues": ["good"]})), "good", "good");
}

#[test]
fn rules_hold_before_anything_begins() {
    let with = |rule: &Value| {
        let mut declaration = template(&json!({"Type": "String"}));
        declaration["Rules"] = json!({ "Rule": rule });
        declaration.to_string()
    };
    let check = |rule: &Value, value: &str, expected: Result<(), &str>| {
        let wire = Wire::new();
        let body = with(rule);
        let mut call = vec![("StackName", "app"), ("TemplateBody", body.as_str())];
        call.extend(given(value));
        let mut set = call.clone();
        set.extend([("ChangeSetName", "one"), ("ChangeSetType", "CREATE")]);
        match expected {
            Ok(()) => {
                wire.call("CreateChangeSet", &set);
                wire.call("CreateStack", &call);
            }
            Err(text) => {
                assert_eq!(wire.refused("CreateChangeSet", &set), format!("ValidationError: {text}"));
                assert_eq!(wire.refused("CreateStack", &call), format!("ValidationError: {text}"));
                // No stack is left behind.
                wire.refused("DescribeStacks", &[("StackName", "app")]);
            }
        }
    };
    let value = json!({"Ref": "Value"});
    let assert = |test: Value| json!({"Assertions": [{"Assert": test, "AssertDescription": "not so"}]});
    let failed = Err("Template error: assertion of rule Rule failed: not so");
    let contains = json!({"Fn::Contains": [["a", "b"], value]});
    check(&assert(contains.clone()), "a", Ok(()));
    check(&assert(contains.clone()), "c", failed);
    check(&assert(json!({"Fn::Not": [contains]})), "a", failed);
    check(&assert(json!({"Fn::Equals": [value, "a"]})), "b", failed);
    check(&assert(json!({"Fn::EachMemberIn": [[value, "x"], ["x", "y"]]})), "y", Ok(()));
    check(&assert(json!({"Fn::EachMemberIn": [[value, "x"], ["x", "y"]]})), "z", failed);
    check(&assert(json!({"Fn::EachMemberEquals": [[value, "x"], "x"]})), "y", failed);
    check(&assert(json!({"Fn::EachMemberEquals": [{"Fn::RefAll": "String"}, "y"]})), "y", Ok(()));
    let both = |how: &str| json!({how: [{"Fn::Equals": [value, "a"]}, {"Fn::Equals": ["a", "a"]}]});
    check(&assert(both("Fn::And")), "b", failed);
    check(&assert(both("Fn::Or")), "b", Ok(()));
    // A rule whose condition does not hold asserts nothing.
    let mut when = assert(json!({"Fn::Equals": ["a", "b"]}));
    when["RuleCondition"] = json!({"Fn::Equals": [value, "prod"]});
    check(&when, "dev", Ok(()));
    check(&when, "prod", failed);
    let sub = assert(json!({"Fn::Equals": [{"Fn::Sub": "${Value}"}, "a"]}));
    let text = "Template format error: Following functions are not supported in the Rules block of the template: [Fn::Sub]";
    check(&sub, "a", Err(text));
    let resource = assert(json!({"Fn::Equals": [{"Ref": "P"}, "a"]}));
    let text = "Template format error: Unresolved dependencies [P]. Cannot reference resources in the Rules block of the template";
    check(&resource, "a", Err(text));
    check(
        &json!({"Assertions": []}),
        "a",
        Err("Template format error: Rule Rule must have a list of Assertions."),
    );
    check(
        &assert(json!({"Fn::Equals": [{"Fn::ValueOf": ["Value", "x"]}, "a"]})),
        "a",
        Err("tablewright's sandbox does not model Fn::ValueOf in a rule"),
    );
}

#[test]
fn rules_hold_in_updates() {
    let wire = Wire::new();
    let mut with = template(&json!({"Type": "String"}));
    with["Rules"] = json!({"R": {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "Value"}, "a"]}, "AssertDescription": "no"}]}});
    let body = with.to_string();
    let call = |value| {
        let mut call = vec![("StackName", "app"), ("TemplateBody", body.as_str())];
        call.extend(given(value));
        call
    };
    wire.call("CreateStack", &call("a"));
    wire.wait(60);
    let text = "ValidationError: Template error: assertion of rule R failed: no";
    assert_eq!(wire.refused("UpdateStack", &call("b")), text);
    let mut set = call("b");
    set.push(("ChangeSetName", "one"));
    assert_eq!(wire.refused("CreateChangeSet", &set), text);
}
