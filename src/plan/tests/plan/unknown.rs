//! Values that only CloudFormation can determine are reported as unknown, and are no change.

use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, UnknownReason, Verdict, plan};

use crate::support::{merged, named, table, with};

fn known(values: &[(&str, &str)]) -> PlanOptions {
    let values: std::collections::BTreeMap<String, String> =
        values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    PlanOptions {
        deployed_parameters: Some(values.clone()),
        wanted_parameters: Some(values),
        ..PlanOptions::default()
    }
}

/// Plans a template against itself.
fn unchanged(template: &Value, options: &PlanOptions) -> Plan {
    let plan = plan(Some(template), template, options);
    assert!(plan.is_empty() && plan.steps.is_empty(), "{plan:?}");
    plan
}

fn check(template: &Value, expected: &[&str]) {
    let found: Vec<String> =
        unchanged(template, &known(&[])).unknown.iter().map(ToString::to_string).collect();
    let expected: Vec<String> =
        expected.iter().map(|text| format!("only CloudFormation can know whether {text}")).collect();
    assert_eq!(found, expected, "{template}");
    assert_eq!(plan(None, template, &known(&[])).unknown, [], "nothing of a new stack is unknown");
}

#[test]
fn a_fully_known_template_has_no_unknown_values() {
    check(&named(json!({ "Tags": [{ "Key": "a", "Value": { "Ref": "AWS::Region" } }] })), &[]);
    check(&merged(named(json!({})), json!({ "Transform": "AWS::LanguageExtensions" })), &[]);
}

#[test]
fn values_that_are_looked_up_are_unknown() {
    let tag = |value: Value| named(json!({ "Tags": [{ "Key": "a", "Value": value }] }));
    check(
        &tag(json!("{{resolve:ssm:/a}}-{{resolve:ssm:/b:1}}")),
        &["`T/Properties/Tags/0/Value` changes: `{{resolve:ssm:/a}}` names no version"],
    );
    check(&tag(json!("{{resolve:ssm:/b:1}}")), &[]);
    check(
        &tag(json!({ "Fn::Sub": "{{resolve:secretsmanager:${AWS::StackName}}}-x" })),
        &[
            "`T/Properties/Tags/0/Value/Fn::Sub` changes: `{{resolve:secretsmanager:${AWS::StackName}}` names no version",
        ],
    );
    check(
        &tag(json!({ "Fn::GetStackOutput": { "StackName": "s", "OutputName": "o" } })),
        &["`T/Properties/Tags/0/Value` changes: it reads the output of another stack"],
    );
}

#[test]
fn parameters_of_the_store_are_unknown_where_they_are_used() {
    let declared = json!({ "Parameters": {
        "Key": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/key" },
        "Unused": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/unused" },
        "Name": { "Type": "AWS::SSM::Parameter::Name", "Default": "/name" },
    } });
    let template =
        merged(named(json!({ "Tags": [{ "Key": { "Ref": "Name" }, "Value": { "Ref": "Key" } }] })), declared);
    check(&template, &["`Parameters/Key` changes: its value is that of the SSM parameter `/key`"]);
}

#[test]
fn macros_and_nested_templates_are_unknown() {
    let include =
        json!({ "Fn::Transform": { "Name": "AWS::Include", "Parameters": { "Location": "s3://b/k" } } });
    check(
        &named(json!({ "Tags": include })),
        &["`T/Properties/Tags` changes: the macro `AWS::Include` can return anything"],
    );
    let beside = merged(json!({ "StreamSpecification": { "StreamViewType": "KEYS_ONLY" } }), include.clone());
    check(&named(beside), &["`T/Properties` changes: the macro `AWS::Include` can return anything"]);
    check(
        &merged(named(json!({})), json!({ "Transform": ["AWS::LanguageExtensions", "Mine"] })),
        &["`Transform` changes: the macro `Mine` can return anything"],
    );
    for kind in ["AWS::CloudFormation::Stack", "AWS::Serverless::Application", "My::Own::Table::MODULE"] {
        let template = with(&table(json!({})), "/Resources/Child", json!({ "Type": kind }));
        check(&template, &["`Child` changes: the template behind its name may be another one"]);
    }
}

#[test]
fn characters_that_cloudformation_does_not_return_are_unknown() {
    let wanted = named(json!({
        "AttributeDefinitions": [{ "AttributeName": "größe", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "größe", "KeyType": "HASH" }],
    }));
    let deployed: Value = serde_json::from_str(&wanted.to_string().replace(['ö', 'ß'], "?")).unwrap();
    let same = plan(Some(&deployed), &wanted, &PlanOptions::default());
    assert!(same.is_empty(), "{same:?}");
    assert!(same.unknown.iter().all(|unknown| unknown.reason == UnknownReason::NonAscii));
    assert_eq!(same.unknown[0].logical_id, "T");
    assert!(!same.unknown.is_empty());
    // What was sent in ASCII is a question mark.
    let back = plan(Some(&wanted), &deployed, &PlanOptions::default());
    assert!(back.is_stopped(), "{back:?}");
}

