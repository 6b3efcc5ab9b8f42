//! Values that conditions decide, where the values of the parameters are not known.

use serde_json::{Value, json};
use tablewright_plan::{PlanOptions, Verdict, plan};

use crate::support::{attributes, index, key, lines, resource, with};

fn conditional(value: &Value, is_first: bool) -> Value {
    let nothing = json!({ "Ref": "AWS::NoValue" });
    let branches = if is_first { json!(["P", value, nothing]) } else { json!(["P", nothing, value]) };
    json!({ "Fn::If": branches })
}

fn template(resources: Value) -> Value {
    json!({
        "Parameters": { "Stage": { "Type": "String" } },
        "Conditions": { "P": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] } },
        "Resources": resources,
    })
}

#[test]
fn branches_that_change_places_are_a_change() {
    let local = index("l", &["pk", "g"]);
    let by_g = index("by-g", &["g"]);
    let base = || {
        resource(
            json!({ "AttributeDefinitions": attributes(&["pk", "sk", "g"]), "KeySchema": key(&["pk", "sk"]) }),
        )
    };
    let properties = [
        ("TableName", json!("t"), Verdict::DataLoss),
        ("KeySchema", key(&["pk", "sk"]), Verdict::DataLoss),
        ("LocalSecondaryIndexes", json!([local]), Verdict::DataLoss),
        ("GlobalSecondaryIndexes", json!([by_g]), Verdict::InPlace),
        (
            "TimeToLiveSpecification",
            json!({ "Enabled": true, "AttributeName": "t" }),
            Verdict::InPlaceWithRisk,
        ),
        ("StreamSpecification", json!({ "StreamViewType": "NEW_IMAGE" }), Verdict::InPlace),
        (
            "PointInTimeRecoverySpecification",
            json!({ "PointInTimeRecoveryEnabled": true }),
            Verdict::InPlaceWithRisk,
        ),
        ("Tags", json!([{ "Key": "a", "Value": "1" }]), Verdict::InPlace),
        ("ResourcePolicy", json!({ "PolicyDocument": { "Statement": [] } }), Verdict::InPlace),
    ];
    for (property, value, at_least) in properties {
        let side = |is_first: bool| {
            let mut table = base();
            table["Properties"][property] = conditional(&value, is_first);
            template(json!({ "T": table }))
        };
        for is_first in [true, false] {
            let plan = plan(Some(&side(is_first)), &side(!is_first), &PlanOptions::default());
            assert!(plan.verdict() >= at_least, "{property}: {:?}", lines(&plan));
        }
    }
    // Elements of lists, and other resources.
    for (kind, property, value) in [
        ("AWS::DynamoDB::Table", "GlobalSecondaryIndexes", by_g),
        ("AWS::DynamoDB::Table", "Tags", json!({ "Key": "a", "Value": "1" })),
        ("AWS::DynamoDB::GlobalTable", "Replicas", json!({ "Region": "eu-west-1" })),
        ("AWS::SQS::Queue", "Tags", json!({ "Key": "a", "Value": "1" })),
    ] {
        let side = |is_first: bool| {
            template(
                json!({ "T": { "Type": kind, "Properties": { property: [conditional(&value, is_first)] } } }),
            )
        };
        let plan = plan(Some(&side(true)), &side(false), &PlanOptions::default());
        assert!(plan.verdict() >= Verdict::InPlace, "{kind} {property}: {:?}", lines(&plan));
    }
    let policy =
        json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*" }] });
    let side = |is_first: bool| {
        template(
            json!({ "K": { "Type": "AWS::KMS::Key", "Properties": { "KeyPolicy": conditional(&policy, is_first) } } }),
        )
    };
    let plan = plan(Some(&side(true)), &side(false), &PlanOptions::default());
    assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk);
}

