//! CloudFormation's quotas, through every call that takes a template.

use serde_json::{Map, Value, json};

use crate::support::Wire;

/// A template with `count` entries in a section, beside its one resource.
fn with(section: &str, count: usize) -> Value {
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    let entry = match section {
        "Resources" => handle.clone(),
        "Parameters" => json!({"Type": "String", "Default": ""}),
        "Outputs" => json!({"Value": "x"}),
        _ => json!({"a": {"b": "c"}}),
    };
    let entries: Map<String, Value> = (0..count).map(|place| (format!("E{place}"), entry.clone())).collect();
    let mut template = json!({"Resources": {"E0": handle}});
    template[section] = Value::Object(entries);
    template
}

/// Refuses `over` in every call, and takes `most`. Templates come by URL: some are larger than a call.
fn quota(most: &Value, over: &Value, text: &str) {
    let wire = Wire::new();
    let message = format!("ValidationError: {text}");
    let url = wire.put("templates", "over", &over.to_string());
    let app = [("StackName", "app"), ("TemplateURL", url.as_str())];
    let set = [app[0], app[1], ("ChangeSetName", "one"), ("ChangeSetType", "CREATE")];
    assert_eq!(wire.refused("CreateStack", &app), message);
    assert_eq!(wire.refused("CreateChangeSet", &set), message);
    assert_eq!(wire.refused("ValidateTemplate", &app[1..]), message);
    let fitting = wire.put("templates", "most", &most.to_string());
    wire.call("ValidateTemplate", &[("TemplateURL", &fitting)]);
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateURL", &fitting)]);
    wire.wait(3_600);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    assert_eq!(wire.refused("UpdateStack", &app), message);
    let parent = |url: &str| {
        json!({"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}}}).to_string()
    };
    wire.call("CreateStack", &[("StackName", "parent"), ("TemplateBody", &parent(&url))]);
    wire.wait(60);
    let lines = wire.lines("parent");
    assert!(lines.contains(&format!("Child CREATE_FAILED {text}")), "{lines:?}");
}

#[test]
fn sections_have_quotas() {
    let text = "Template format error: Number of resources, 501, is greater than maximum allowed, 500";
    quota(&with("Resources", 500), &with("Resources", 501), text);
    for section in ["Parameters", "Outputs", "Mappings"] {
        let text = format!("Template format error: {section} count 201 is greater than max allowed 200");
        quota(&with(section, 200), &with(section, 201), &text);
    }
}

#[test]
fn names_and_descriptions_have_quotas() {
    for (kind, section) in [
        ("Resource", "Resources"),
        ("Parameter", "Parameters"),
        ("Output", "Outputs"),
        ("Mapping", "Mappings"),
    ] {
        let named = |length: usize| {
            let mut template = with(section, 1);
            let entry = template[section]["E0"].clone();
            template[section]["n".repeat(length)] = entry;
            template
        };
        let name = "n".repeat(256);
        let text = format!("Template format error: {kind} name {name} is longer than 255 characters.");
        quota(&named(255), &named(256), &text);
    }
    let described = |length: usize| {
        let mut template = with("Resources", 1);
        // Bytes count, not characters.
        template["Description"] = json!("é".repeat(length / 2));
        template
    };
    let text = "Template format error: 'Description' length is greater than 1024.";
    quota(&described(1_024), &described(1_026), text);
}

#[test]
fn values_of_parameters_have_a_quota() {
    let wire = Wire::new();
    let body = with("Parameters", 1).to_string();
    let value = |length: usize| "v".repeat(length);
    let text = "ValidationError: Parameter 'E0' must be no more than 4096 bytes";
    let (most, over) = (value(4_096), value(4_097));
    let call = |value: &'static str| {
        [("Parameters.member.1.ParameterKey", "E0"), ("Parameters.member.1.ParameterValue", value)]
    };
    let with = |value: String| {
        let given = call(String::leak(value));
        vec![("StackName", "app"), ("TemplateBody", body.as_str()), given[0], given[1]]
    };
    assert_eq!(wire.refused("CreateStack", &with(over.clone())), text);
    let mut set = with(over.clone());
    set.extend([("ChangeSetName", "one"), ("ChangeSetType", "CREATE")]);
    assert_eq!(wire.refused("CreateChangeSet", &set), text);
    wire.call("CreateStack", &with(most));
    wire.wait(60);
    assert_eq!(wire.refused("UpdateStack", &with(over)), text);
}
