//! Loops of `AWS::LanguageExtensions`.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, Verdict, plan};

use crate::support::{lines, merged, resource, steps, with};

/// A template with a loop of tables, `NAMETable` for each name of the collection.
fn tables(collection: Value, over: Value) -> Value {
    let table = resource(merged(json!({ "TableName": { "Fn::Sub": "app-${Name}" } }), over));
    json!({
        "Transform": "AWS::LanguageExtensions",
        "Parameters": { "Names": { "Type": "CommaDelimitedList", "Default": "Note,Order" } },
        "Mappings": { "M": { "dev": { "Names": ["Note"] } } },
        "Resources": { "Fn::ForEach::Tables": ["Name", collection, { "${Name}Table": table }] },
    })
}

fn planned(before: &Value, after: &Value) -> Plan {
    plan(Some(before), after, &PlanOptions::default())
}

fn with_names(before: &str, after: &str, template: &Value) -> Plan {
    let values = |names: &str| Some(BTreeMap::from([("Names".to_owned(), names.to_owned())]));
    let options = PlanOptions {
        deployed_parameters: values(before),
        wanted_parameters: values(after),
        ..PlanOptions::default()
    };
    plan(Some(template), template, &options)
}

#[test]
fn a_collection_that_shrinks_removes_a_table() {
    let both = tables(json!(["Note", "Order"]), json!({}));
    let one = tables(json!(["Note"]), json!({}));
    let removed = planned(&both, &one);
    assert_eq!(lines(&removed), ["remove OrderTable: data-loss"]);
    assert_eq!(
        removed.changes[0].before.as_ref().expect("the table")["Properties"]["TableName"],
        json!("app-Order")
    );
    assert!(removed.is_stopped());
    let added = planned(&one, &both);
    assert_eq!(lines(&added), ["add OrderTable: in-place"]);
    assert_eq!(added.steps[0].template, both, "as it was written");
    assert_eq!(lines(&planned(&both, &tables(json!(["Order", "Note"]), json!({})))), [""; 0]);
}