#[test]
fn a_type_that_may_be_that_of_the_key_counts_as_such() {
    let stage = || json!({ "Ref": "Stage" });
    let table = |definitions: Value, key: Value, indexes: Value| {
        let mut table = resource(json!({ "AttributeDefinitions": definitions, "KeySchema": key }));
        if !indexes.is_null() {
            table["Properties"]["GlobalSecondaryIndexes"] = indexes;
        }
        template(json!({ "T": table }))
    };
    let named_by = |name: Value, kind: &str| json!([{ "AttributeName": name, "AttributeType": kind }]);
    let hash = |name: Value| json!([{ "AttributeName": name, "KeyType": "HASH" }]);
    let nothing = json!(null);
    let with_index = |kind: &str| {
        let mut by_g = index("by-g", &["g"]);
        by_g["KeySchema"] = hash(stage());
        let definitions = attributes(&["id", &format!("g:{kind}")]);
        table(definitions, hash(json!("id")), json!([by_g]))
    };
    let sorted_by_stage = |kind: &str, indexes: Value| {
        let key = json!([{ "AttributeName": "id", "KeyType": "HASH" }, { "AttributeName": stage(), "KeyType": "RANGE" }]);
        table(attributes(&["id", &format!("sk:{kind}")]), key, indexes)
    };
    for (before, after) in [
        (sorted_by_stage("S", nothing.clone()), sorted_by_stage("N", json!([index("by-sk", &["sk"])]))),
        (
            table(named_by(json!("id"), "S"), hash(stage()), nothing.clone()),
            table(named_by(json!("id"), "N"), hash(stage()), nothing.clone()),
        ),
        (
            table(named_by(stage(), "S"), hash(json!("id")), nothing.clone()),
            table(named_by(stage(), "N"), hash(json!("id")), nothing.clone()),
        ),
        (with_index("S"), with_index("N")),
    ] {
        let plan = plan(Some(&before), &after, &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::DataLoss, "{:?}", lines(&plan));
        // With a name that stays, CloudFormation refuses the replacement.
        let named = |template: &Value| with(template, "/Resources/T/Properties/TableName", json!("t"));
        let refused = tablewright_plan::plan(Some(&named(&before)), &named(&after), &PlanOptions::default());
        assert_eq!(refused.verdict(), Verdict::Refused, "{:?}", lines(&refused));
    }
}

#[test]
fn definitions_whose_names_are_not_known_are_not_taken_apart() {
    let by_mapping = json!({ "Fn::FindInMap": ["M", { "Ref": "AWS::Region" }, "a"] });
    let side = |names: &[&str]| {
        let mut definitions = attributes(&["id"]).as_array().expect("a list").clone();
        if !names.is_empty() {
            definitions.push(json!({ "AttributeName": by_mapping, "AttributeType": "S" }));
        }
        let indexes: Vec<Value> = names
            .iter()
            .map(|name| {
                let mut index = index(name, &["g"]);
                index["ContributorInsightsSpecification"] = json!({ "Enabled": true });
                index
            })
            .collect();
        let mut table = resource(json!({ "AttributeDefinitions": definitions, "KeySchema": key(&["id"]) }));
        if !indexes.is_empty() {
            table["Properties"]["GlobalSecondaryIndexes"] = json!(indexes);
        }
        let mut template = template(json!({ "T": table }));
        template["Mappings"] = json!({ "M": { "eu-west-1": { "a": "g" } } });
        template
    };
    let one = plan(Some(&side(&[])), &side(&["a"]), &PlanOptions::default());
    assert_eq!(one.steps.len(), 2, "{:?}", lines(&one));
    for step in &one.steps {
        let defined = &step.template["Resources"]["T"]["Properties"]["AttributeDefinitions"];
        assert_eq!(defined.as_array().map(Vec::len), Some(2), "{defined}");
    }
    let two = plan(Some(&side(&[])), &side(&["a", "b"]), &PlanOptions::default());
    assert_eq!(two.verdict(), Verdict::Refused);
}

