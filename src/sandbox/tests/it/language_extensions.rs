//! Functions in the policies of resources, which the transform `AWS::LanguageExtensions` allows.

use serde_json::{Value, json};

use crate::support::Wire;

fn template(policy: &Value) -> Value {
    json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Policy": {"Type": "String", "Default": "Retain"}},
        "Conditions": {"Keeps": {"Fn::Equals": [{"Ref": "Policy"}, "Retain"]}},
        "Resources": {
            "P": {"Type": "AWS::SSM::Parameter", "DeletionPolicy": policy, "UpdateReplacePolicy": policy, "Properties": {
                "Type": "String", "Name": "kept", "Value": "x",
            }},
            "H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        },
    })
}

const EXPAND: (&str, &str) = ("Capabilities.member.1", "CAPABILITY_AUTO_EXPAND");

fn with(value: &str) -> [(&'static str, &str); 2] {
    [("Parameters.member.1.ParameterKey", "Policy"), ("Parameters.member.1.ParameterValue", value)]
}

#[test]
fn policies_are_worked_out_from_parameters() {
    let policies = [
        json!({"Ref": "Policy"}),
        json!({"Fn::If": ["Keeps", "Retain", "Delete"]}),
        json!({"Fn::Sub": "${Policy}"}),
    ];
    for policy in policies {
        for (value, ending) in [("Retain", "P DELETE_SKIPPED"), ("Delete", "P DELETE_COMPLETE")] {
            let wire = Wire::new();
            let body = template(&policy).to_string();
            let mut call = vec![("StackName", "app"), ("TemplateBody", body.as_str())];
            call.extend(with(value));
            // The capability is for CreateStack and UpdateStack only.
            let mut set = vec![("ChangeSetType", "CREATE")];
            set.extend(with(value));
            assert_eq!(wire.set("app", "one", &body, &set).0, "CREATE_COMPLETE", "{policy}");
            assert_eq!(
                wire.refused("CreateStack", &call),
                "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_AUTO_EXPAND]"
            );
            call.push(EXPAND);
            wire.call("CreateStack", &call);
            wire.wait(60);
            let original = wire.call("GetTemplate", &[("StackName", "app"), ("TemplateStage", "Original")]);
            assert_eq!(original["TemplateBody"], body.as_str());
            let processed = wire.call("GetTemplate", &[("StackName", "app"), ("TemplateStage", "Processed")]);
            let processed: Value = serde_json::from_str(processed["TemplateBody"].as_str().unwrap()).unwrap();
            assert_eq!(processed["Resources"]["P"]["DeletionPolicy"], value);
            assert_eq!(processed.get("Transform"), None);
            // The removal of the resource follows the policy.
            let mut without = template(&policy);
            without["Resources"].as_object_mut().unwrap().remove("P");
            let (status, id) = wire.set("app", "two", &without.to_string(), &with(value));
            assert_eq!(status, "CREATE_COMPLETE");
            assert_eq!(wire.change(&id, "P")["PolicyAction"], value);
            wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
            wire.wait(60);
            assert!(
                wire.lines("app").contains(&ending.to_owned()),
                "{policy} {value}: {:?}",
                wire.lines("app")
            );
        }
    }
}

#[test]
fn what_the_extensions_do_not_allow_is_refused() {
    let wire = Wire::new();
    let refused = |template: &Value, text: &str| {
        let body = template.to_string();
        let call = [("StackName", "app"), ("TemplateBody", body.as_str()), EXPAND];
        assert_eq!(wire.refused("CreateStack", &call), format!("ValidationError: {text}"));
    };
    let mut plain = template(&json!({"Ref": "Policy"}));
    plain.as_object_mut().unwrap().remove("Transform");
    refused(&plain, "Template format error: Every DeletionPolicy member must be a string.");
    let mut odd = template(&json!({"Ref": "Policy"}));
    odd["Parameters"]["Policy"]["Default"] = json!("Keep");
    refused(&odd, "Template format error: Unrecognized DeletionPolicy Keep for resource P");
    let mut macros = template(&json!("Retain"));
    macros["Transform"] = json!(["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]);
    refused(&macros, "tablewright's sandbox does not model the Transform AWS::Serverless-2016-10-31");
    let mut each = template(&json!("Retain"));
    each["Resources"]["Fn::ForEach::All"] = json!(["X", ["a"], {}]);
    refused(&each, "tablewright's sandbox does not model Fn::ForEach::All");
}

#[test]
fn the_transform_is_declared() {
    let wire = Wire::new();
    let body = template(&json!("Retain")).to_string();
    for action in ["ValidateTemplate", "GetTemplateSummary"] {
        let answer = wire.call(action, &[("TemplateBody", &body)]);
        assert_eq!(answer["DeclaredTransforms"], json!(["AWS::LanguageExtensions"]), "{action}");
    }
}
