//! Nested stacks are planned to any depth if their templates are known.

use serde_json::{Value, json};
use tablewright_plan::{NestedStack, Plan, PlanOptions, Verdict, plan};

use crate::support::{attributes, index, key, lines, resource, table, with};

/// A template with a nested stack, `Child`.
fn parent(url: &str) -> Value {
    json!({ "Resources": { "Child": {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": { "TemplateURL": url },
    } } })
}

fn nested(deployed: Option<Value>, wanted: Option<Value>) -> PlanOptions {
    let child = NestedStack { deployed, wanted, options: PlanOptions::default() };
    PlanOptions { nested: [("Child".to_owned(), child)].into(), ..PlanOptions::default() }
}

/// Plans a parent whose nested stack gets another template.
fn planned(deployed: &Value, wanted: &Value) -> Plan {
    let options = nested(Some(deployed.clone()), Some(wanted.clone()));
    plan(Some(&parent("a")), &parent("b"), &options)
}

#[test]
fn data_loss_in_a_nested_stack_refuses_the_parent() {
    let child = table(json!({}));
    let gone = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
    let rekeyed =
        table(json!({ "AttributeDefinitions": attributes(&["other"]), "KeySchema": key(&["other"]) }));
    let renamed = table(json!({ "TableName": "other" }));
    for (wanted, expected) in [
        (&gone, "remove Child/T: data-loss"),
        (&rekeyed, "modify Child/T/Properties/KeySchema: data-loss"),
        (&renamed, "add Child/T/Properties/TableName: data-loss"),
    ] {
        let plan = planned(&child, wanted);
        assert!(lines(&plan).iter().any(|line| line == expected), "{:?}", lines(&plan));
        assert!(plan.is_stopped());
    }
    // The same URL with another content, while only a tag of the parent changes.
    let tagged =
        with(&parent("a"), "/Resources/Child/Properties/Tags", json!([{ "Key": "a", "Value": "b" }]));
    let options = nested(Some(child.clone()), Some(gone.clone()));
    assert_eq!(plan(Some(&parent("a")), &tagged, &options).verdict(), Verdict::DataLoss);
    // And with no change of the parent at all.
    let content = plan(Some(&parent("a")), &parent("a"), &options);
    assert!(content.is_stopped());

    let consent =
        PlanOptions { allow: [("Child/T".to_owned(), Verdict::DataLoss)].into(), ..options.clone() };
    let consented = plan(Some(&parent("a")), &parent("a"), &consent);
    assert_eq!(consented.verdict(), Verdict::DataLoss);
    assert_eq!(consented.steps.len(), 1);
    assert_eq!(consented.steps[0].template, parent("a"));
    let other = PlanOptions { allow: [("T".to_owned(), Verdict::DataLoss)].into(), ..options };
    assert!(plan(Some(&parent("a")), &parent("a"), &other).is_stopped());
}

#[test]
fn a_harmless_change_inside_is_no_risk() {
    let child = table(json!({}));
    let tagged = table(json!({ "Tags": [{ "Key": "a", "Value": "b" }] }));
    let plan = planned(&child, &tagged);
    assert_eq!(
        lines(&plan),
        ["modify Child/Properties/TemplateURL: in-place", "add Child/T/Properties/Tags/0: in-place"]
    );
    assert!(plan.changes[0].why.contains("`Child/…`"));
    assert_eq!(plan.unknown, []);
    let same = planned(&child, &child);
    assert_eq!(lines(&same), ["modify Child/Properties/TemplateURL: in-place"]);
}

#[test]
fn a_removed_nested_stack_has_the_verdict_of_its_resources() {
    let without = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
    let with_topic = with(&parent("a"), "/Resources/Topic", json!({ "Type": "AWS::SNS::Topic" }));
    let verdict =
        |deployed: Option<Value>| plan(Some(&with_topic), &without, &nested(deployed, None)).verdict();
    assert_eq!(verdict(None), Verdict::DataLoss);
    assert_eq!(verdict(Some(table(json!({})))), Verdict::DataLoss);
    assert!(verdict(Some(without.clone())) < Verdict::Refused);
    let retained = with(&table(json!({})), "/Resources/T/DeletionPolicy", json!("Retain"));
    assert_eq!(verdict(Some(retained)), Verdict::ReplacementKept);
}