#[test]
fn a_condition_that_changes_decides_types_and_keys_at_worst() {
    let equals = |value: &str| json!({ "Fn::Equals": [{ "Ref": "Stage" }, value] });
    let either = |a: Value, b: Value| json!({ "Fn::If": ["P", a, b] });
    let definition = |name: &str, kind: Value| json!({ "AttributeName": name, "AttributeType": kind });
    let id = definition("id", json!("S"));
    let base = |definitions: Value| {
        resource(json!({ "AttributeDefinitions": definitions, "KeySchema": key(&["id"]) }))
    };
    let indexed = |definitions: Value, index: Value| {
        let mut table = base(definitions);
        table["Properties"]["GlobalSecondaryIndexes"] = json!([index]);
        table
    };
    let mut by_g = index("by-g", &["g"]);
    by_g["KeySchema"] = either(key(&["g"]), key(&["h"]));
    for (table, verdict) in [
        (base(json!([definition("id", either(json!("S"), json!("N")))])), Verdict::DataLoss),
        (base(json!([either(id.clone(), definition("id", json!("N")))])), Verdict::DataLoss),
        (base(either(json!([id]), json!([definition("id", json!("N"))]))), Verdict::DataLoss),
        (indexed(attributes(&["id", "g", "h"]), by_g), Verdict::Refused),
        (
            indexed(json!([id, definition("g", either(json!("S"), json!("N")))]), index("by-g", &["g"])),
            Verdict::InPlaceWithRisk,
        ),
    ] {
        let side = |value: &str| with(&template(json!({ "T": table })), "/Conditions/P", equals(value));
        let plan = plan(Some(&side("prod")), &side("test"), &PlanOptions::default());
        assert!(plan.verdict() >= verdict, "{table}: {:?}", plan.changes);
    }
}

#[test]
fn a_name_from_a_resource_that_changes_may_be_another_one() {
    let side = |kind: &str, properties: Value, name: Value| {
        template(json!({
            "Source": { "Type": kind, "Properties": properties },
            "T": resource(json!({ "TableName": name })),
        }))
    };
    let attribute = || json!({ "Fn::GetAtt": ["Source", "Value"] });
    let sub = || json!({ "Fn::Sub": "${Source}-t" });
    for (kind, property, name, verdict) in [
        ("AWS::SSM::Parameter", "Value", attribute(), Verdict::DataLoss),
        ("AWS::S3::Bucket", "BucketName", sub(), Verdict::DataLoss),
        ("Custom::Name", "Key", attribute(), Verdict::DataLoss),
        (
            "AWS::CloudFormation::Stack",
            "Tags",
            json!({ "Fn::GetAtt": ["Source", "Outputs.Name"] }),
            Verdict::DataLoss,
        ),
        // What it is called stays, as far as its schema says.
        ("AWS::SSM::Parameter", "Value", sub(), Verdict::InPlace),
    ] {
        let before = side(kind, json!({ property: "a" }), name.clone());
        let after = side(kind, json!({ property: "b" }), name.clone());
        let plan = plan(Some(&before), &after, &PlanOptions::default());
        assert_eq!(plan.verdict(), verdict, "{kind} {name}: {:?}", lines(&plan));
    }
}

#[test]
fn a_condition_that_holds_by_itself_removes_nothing() {
    let side = |condition: Value| {
        let mut table = resource(json!({}));
        table["Condition"] = json!("P");
        with(&template(json!({ "T": table })), "/Conditions/P", condition)
    };
    let unknown = || json!({ "Fn::Equals": [{ "Ref": "Stage" }, "prod"] });
    let known = |value: &str| json!({ "Fn::Equals": ["a", value] });
    for (before, after, verdict) in [
        (unknown(), known("a"), Verdict::InPlace),
        (known("b"), unknown(), Verdict::InPlace),
        (unknown(), known("b"), Verdict::DataLoss),
        (known("a"), unknown(), Verdict::DataLoss),
    ] {
        let plan = plan(Some(&side(before.clone())), &side(after.clone()), &PlanOptions::default());
        assert_eq!(plan.verdict(), verdict, "{before} → {after}: {:?}", lines(&plan));
    }
}
