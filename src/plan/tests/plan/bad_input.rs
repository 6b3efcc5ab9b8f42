//! Invalid input: no panic, and no change without a verdict is treated as harmless.

use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, Verdict, plan};

use crate::support::{index, key, lines, merged, named, resource, with};

fn diff(before: &Value, after: &Value) -> Plan {
    plan(Some(before), after, &PlanOptions::default())
}

#[test]
fn invalid_templates_are_refused() {
    let good = named(json!({}));
    for bad in [
        json!(null),
        json!("Resources"),
        json!([]),
        json!({}),
        json!({ "Resources": {} }),
        json!({ "Resources": [] }),
        json!({ "Resources": null }),
    ] {
        for deployed in [None, Some(&good), Some(&bad)] {
            let plan = plan(deployed, &bad, &PlanOptions::default());
            assert_eq!(
                (plan.verdict(), plan.steps.len(), plan.changes.len()),
                (Verdict::Refused, 0, 1),
                "{bad}"
            );
            assert_eq!(
                plan.changes[0].server_text.as_deref(),
                Some("Template format error: At least one Resources member must be defined.")
            );
        }
    }
    for bad in [json!(null), json!(7), json!([]), json!({ "Resources": [] }), json!({ "Resources": "x" })] {
        let plan = diff(&bad, &good);
        assert_eq!((plan.verdict(), plan.steps.len()), (Verdict::Refused, 0), "{bad}");
    }
    // A stack that has nothing yet may have an empty template.
    assert_eq!(lines(&diff(&json!({}), &good)), ["add T: in-place"]);
}

#[test]
fn invalid_resources_are_refused() {
    let good = named(json!({}));
    for bad in [
        json!(null),
        json!(5),
        json!("x"),
        json!([]),
        json!({}),
        json!({ "Type": 5 }),
        json!({ "Type": null, "Properties": {} }),
    ] {
        let broken = json!({ "Resources": { "T": bad } });
        for (before, after) in [(&good, &broken), (&broken, &good)] {
            let plan = diff(before, after);
            assert_eq!((plan.verdict(), plan.steps.len()), (Verdict::Refused, 0), "{before} {after}");
        }
        assert_eq!(
            diff(&good, &broken).changes[0].server_text.as_deref(),
            Some("Template format error: [/Resources/T] Every Resources object must contain a Type member.")
        );
        assert_eq!(diff(&good, &broken).changes[0].resource_type, None);
        assert!(plan(None, &broken, &PlanOptions::default()).is_stopped());
        // It is gone: whatever it was, it is not called harmless.
        let mut both = good.clone();
        both["Resources"]["X"] = broken["Resources"]["T"].clone();
        assert!(diff(&both, &good).verdict() >= Verdict::InPlaceWithRisk);
    }
    for properties in [json!(null), json!([]), json!("x")] {
        let broken = with(&good, "/Resources/T/Properties", json!({}));
        let mut broken = broken;
        broken["Resources"]["T"]["Properties"] = properties;
        assert!(diff(&good, &broken).is_stopped());
        assert!(plan(None, &broken, &PlanOptions::default()).is_stopped());
    }
}

#[test]
fn sections_that_are_no_maps_are_told() {
    let template = |section: &str, value: Value| merged(named(json!({})), json!({ section: value }));
    for section in ["Outputs", "Parameters"] {
        for (before, after) in [
            (json!(5), json!(6)),
            (json!({ "X": 5 }), json!({ "X": 6 })),
            (json!({}), json!([])),
            (json!({ "X": {} }), json!({ "X": [1] })),
        ] {
            let plan = diff(&template(section, before.clone()), &template(section, after.clone()));
            assert_eq!(
                (plan.verdict(), plan.changes.len()),
                (Verdict::InPlaceWithRisk, 1),
                "{section} {before} {after}"
            );
        }
    }
    let looped =
        |value: u32| template("Outputs", json!({ "Fn::ForEach::O": ["X", ["a"], { "O${X}": value }] }));
    assert_eq!(diff(&looped(1), &looped(2)).verdict(), Verdict::InPlaceWithRisk);
}

#[test]
fn loops_over_an_unknown_collection_are_not_looked_into() {
    let collection = json!({ "Ref": "Unknown" });
    let looped = |body: u32| {
        merged(
            named(json!({})),
            json!({ "Resources": { "T": resource(json!({})), "Fn::ForEach::Tables": ["X", collection, { "T${X}": body }] } }),
        )
    };
    let plain = json!({ "Resources": { "T": resource(json!({})) } });
    for (before, after) in [(looped(1), looped(2)), (looped(1), plain.clone()), (plain, looped(1))] {
        let plan = diff(&before, &after);
        assert_eq!(
            (plan.verdict(), plan.steps.len(), plan.changes.len()),
            (Verdict::Refused, 0, 1),
            "{after}"
        );
        assert!(plan.changes[0].recipe.is_some());
    }
    assert!(diff(&looped(1), &looped(1)).is_empty());
}