#[test]
fn unknown_values_beside_a_change_are_said_too() {
    let deployed = named(json!({ "Tags": [{ "Key": "a", "Value": "{{resolve:ssm:/a}}" }] }));
    let wanted = with(&deployed, "/Resources/T/Properties/TableClass", json!("STANDARD_INFREQUENT_ACCESS"));
    let plan = plan(Some(&deployed), &wanted, &PlanOptions::default());
    assert_eq!((plan.changes.len(), plan.unknown.len(), plan.steps.len()), (1, 1, 1));
}

#[test]
fn changes_under_a_macro_cannot_be_judged() {
    let template = |transform: Value, tag: &str| {
        let tagged = named(json!({ "Tags": [{ "Key": "a", "Value": tag }] }));
        with(&tagged, "/Transform", transform)
    };
    for (transform, verdict) in [
        (json!("My::Macro"), Verdict::InPlaceWithRisk),
        (json!(["AWS::Serverless-2016-10-31", "My::Macro"]), Verdict::InPlaceWithRisk),
        (
            json!({ "Name": "AWS::Include", "Parameters": { "Location": "s3://b/k" } }),
            Verdict::InPlaceWithRisk,
        ),
        (json!("AWS::Serverless-2016-10-31"), Verdict::InPlace),
        (json!(["AWS::LanguageExtensions"]), Verdict::InPlace),
        (json!(null), Verdict::InPlace),
    ] {
        let (before, after) = (template(transform.clone(), "1"), template(transform.clone(), "2"));
        let changed = plan(Some(&before), &after, &PlanOptions::default());
        assert_eq!(changed.verdict(), verdict, "{transform}: {:?}", changed.changes);
        assert_eq!(changed.steps.len(), 1, "{transform}");
        // Where no change set will tell, it stops.
        let reported = plan(Some(&before), &after, &report());
        let expected = if verdict == Verdict::InPlaceWithRisk { Verdict::Refused } else { verdict };
        assert_eq!(reported.verdict(), expected, "{transform}: {:?}", reported.changes);
        assert!(plan(Some(&before), &before, &report()).is_empty(), "{transform}");
    }
}

fn report() -> PlanOptions {
    PlanOptions { report_only: true, ..PlanOptions::default() }
}

#[test]
fn what_a_macro_gets_is_not_nothing() {
    let verdict = |before: &Value, after: &Value| plan(Some(before), after, &report()).verdict();
    let under = |transform: Value| with(&named(json!({})), "/Transform", transform);
    let none = || json!(null);
    for (before, after, expected) in [
        (none(), json!("M"), Verdict::Refused),
        (json!("M"), none(), Verdict::Refused),
        (json!(["A", "B"]), json!(["B", "A"]), Verdict::Refused),
        (
            json!({ "Name": "M", "Parameters": { "a": 1 } }),
            json!({ "Name": "M", "Parameters": { "a": 2 } }),
            Verdict::Refused,
        ),
        (none(), json!("AWS::LanguageExtensions"), Verdict::None),
        (json!(["AWS::LanguageExtensions", "M"]), json!("M"), Verdict::None),
        (none(), json!("AWS::Serverless-2016-10-31"), Verdict::InPlaceWithRisk),
    ] {
        assert_eq!(verdict(&under(before.clone()), &under(after.clone())), expected, "{before} → {after}");
    }
    // A parameter that nothing else reads, and a text that no resource has.
    let parameter = |default: &str| {
        with(&under(json!("M")), "/Parameters", json!({ "P": { "Type": "String", "Default": default } }))
    };
    assert_eq!(verdict(&parameter("a"), &parameter("b")), Verdict::Refused);
    let described = |text: &str| with(&under(json!("M")), "/Description", json!(text));
    assert_eq!(verdict(&described("a"), &described("b")), Verdict::Refused);
    // An include in a resource.
    let including = |location: Value| {
        let include = json!({ "Name": "AWS::Include", "Parameters": { "Location": location } });
        with(&named(json!({})), "/Resources/T/Properties/Fn::Transform", include)
    };
    assert_eq!(verdict(&named(json!({})), &including(json!("s3://b/k"))), Verdict::Refused);
    assert_eq!(verdict(&including(json!("s3://b/k")), &including(json!("s3://b/l"))), Verdict::Refused);
    let tags = |value: Value| named(json!({ "Tags": value }));
    let included = tags(json!({ "Fn::Transform": { "Name": "M" } }));
    assert_eq!(verdict(&tags(json!([{ "Key": "a", "Value": "b" }])), &included), Verdict::Refused);
}