#[test]
fn several_steps_inside_are_refused() {
    let indexed = |names: &[&str]| {
        let mut all = vec!["pk"];
        all.extend(names);
        let indexes: Value = names.iter().map(|name| index(name, &[name])).collect();
        let over = if names.is_empty() { Value::Null } else { indexes };
        table(json!({ "AttributeDefinitions": attributes(&all), "GlobalSecondaryIndexes": over }))
    };
    let one = planned(&indexed(&[]), &indexed(&["a"]));
    assert_eq!((one.verdict(), one.steps.len()), (Verdict::InPlace, 1));
    let two = planned(&indexed(&[]), &indexed(&["a", "b"]));
    assert_eq!(two.verdict(), Verdict::Refused);
    assert!(two.is_stopped());
    assert!(two.changes.iter().any(|change| change.why.contains("updates a nested stack in one step")));
}

#[test]
fn nested_stacks_of_nested_stacks_are_planned_too() {
    let mut options = nested(Some(parent("x")), Some(parent("y")));
    let below = nested(Some(table(json!({}))), Some(table(json!({ "TableName": "n" }))));
    options.nested.get_mut("Child").unwrap().options = below;
    let plan = plan(Some(&parent("a")), &parent("b"), &options);
    let found = lines(&plan);
    assert!(found.contains(&"add Child/Child/T/Properties/TableName: data-loss".to_owned()), "{found:?}");
}

#[test]
fn a_new_nested_stack_is_told_from_one_that_is_not_known() {
    let topic = json!({ "Resources": { "Topic": { "Type": "AWS::SNS::Topic" } } });
    let options = nested(None, Some(table(json!({}))));
    let added = with(&topic, "/Resources/Child", parent("a")["Resources"]["Child"].clone());
    let new = plan(Some(&topic), &added, &options);
    assert_eq!(lines(&new), ["add Child: in-place", "add Child/T: in-place"]);
    let unknown = plan(Some(&parent("a")), &parent("a"), &options);
    assert_eq!(lines(&unknown), [""; 0]);
    assert_eq!(unknown.unknown.len(), 1);
}

#[test]
fn a_removed_nested_stack_loses_what_is_in_it() {
    let table = |condition: Option<&str>| {
        let mut table = resource(json!({}));
        if let Some(condition) = condition {
            table["Condition"] = json!(condition);
        }
        table
    };
    let inside = json!({
        "Parameters": { "Stage": { "Type": "String" } },
        "Conditions": { "P": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] } },
        "Resources": { "T": table(Some("P")), "U": table(None), "Inner": { "Type": "AWS::CloudFormation::Stack" } },
    });
    let innermost = json!({ "Resources": { "V": table(None) } });
    let before = json!({ "Resources": { "N": { "Type": "AWS::CloudFormation::Stack" }, "X": table(None) } });
    let after = json!({ "Resources": { "X": table(None) } });
    let removed = |stage: &str, innermost: Option<&Value>| {
        let inner = NestedStack { deployed: innermost.cloned(), ..NestedStack::default() };
        let options = PlanOptions {
            deployed_parameters: Some([("Stage".to_owned(), stage.to_owned())].into()),
            nested: [("Inner".to_owned(), inner)].into(),
            ..PlanOptions::default()
        };
        let nested = NestedStack { deployed: Some(inside.clone()), wanted: None, options };
        let options = PlanOptions { nested: [("N".to_owned(), nested)].into(), ..PlanOptions::default() };
        let mut lines = lines(&plan(Some(&before), &after, &options));
        // The order of the members of an object depends on how `serde_json` is built.
        lines.sort_unstable();
        lines
    };
    assert_eq!(
        removed("dev", Some(&innermost)),
        ["remove N/Inner/V: data-loss", "remove N/U: data-loss", "remove N: in-place"]
    );
    assert_eq!(
        removed("prod", None),
        ["remove N/Inner: data-loss", "remove N/T: data-loss", "remove N/U: data-loss", "remove N: in-place"]
    );
}

