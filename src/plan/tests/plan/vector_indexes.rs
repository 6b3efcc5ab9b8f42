//! Vector indexes: fixed, on on-demand tables only, and one online operation at a time together with the other indexes.

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict, Wait, plan};

use crate::support::{attributes, index, lines, named, steps};

fn vector(name: &str, over: &[(&str, Value)]) -> Value {
    let mut index = json!({
        "IndexName": name,
        "VectorAttribute": { "AttributeName": "embedding" },
        "Dimensions": 1024,
        "DistanceFunction": "COSINE",
        "Projection": { "ProjectionType": "ALL" },
    });
    for (property, value) in over {
        index[property] = value.clone();
    }
    index
}

fn searchable(attribute: &str) -> Value {
    json!([{ "AttributeName": attribute, "SearchSchemaElementType": "HASH" }])
}

fn with_vectors(indexes: &[Value]) -> Value {
    named(json!({ "VectorIndexes": indexes }))
}

#[test]
fn what_a_vector_index_is_never_changes() {
    let before = with_vectors(&[vector("v", &[])]);
    for (property, value) in [
        ("Dimensions", json!(512)),
        ("DistanceFunction", json!("EUCLIDEAN")),
        ("Projection", json!({ "ProjectionType": "KEYS_ONLY" })),
        ("SearchSchema", searchable("pk")),
        ("VectorAttribute", json!({ "AttributeName": "other" })),
    ] {
        let after = with_vectors(&[vector("v", &[(property, value)])]);
        let refused = plan(Some(&before), &after, &PlanOptions::default());
        assert_eq!(refused.verdict(), Verdict::Refused, "{property}: {:?}", lines(&refused));
        assert!(refused.changes.iter().any(|change| change.recipe.is_some()), "{property}");
        let consent = PlanOptions { redefine_indexes: ["T".to_owned()].into(), ..PlanOptions::default() };
        let rebuilt = plan(Some(&before), &after, &consent);
        assert_eq!(steps(&rebuilt), ["delete index v on T", "create index v on T"], "{property}");
    }
}

#[test]
fn all_indexes_of_a_table_share_one_ladder() {
    let before = named(json!({}));
    let after = named(json!({
        "AttributeDefinitions": attributes(&["pk", "g", "h"]),
        "GlobalSecondaryIndexes": [index("by-g", &["g"])],
        "VectorIndexes": [vector("v", &[("SearchSchema", searchable("h"))]), vector("w", &[])],
    }));
    let plan = plan(Some(&before), &after, &PlanOptions::default());
    assert_eq!(plan.steps.len(), 3, "{:?}", steps(&plan));
    for step in &plan.steps {
        let waits = &step.waits;
        assert!(matches!(&waits[..], [Wait::Indexes { tables }] if tables == &["T"]), "{waits:?}");
        // Each step defines the attributes that its indexes use, and no others.
        let table = &step.template["Resources"]["T"]["Properties"];
        let text = table.to_string();
        let defined = table["AttributeDefinitions"].to_string();
        for (attribute, used_by) in [("\"g\"", "by-g"), ("\"h\"", "\"v\"")] {
            assert_eq!(defined.contains(attribute), text.contains(used_by), "{text}");
        }
    }
    assert_eq!(plan.steps[2].template, after);
    let back = tablewright_plan::plan(Some(&after), &before, &PlanOptions::default());
    assert_eq!(back.steps.len(), 3, "{:?}", steps(&back));
}

#[test]
fn only_on_demand_tables_have_vector_indexes() {
    let provisioned = |over: Value| {
        let mut template = named(over);
        let table = &mut template["Resources"]["T"]["Properties"];
        table["BillingMode"] = json!("PROVISIONED");
        table["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
        template
    };
    let verdict = |before: &Value, after: &Value| plan(Some(before), after, &PlanOptions::default());
    let indexes = json!({ "VectorIndexes": [vector("v", &[])] });
    let switched = verdict(&provisioned(json!({})), &named(indexes.clone()));
    assert_eq!(switched.steps.len(), 2, "the switch first: {:?}", steps(&switched));
    assert!(switched.steps[0].template["Resources"]["T"]["Properties"]["VectorIndexes"].is_null());
    for before in [named(json!({})), named(indexes.clone()), provisioned(json!({}))] {
        assert_eq!(verdict(&before, &provisioned(indexes.clone())).verdict(), Verdict::Refused);
    }
}

#[test]
fn a_search_attribute_with_another_type_is_another_index() {
    let with_type = |kind: &str| {
        named(json!({
            "AttributeDefinitions": attributes(&["pk", kind]),
            "VectorIndexes": [vector("v", &[("SearchSchema", searchable("h"))])],
        }))
    };
    let refused = plan(Some(&with_type("h")), &with_type("h:N"), &PlanOptions::default());
    assert_eq!(refused.verdict(), Verdict::Refused);
    let consent = PlanOptions { redefine_indexes: ["T".to_owned()].into(), ..PlanOptions::default() };
    let rebuilt = plan(Some(&with_type("h")), &with_type("h:N"), &consent);
    assert_eq!(steps(&rebuilt), ["delete index v on T", "create index v on T"]);
}

#[test]
fn a_table_is_provisioned_only_after_its_vector_indexes_are_gone() {
    let capacity = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    let provisioned = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": capacity });
    let on_demand = with_vectors(&[vector("v", &[])]);
    let mode = |step: &tablewright_plan::Step| {
        step.template["Resources"]["T"]["Properties"]["BillingMode"].as_str().unwrap_or_default().to_owned()
    };
    let later = plan(Some(&on_demand), &named(provisioned.clone()), &PlanOptions::default());
    assert_eq!(later.verdict(), Verdict::Staged, "{:?}", lines(&later));
    assert_eq!(later.steps.iter().map(mode).collect::<Vec<_>>(), ["PAY_PER_REQUEST", "PROVISIONED"]);
    assert!(later.steps[0].template["Resources"]["T"]["Properties"].get("VectorIndexes").is_none());

    // An index that comes meanwhile has its capacity with the switch.
    let mut by_g = index("by-g", &["g"]);
    by_g["ProvisionedThroughput"] = capacity;
    let mut indexed = provisioned.clone();
    indexed["AttributeDefinitions"] = attributes(&["pk", "g"]);
    indexed["GlobalSecondaryIndexes"] = json!([by_g]);
    let indexed = named(indexed);
    let plan_of_both = plan(Some(&on_demand), &indexed, &PlanOptions::default());
    assert_eq!(
        plan_of_both.steps.iter().map(mode).collect::<Vec<_>>(),
        ["PAY_PER_REQUEST", "PAY_PER_REQUEST", "PROVISIONED"]
    );
    for step in &plan_of_both.steps[..2] {
        assert!(!step.template.to_string().contains("ProvisionedThroughput"), "{}", step.template);
    }
    assert_eq!(plan_of_both.steps[2].template, indexed);

    // Scaling would have to come later still.
    let target = json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
        "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "ResourceId": "table/app-t",
    } });
    let scaled = crate::support::with(&named(provisioned.clone()), "/Resources/Target", target);
    assert_eq!(plan(Some(&on_demand), &scaled, &PlanOptions::default()).verdict(), Verdict::Refused);

    // The other way the switch comes first.
    let both = plan(Some(&named(provisioned)), &on_demand, &PlanOptions::default());
    assert_eq!(both.steps.iter().map(mode).collect::<Vec<_>>(), ["PAY_PER_REQUEST", "PAY_PER_REQUEST"]);
    assert!(both.steps[0].template["Resources"]["T"]["Properties"].get("VectorIndexes").is_none());
}