#[test]
fn lists_with_one_name_twice_are_compared_as_a_whole() {
    let twice = |second: Value| {
        named(json!({ "GlobalSecondaryIndexes": [index("a", &["pk"]), merged(index("a", &["pk"]), second)] }))
    };
    let plan = diff(&twice(json!({})), &twice(json!({ "KeySchema": key(&["pk", "pk"]) })));
    assert_eq!(lines(&plan), ["modify T/Properties/GlobalSecondaryIndexes: in-place-with-risk"]);
    let tags =
        |value: u32| named(json!({ "Tags": [{ "Key": "a", "Value": 1 }, { "Key": "a", "Value": value }] }));
    assert_eq!(lines(&diff(&tags(1), &tags(2))), ["modify T/Properties/Tags: in-place"]);
}

#[test]
fn names_may_be_anything() {
    for name in ["a/b~c", "", "ü", "*", &"x".repeat(10_000)] {
        let template = |class: &str| json!({ "Resources": { name: resource(json!({ "TableClass": class })) }, "Outputs": { name: { "Value": class } } });
        let after = template("STANDARD_INFREQUENT_ACCESS");
        let plan = diff(&template("STANDARD"), &after);
        assert_eq!((plan.changes.len(), plan.steps.len()), (2, 1), "{name}");
        for change in &plan.changes {
            let escaped = change.logical_id.replace('~', "~0").replace('/', "~1");
            let pointer = format!("/{}/{escaped}{}", change.section, change.path);
            assert_eq!(after.pointer(&pointer), change.after.as_ref(), "{pointer}");
        }
    }
}

#[test]
fn size_does_not_matter() {
    let many = |class: &str| json!({ "Resources": (0..2000).map(|at| (format!("T{at}"), resource(json!({ "TableName": format!("t{at}"), "TableClass": class })))).collect::<serde_json::Map<_, _>>() });
    assert_eq!(diff(&many("STANDARD"), &many("STANDARD_INFREQUENT_ACCESS")).changes.len(), 2000);
    let deep = |leaf: u32| {
        (0..100)
            .fold(json!(leaf), |inner, at| if at % 2 == 0 { json!([inner]) } else { json!({ "k": inner }) })
    };
    let nested = |leaf: u32| json!({ "Resources": { "X": { "Type": "Custom::X", "Properties": { "P": deep(leaf) } } } });
    assert_eq!(diff(&nested(1), &nested(2)).changes.len(), 1);
    assert!(diff(&nested(1), &nested(1)).is_empty());
}

/// Each level is read once, and what would be longer than memory is large is not written out.
#[test]
fn expressions_may_be_nested() {
    let wraps: [fn(Value) -> Value; 6] = [
        |inner| json!({ "Fn::Base64": inner }),
        |inner| json!({ "Fn::Join": ["-", [inner, []]] }),
        |inner| json!({ "Fn::Join": ["", [inner.clone(), "x"]] }),
        |inner| json!({ "Fn::Sub": ["${v}${v}", { "v": inner }] }),
        |inner| json!({ "Fn::Sub": ["${v}${v}${AWS::Region}", { "v": inner }] }),
        |inner| json!({ "Fn::If": ["Open", inner, { "Fn::If": ["Known", { "Ref": "P" }, "no"] }] }),
    ];
    for (wrap, leaf) in wraps.into_iter().flat_map(|wrap| {
        [json!("text"), json!({ "Ref": "P" }), json!({ "Ref": "X" })].map(|leaf| (wrap, leaf))
    }) {
        let template = |depth: usize| {
            merged(
                named(json!({ "TableName": (0..depth).fold(leaf.clone(), |inner, _| wrap(inner)) })),
                json!({
                    "Parameters": { "P": { "Type": "String", "Default": "p" } },
                    "Conditions": { "Known": { "Fn::Equals": [{ "Ref": "P" }, "p"] }, "Open": { "Fn::Equals": [{ "Ref": "AWS::Region" }, "r"] } },
                }),
            )
        };
        let known = PlanOptions {
            deployed_parameters: Some([].into()),
            wanted_parameters: Some([].into()),
            ..PlanOptions::default()
        };
        for options in [PlanOptions::default(), known] {
            assert!(plan(Some(&template(40)), &template(40), &options).is_empty());
            let changed = plan(Some(&template(40)), &template(41), &options);
            assert!(changed.verdict() >= Verdict::Refused || changed.is_empty(), "{:?}", changed.changes);
        }
    }
}