#[test]
fn what_a_parent_passes_decides_inside() {
    let child = json!({
        "Parameters": { "Name": { "Type": "String", "Default": "default" }, "Names": { "Type": "CommaDelimitedList", "Default": "" } },
        "Resources": {
            "T": resource(json!({ "TableName": { "Ref": "Name" } })),
            "L": resource(json!({ "TableName": { "Fn::Select": [0, { "Ref": "Names" }] } })),
        },
    });
    let parent = |parameters: Value| {
        json!({
            "Parameters": { "Stage": { "Type": "String" } },
            "Resources": { "N": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "child.yaml", "Parameters": parameters } } },
        })
    };
    let changes = |before: Value, after: Value, stages: Option<[&str; 2]>| {
        let nested = NestedStack {
            deployed: Some(child.clone()),
            wanted: Some(child.clone()),
            ..NestedStack::default()
        };
        let values = |stage: &str| [("Stage".to_owned(), stage.to_owned())].into();
        let options = PlanOptions {
            nested: [("N".to_owned(), nested)].into(),
            deployed_parameters: stages.map(|stages| values(stages[0])),
            wanted_parameters: stages.map(|stages| values(stages[1])),
            ..PlanOptions::default()
        };
        plan(Some(&parent(before)), &parent(after), &options)
    };
    let lost = "modify N/T/Properties/TableName: data-loss".to_owned();
    let named = changes(json!({ "Name": "a" }), json!({ "Name": "b" }), None);
    assert!(lines(&named).contains(&lost), "{:?}", lines(&named));
    // A parameter that is no longer passed has its default.
    let dropped = changes(json!({ "Name": "a" }), json!({}), None);
    assert!(lines(&dropped).contains(&lost), "{:?}", lines(&dropped));
    let default = changes(json!({ "Name": "default" }), json!({}), None);
    assert_eq!(default.verdict(), Verdict::InPlace, "{:?}", lines(&default));
    let list = changes(json!({ "Names": ["a", "b"] }), json!({ "Names": "c,b" }), None);
    assert!(
        lines(&list).contains(&"modify N/L/Properties/TableName: data-loss".to_owned()),
        "{:?}",
        lines(&list)
    );
    // By an expression of the parent, with its values known and not.
    let staged = || json!({ "Name": { "Fn::Sub": "n-${Stage}" } });
    let stage = changes(staged(), staged(), Some(["a", "b"]));
    assert!(lines(&stage).contains(&lost), "{:?}", lines(&stage));
    assert_eq!(changes(staged(), staged(), None).verdict(), Verdict::None);
    // One that is not known is judged at worst, as a definition of the template itself would be.
    for (before, after) in [
        (json!({ "Name": "n-a" }), staged()),
        (staged(), json!({ "Name": "n-a" })),
        (json!({ "Name": { "Ref": "Stage" } }), staged()),
        (json!({}), staged()),
    ] {
        let unknown = changes(before.clone(), after.clone(), None);
        assert_eq!(unknown.verdict(), Verdict::DataLoss, "{before} → {after}: {:?}", lines(&unknown));
    }
}

#[test]
fn a_removed_nested_stack_loses_the_tables_of_its_loops() {
    let looped = |collection: Value| {
        json!({
            "Transform": "AWS::LanguageExtensions",
            "Resources": { "Fn::ForEach::Tables": ["Id", collection, { "Loop${Id}": resource(json!({})) }] },
        })
    };
    let before =
        json!({ "Resources": { "N": { "Type": "AWS::CloudFormation::Stack" }, "X": resource(json!({})) } });
    let after = json!({ "Resources": { "X": resource(json!({})) } });
    let removed = |inside: Value| {
        let nested = NestedStack { deployed: Some(inside), ..NestedStack::default() };
        let options = PlanOptions { nested: [("N".to_owned(), nested)].into(), ..PlanOptions::default() };
        plan(Some(&before), &after, &options)
    };
    let known = removed(looped(json!(["A", "B"])));
    assert_eq!(
        lines(&known),
        ["remove N: in-place", "remove N/LoopA: data-loss", "remove N/LoopB: data-loss"]
    );
    let unknown = removed(looped(json!({ "Ref": "Ids" })));
    assert_eq!(lines(&unknown), ["remove N: in-place", "remove N/Fn::ForEach::Tables: refused"]);
}