#[test]
fn a_loop_is_what_it_writes() {
    let looped = tables(json!(["Note", "Order"]), json!({}));
    let spelled = json!({ "Resources": {
        "NoteTable": resource(json!({ "TableName": "app-Note" })),
        "OrderTable": resource(json!({ "TableName": "app-Order" })),
    } });
    for (before, after) in [(&looped, &spelled), (&spelled, &looped)] {
        assert!(
            planned(before, after).verdict() <= Verdict::InPlaceWithRisk,
            "only the transform: {:?}",
            planned(before, after).changes
        );
        assert!(planned(before, after).changes.iter().all(|change| change.section != "Resources"));
    }
    // What changes inside is judged in each table, by its own path.
    let changed = planned(
        &looped,
        &tables(json!(["Note", "Order"]), json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
    );
    assert_eq!(
        lines(&changed),
        [
            "add NoteTable/Properties/TableClass: in-place-with-risk",
            "add OrderTable/Properties/TableClass: in-place-with-risk",
        ]
    );
}

#[test]
fn a_collection_by_parameter_or_mapping() {
    let by_parameter = tables(json!({ "Ref": "Names" }), json!({}));
    let fewer = with_names("Note,Order", "Note", &by_parameter);
    assert!(lines(&fewer).contains(&"remove OrderTable: data-loss".to_owned()), "{:?}", lines(&fewer));
    let parameter =
        fewer.changes.iter().find(|change| change.section == "Parameters").expect("the parameter");
    assert!(parameter.why.contains("where it is used"), "{}", parameter.why);
    assert_eq!(lines(&with_names("Note,Order", "Order, Note", &by_parameter)).len(), 1, "only the parameter");
    let by_mapping = tables(json!({ "Fn::FindInMap": ["M", "dev", "Names"] }), json!({}));
    assert_eq!(
        lines(&planned(&by_mapping, &tables(json!(["Note", "Order"]), json!({})))),
        ["add OrderTable: in-place"]
    );
    // Without the value only CloudFormation can tell.
    let unknown = planned(&by_parameter, &tables(json!(["Note"]), json!({})));
    assert_eq!(lines(&unknown), ["modify Fn::ForEach::Tables: refused"]);
    assert_eq!(lines(&planned(&by_parameter, &by_parameter)), [""; 0]);
}

#[test]
fn loops_in_loops_and_in_properties() {
    let template = |stages: Value, tag: &str| {
        let mut table =
            resource(json!({ "TableName": { "Fn::Join": ["-", [{ "Ref": "Stage" }, { "Ref": "Name" }]] } }));
        table["Properties"]["Fn::ForEach::Flags"] =
            json!(["Flag", ["DeletionProtectionEnabled"], { "${Flag}": tag }]);
        let inner = json!({ "Fn::ForEach::Stages": ["Stage", stages, { "${Name}&{Stage}": table }] });
        json!({ "Transform": "AWS::LanguageExtensions", "Resources": { "Fn::ForEach::Names": ["Name", ["Note"], inner] } })
    };
    let before = template(json!(["a-1", "b-2"]), "false");
    assert_eq!(lines(&planned(&before, &template(json!(["a-1"]), "false"))), ["remove Noteb2: data-loss"]);
    let protected = planned(&before, &template(json!(["a-1", "b-2"]), "true"));
    assert_eq!(
        lines(&protected),
        [
            "modify Notea1/Properties/DeletionProtectionEnabled: in-place",
            "modify Noteb2/Properties/DeletionProtectionEnabled: in-place",
        ]
    );
}

#[test]
fn steps_of_looped_tables_are_templates_without_the_loop() {
    let indexed = |names: &[&str]| {
        let definitions: Vec<&str> = ["pk"].iter().chain(names).copied().collect();
        let indexes: Vec<Value> = names.iter().map(|name| crate::support::index(name, &[name])).collect();
        let list = if indexes.is_empty() { json!(null) } else { json!(indexes) };
        tables(
            json!(["Note", "Order"]),
            json!({ "AttributeDefinitions": crate::support::attributes(&definitions), "GlobalSecondaryIndexes": list }),
        )
    };
    let (before, after) = (indexed(&[]), indexed(&["a", "b"]));
    let plan = planned(&before, &after);
    assert_eq!(plan.steps.len(), 2, "{:?}", steps(&plan));
    let resources = plan.steps[0].template["Resources"].as_object().expect("resources");
    assert_eq!(resources.keys().collect::<Vec<_>>(), ["NoteTable", "OrderTable"]);
    assert_eq!(plan.steps[1].template, after);
    // After the first step the rest is planned from what is deployed.
    let rest = planned(&plan.steps[0].template, &after);
    assert_eq!(rest.steps.len(), 1, "{:?}", lines(&rest));
}

#[test]
fn loops_that_cannot_be_read_stay() {
    let other = tables(json!(["Note"]), json!({}));
    for body in [
        json!(null),
        json!("text"),
        json!([]),
        json!(["Name", ["Note"]]),
        json!([5, ["Note"], {}]),
        json!(["Name", "Note", {}]),
        json!(["Name", [{ "Ref": "Unknown" }], {}]),
        json!(["Name", [["a"]], "text"]),
    ] {
        let odd = json!({ "Resources": { "Fn::ForEach::Tables": body, "T": resource(json!({})) } });
        for (before, after) in [(&odd, &other), (&other, &odd)] {
            assert!(planned(before, after).verdict() >= Verdict::Refused, "{body}");
        }
        assert_eq!(lines(&planned(&odd, &odd)), [""; 0], "{body}");
    }
    // A hundred times a hundred times a hundred entries.
    let elements: Vec<String> = (0..100).map(|number| format!("x{number}")).collect();
    let mut large = json!({ "${A}${B}${C}": resource(json!({})) });
    for identifier in ["C", "B", "A"] {
        large = json!({ format!("Fn::ForEach::Over{identifier}"): [identifier, elements, large] });
    }
    let large = json!({ "Resources": large });
    assert!(planned(&other, &large).verdict() >= Verdict::Refused);
}

#[test]
fn what_an_unknown_loop_uses_is_not_unused() {
    let none = |template: &Value| with(template, "/Transform", json!(null));
    let looped = tables(json!({ "Fn::FindInMap": ["M", { "Ref": "AWS::Region" }, "Names"] }), json!({}));
    let mapped =
        |names: Value| with(&looped, "/Mappings", json!({ "M": { "us-east-1": { "Names": names } } }));
    let shrunk = planned(&mapped(json!(["A", "B"])), &mapped(json!(["A"])));
    assert_eq!(shrunk.verdict(), Verdict::Refused, "{:?}", lines(&shrunk));

    let conditional = |value: &str| {
        let template = with(
            &tables(json!(["A"]), json!({})),
            "/Conditions",
            json!({
                "Fn::ForEach::c": ["X", { "Ref": "Unknown" }, { "C${X}": { "Fn::Equals": ["a", value] } }],
            }),
        );
        with(
            &template,
            "/Resources/T",
            with(&json!({ "T": resource(json!({})) }), "/T/Condition", json!("CA"))["T"].clone(),
        )
    };
    assert_eq!(planned(&conditional("a"), &conditional("b")).verdict(), Verdict::Refused);

    let with_property = |loops: Value| {
        let template =
            json!({ "Transform": "AWS::LanguageExtensions", "Resources": { "T": resource(json!({})) } });
        with(&template, "/Resources/T/Properties/Fn::ForEach::p", loops)
    };
    let looped_property = json!(["X", { "Ref": "Unknown" }, { "${X}": "abc" }]);
    assert_eq!(
        planned(&with_property(json!(null)), &with_property(looped_property)).verdict(),
        Verdict::Refused
    );

    // Without the transform CloudFormation knows no loops.
    let known = tables(json!(["Note"]), json!({}));
    let spelled = json!({ "Resources": { "NoteTable": resource(json!({ "TableName": "app-Note" })) } });
    assert!(planned(&spelled, &none(&known)).verdict() >= Verdict::Refused);
}