/// Any value, made of the words that templates are made of.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "1",
            "true",
            "a",
            "T",
            "PROVISIONED",
            "PAY_PER_REQUEST",
            "HASH",
            "RANGE",
            "N",
            "AWS::NoValue",
            "T.Arn",
            "${T}",
            "${",
            "index/a"
        ])
        .prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..4).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Ref",
        "Fn::If",
        "Fn::GetAtt",
        "Fn::Sub",
        "Fn::FindInMap",
        "Fn::Join",
        "Fn::Select",
        "Fn::Split",
        "Fn::Equals",
        "Fn::And",
        "Fn::Not",
        "Condition",
        "Type",
        "Default",
        "Statement",
        "PolicyDocument",
        "Tags",
        "DependsOn",
        "AttributeName",
        "AttributeType",
        "KeyType",
        "IndexName",
        "KeySchema",
        "Projection",
        "NonKeyAttributes",
        "Enabled",
        "Key",
        "Region",
        "StreamArn",
        "ReadCapacityUnits",
        "a",
    ])
}

const PROPERTIES: [&str; 22] = [
    "AttributeDefinitions",
    "BillingMode",
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "ImportSourceSpecification",
    "KeySchema",
    "KinesisStreamSpecification",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "Replicas",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "TableName",
    "Tags",
    "TimeToLiveSpecification",
    "WarmThroughput",
    "Unknown",
];

/// A template whose table has odd values in odd places.
fn odd() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec![
        "AWS::DynamoDB::Table",
        "AWS::DynamoDB::GlobalTable",
        "AWS::Serverless::SimpleTable",
        "AWS::ApplicationAutoScaling::ScalableTarget",
        "AWS::KMS::Key",
        "Custom::X",
    ]);
    let properties = prop::collection::vec((prop::sample::select(PROPERTIES.to_vec()), value()), 0..5);
    let attributes = prop::collection::vec(
        (
            prop::sample::select(vec![
                "Condition",
                "DependsOn",
                "DeletionPolicy",
                "UpdateReplacePolicy",
                "Metadata",
            ]),
            value(),
        ),
        0..2,
    );
    let sections = prop::collection::vec(
        (
            prop::sample::select(vec![
                "Parameters",
                "Mappings",
                "Conditions",
                "Outputs",
                "Transform",
                "Metadata",
            ]),
            value(),
        ),
        0..3,
    );
    (kind, properties, attributes, sections).prop_map(|(kind, properties, attributes, sections)| {
        let mut template = named(json!({}));
        let table = &mut template["Resources"]["T"];
        table["Type"] = json!(kind);
        for (name, value) in attributes {
            table[name] = value;
        }
        for (name, value) in properties {
            table["Properties"][name] = value;
        }
        for (name, value) in sections {
            template[name] = json!({ "T": value });
        }
        template
    })
}

proptest! {
    #[test]
    fn odd_values_never_panic_and_never_vanish(before in odd(), after in odd()) {
        let there = diff(&before, &after);
        let back = diff(&after, &before);
        prop_assert_eq!(there.is_empty(), back.is_empty());
        prop_assert!(diff(&before, &before).is_empty());
        if let Some(step) = there.steps.last() {
            prop_assert!(there.verdict() <= Verdict::Staged);
            prop_assert!(diff(&step.template, &after).is_empty());
        }
        let consented = plan(Some(&before), &after, &PlanOptions { redefine_indexes: ["T".to_owned()].into(), allow: [("T".to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() });
        for step in &consented.steps {
            prop_assert!(step.template.get("Resources").is_some());
        }
        let values = |value: &str| Some([("T".to_owned(), value.to_owned())].into());
        let known = |before, after| PlanOptions { deployed_parameters: values(before), wanted_parameters: values(after), ..PlanOptions::default() };
        prop_assert!(plan(Some(&before), &before, &known("a", "a")).is_empty());
        let by_value = plan(Some(&before), &after, &known("a", "1"));
        prop_assert!(by_value.steps.last().is_none_or(|step| step.template == after));
    }

    #[test]
    fn one_odd_property_is_one_that_is_told(name in prop::sample::select(PROPERTIES.to_vec()), value in value()) {
        let before = named(json!({}));
        let mut after = before.clone();
        after["Resources"]["T"]["Properties"][name] = value;
        let plan = diff(&before, &after);
        for change in &plan.changes {
            prop_assert!(!change.why.is_empty());
            prop_assert!(change.path.starts_with(&format!("/Properties/{name}")), "{}", change.path);
        }
    }

    #[test]
    fn anything_at_all(before in value(), after in value()) {
        let resources = |value: &Value| json!({ "Resources": { "T": value, "U": resource(json!({})) } });
        for (before, after) in [(before.clone(), after.clone()), (resources(&before), resources(&after)), (json!({ "Resources": before }), json!({ "Resources": after }))] {
            let plan = diff(&before, &after);
            prop_assert!(plan.steps.is_empty() || plan.verdict() < Verdict::Refused);
        }
    }
}