#[test]
fn a_report_stops_where_what_is_inside_is_not_known() {
    let parent = |kind: &str, properties: Value| json!({ "Resources": { "N": { "Type": kind, "Properties": properties } } });
    let verdict = |before: &Value, after: &Value, nested: Option<NestedStack>| {
        let nested = nested.map(|nested| ("N".to_owned(), nested)).into_iter().collect();
        let report = PlanOptions { report_only: true, nested, ..PlanOptions::default() };
        let deployed =
            plan(Some(before), after, &PlanOptions { report_only: false, ..report.clone() }).verdict();
        (plan(Some(before), after, &report).verdict(), deployed)
    };
    let risk = (Verdict::Refused, Verdict::InPlaceWithRisk);
    for (kind, property) in
        [("AWS::CloudFormation::Stack", "TemplateURL"), ("AWS::Serverless::Application", "Location")]
    {
        let at = |location: &str| parent(kind, json!({ property: location }));
        assert_eq!(verdict(&at("https://a/x.yaml"), &at("https://a/y.yaml"), None), risk, "{kind}");
        let tagged =
            parent(kind, json!({ property: "https://a/x.yaml", "Tags": [{ "Key": "a", "Value": "b" }] }));
        assert!(verdict(&at("https://a/x.yaml"), &tagged, None).0 < Verdict::Refused, "{kind}");
    }
    let passing = |value: &str| {
        parent("AWS::CloudFormation::Stack", json!({ "TemplateURL": "u", "Parameters": { "Name": value } }))
    };
    assert_eq!(verdict(&passing("a"), &passing("b"), None), risk);
    let module = |value: &str| parent("My::Own::Tables::MODULE", json!({ "Name": value }));
    assert_eq!(verdict(&module("a"), &module("b"), None), risk);
    // Two levels down.
    let outer = parent("AWS::CloudFormation::Stack", json!({ "TemplateURL": "./child.yaml" }));
    let at = |location: &str| Some(parent("AWS::CloudFormation::Stack", json!({ "TemplateURL": location })));
    let nested = NestedStack {
        deployed: at("https://a/x.yaml"),
        wanted: at("https://a/y.yaml"),
        ..NestedStack::default()
    };
    assert_eq!(verdict(&outer, &outer, Some(nested)), risk);
    // The file of one side is missing.
    let same = parent("AWS::CloudFormation::Stack", json!({ "TemplateURL": "./child.yaml" }));
    let inside = Some(json!({ "Resources": { "T": resource(json!({})) } }));
    for nested in [
        NestedStack { deployed: inside.clone(), ..NestedStack::default() },
        NestedStack { wanted: inside.clone(), ..NestedStack::default() },
    ] {
        assert_eq!(verdict(&same, &same, Some(nested)).0, Verdict::Refused);
    }
}

#[test]
fn a_name_from_an_output_that_changes_is_another_name() {
    let child = |name: &str| json!({ "Resources": { "X": resource(json!({})) }, "Outputs": { "N": { "Value": name } } });
    let parent = json!({ "Resources": {
        "N1": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "child.yaml" } },
        "T": resource(json!({ "TableName": { "Fn::GetAtt": ["N1", "Outputs.N"] } })),
    } });
    let verdict = |before: &str, after: &str| {
        let nested = NestedStack {
            deployed: Some(child(before)),
            wanted: Some(child(after)),
            ..NestedStack::default()
        };
        let options = PlanOptions { nested: [("N1".to_owned(), nested)].into(), ..PlanOptions::default() };
        plan(Some(&parent), &parent, &options).verdict()
    };
    assert_eq!(verdict("a", "b"), Verdict::DataLoss);
    assert_eq!(verdict("a", "a"), Verdict::None);

    // Passed on to another nested stack, whichever comes first.
    let inner = json!({ "Parameters": { "Name": { "Type": "String" } }, "Resources": { "T": resource(json!({ "TableName": { "Ref": "Name" } })) } });
    let parent = json!({ "Resources": {
        "A": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "b.yaml", "Parameters": { "Name": { "Fn::GetAtt": ["N1", "Outputs.N"] } } } },
        "N1": { "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": "a.yaml" } },
    } });
    let verdict = |before: &str, after: &str| {
        let of = |deployed: &Value, wanted: &Value| NestedStack {
            deployed: Some(deployed.clone()),
            wanted: Some(wanted.clone()),
            ..NestedStack::default()
        };
        let nested =
            [("A".to_owned(), of(&inner, &inner)), ("N1".to_owned(), of(&child(before), &child(after)))]
                .into();
        plan(Some(&parent), &parent, &PlanOptions { nested, ..PlanOptions::default() }).verdict()
    };
    assert_eq!(verdict("a", "b"), Verdict::DataLoss);
    assert_eq!(verdict("a", "a"), Verdict::None);
}
