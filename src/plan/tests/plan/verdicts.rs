//! The verdict of each change: a row for every rule, and for every known problem of updates.

use crate::support::{attributes, index, key, lines, merged, named, resource, table, with};
use serde_json::{Value, json};
use tablewright_plan::{Plan, PlanOptions, Verdict, plan};

const CUSTOM_NAMED: &str = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename app-t and update the stack again.";
const KEPT: &str = "Retain";

fn diff(before: &Value, after: &Value) -> Plan {
    plan(Some(before), after, &PlanOptions::default())
}

/// Compares two templates and the changes, each as `action place: verdict`.
fn check(before: &Value, after: &Value, expected: &[&str]) -> Plan {
    let plan = diff(before, after);
    assert_eq!(
        sorted(lines(&plan)),
        sorted(expected.iter().map(|line| (*line).to_owned()).collect()),
        "\nfrom {before}\n  to {after}"
    );
    for change in &plan.changes {
        let sentence = &change.why;
        assert!(!sentence.is_empty() && !sentence.ends_with('.') && !sentence.contains('\n'), "{sentence}");
        let refused = change.verdict == Verdict::Refused;
        assert!(!refused || change.server_text.is_some() || change.recipe.is_some(), "a bare no: {change:?}");
    }
    assert_eq!(plan.is_stopped(), plan.verdict() >= Verdict::Refused);
    assert_eq!(plan.is_empty(), expected.is_empty());
    if let Some(last) = plan.steps.last() {
        assert_eq!(&last.template, after);
    }
    plan
}

/// `serde_json` may or may not keep the order of members, so the order of changes is not what is compared.
fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort_unstable();
    lines
}

/// One property of a named table.
fn check_property(name: &str, before: Value, after: Value, expected: &[&str]) -> Plan {
    let template = |value: Value| named(json!({ name: value }));
    check(&template(before), &template(after), expected)
}

#[test]
fn order_and_spelling_are_no_change() {
    let indexed = |names: [&str; 3], reads: Value| {
        named(json!({
            "AttributeDefinitions": attributes(&names),
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": reads, "WriteCapacityUnits": 1 },
            "GlobalSecondaryIndexes": names.iter().filter(|name| **name != "pk").map(|name| {
                merged(index(name, &[name]), json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": if reads == 5 { ["x", "y"] } else { ["y", "x"] } } }))
            }).collect::<Value>(),
            "Tags": if reads == 5 { json!([{ "Key": "a", "Value": "1" }, { "Key": "b", "Value": "2" }]) } else { json!([{ "Key": "b", "Value": 2 }, { "Key": "a", "Value": 1 }]) },
            "DeletionProtectionEnabled": if reads == 5 { json!(true) } else { json!("true") },
        }))
    };
    let (before, after) = (indexed(["pk", "a", "b"], json!(5)), indexed(["b", "pk", "a"], json!("5")));
    assert!(check(&before, &after, &[]).steps.is_empty());

    let depends = |list: Value, arn: Value| {
        let mut template = with(&before, "/Resources/T/DependsOn", list);
        template["Resources"]["U"] = resource(json!({}));
        template["Outputs"] = json!({ "Arn": { "Value": arn } });
        template
    };
    check(
        &depends(json!("U"), json!({ "Fn::GetAtt": "T.Arn" })),
        &depends(json!(["U"]), json!({ "Fn::GetAtt": ["T", "Arn"] })),
        &[],
    );
}

#[test]
fn the_order_of_a_key_is_a_change() {
    let keyed = |schema: Value| {
        named(json!({ "AttributeDefinitions": attributes(&["pk", "sk"]), "KeySchema": schema }))
    };
    let turned =
        json!([{ "AttributeName": "sk", "KeyType": "RANGE" }, { "AttributeName": "pk", "KeyType": "HASH" }]);
    let plan = check(&keyed(key(&["pk", "sk"])), &keyed(turned), &["modify T/Properties/KeySchema: refused"]);
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    );
    // The other way round it would be two other keys, not a slip.
    let plan = check(
        &keyed(key(&["pk", "sk"])),
        &keyed(key(&["sk", "pk"])),
        &["modify T/Properties/KeySchema: refused"],
    );
    assert_eq!(plan.changes[0].server_text.as_deref(), Some(CUSTOM_NAMED));
}

/// Every change that asks for another table: refused by name, executed without.
#[test]
fn immutable_properties_of_a_table() {
    let sorted =
        json!({ "AttributeDefinitions": attributes(&["pk", "sk"]), "KeySchema": key(&["pk", "sk"]) });
    let local = |name: &str| {
        merged(
            sorted.clone(),
            json!({
                "AttributeDefinitions": attributes(&["pk", "sk", "l"]),
                "LocalSecondaryIndexes": [index(name, &["pk", "l"])],
            }),
        )
    };
    let import = json!({ "ImportSourceSpecification": { "InputFormat": "CSV", "S3BucketSource": { "S3Bucket": "b" } } });
    let cases: &[(Value, Value, &[&str])] = &[
        (
            json!({}),
            json!({ "AttributeDefinitions": attributes(&["id"]), "KeySchema": key(&["id"]) }),
            &["AttributeDefinitions/0", "AttributeDefinitions/0", "KeySchema"],
        ),
        (json!({}), sorted.clone(), &["AttributeDefinitions/1", "KeySchema"]),
        (json!({}), json!({ "AttributeDefinitions": attributes(&["pk:N"]) }), &["AttributeDefinitions/0"]),
        (sorted.clone(), local("by-l"), &["AttributeDefinitions/2", "LocalSecondaryIndexes/0"]),
        (local("by-l"), sorted.clone(), &["AttributeDefinitions/2", "LocalSecondaryIndexes/0"]),
        (local("by-l"), local("by-m"), &["LocalSecondaryIndexes/0", "LocalSecondaryIndexes/0"]),
        (
            local("by-l"),
            merged(local("by-l"), json!({ "AttributeDefinitions": attributes(&["pk", "sk", "l:N"]) })),
            &["AttributeDefinitions/2"],
        ),
        (json!({}), import.clone(), &["ImportSourceSpecification"]),
        (import, json!({}), &["ImportSourceSpecification"]),
    ];
    for (before, after, places) in cases {
        let plan = diff(&named(before.clone()), &named(after.clone()));
        let found: Vec<&str> =
            plan.changes.iter().map(|change| change.path.trim_start_matches("/Properties/")).collect();
        assert_eq!(sorted_list(&found), sorted_list(places), "{after}");
        assert_eq!((plan.verdict(), plan.steps.len()), (Verdict::Refused, 0), "{after}");
        let worst = plan.changes.iter().find(|change| change.verdict == Verdict::Refused).expect("a refusal");
        assert_eq!(worst.server_text.as_deref(), Some(CUSTOM_NAMED), "{after}");
        assert!(worst.recipe.is_some());

        for (policy, verdict) in [
            (json!(KEPT), Verdict::ReplacementKept),
            (json!("Delete"), Verdict::DataLoss),
            (json!(null), Verdict::DataLoss),
        ] {
            let unnamed = |properties: &Value| {
                with(&table(properties.clone()), "/Resources/T/UpdateReplacePolicy", policy.clone())
            };
            let plan = diff(&unnamed(before), &unnamed(after));
            assert_eq!((plan.verdict(), plan.steps.len()), (verdict, 0), "{policy} {after}");
        }
    }
}

fn sorted_list<'a>(list: &[&'a str]) -> Vec<&'a str> {
    let mut list = list.to_vec();
    list.sort_unstable();
    list
}

#[test]
fn retain_must_be_in_both_templates() {
    let (before, after) = (table(json!({})), table(json!({ "KeySchema": key(&["pk", "pk"]) })));
    let retain = |template: &Value| with(template, "/Resources/T/UpdateReplacePolicy", json!(KEPT));
    check(
        &before,
        &retain(&after),
        &["add T/UpdateReplacePolicy: in-place", "modify T/Properties/KeySchema: data-loss"],
    );
    check(
        &retain(&before),
        &after,
        &["modify T/Properties/KeySchema: data-loss", "remove T/UpdateReplacePolicy: in-place-with-risk"],
    );
    check(&retain(&before), &retain(&after), &["modify T/Properties/KeySchema: replacement-kept"]);
}

/// A new name is free, so CloudFormation does not refuse: the old table and its items go.
#[test]
fn a_renamed_table_is_a_new_table() {
    let (old, new) = (named(json!({})), named(json!({ "TableName": "app-u" })));
    check(&old, &new, &["modify T/Properties/TableName: data-loss"]);
    check(&old, &table(json!({})), &["remove T/Properties/TableName: data-loss"]);
    check(&table(json!({})), &new, &["add T/Properties/TableName: data-loss"]);
    let retain = |template: &Value| with(template, "/Resources/T/UpdateReplacePolicy", json!(KEPT));
    check(&retain(&old), &retain(&new), &["modify T/Properties/TableName: replacement-kept"]);
    // With a new name no other replacement is refused either.
    let rekeyed = named(json!({ "TableName": "app-u", "KeySchema": key(&["pk", "pk"]) }));
    check(
        &old,
        &rekeyed,
        &["modify T/Properties/KeySchema: data-loss", "modify T/Properties/TableName: data-loss"],
    );
}

#[test]
fn consent_by_name_gives_steps_and_keeps_the_verdict() {
    let (before, after) = (
        named(json!({})),
        named(json!({ "TableName": "app-u", "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
    );
    let allow = |id: &str| PlanOptions {
        allow: [(id.to_owned(), Verdict::DataLoss)].into(),
        ..PlanOptions::default()
    };
    let allowed = plan(Some(&before), &after, &allow("T"));
    assert_eq!((allowed.verdict(), allowed.steps.len()), (Verdict::DataLoss, 1));
    assert_eq!(allowed.steps[0].template, after);
    assert!(plan(Some(&before), &after, &allow("U")).is_stopped());
    // What AWS refuses is not a matter of consent.
    assert!(
        plan(Some(&before), &named(json!({ "KeySchema": key(&["pk", "pk"]) })), &allow("T")).is_stopped()
    );
}

#[test]
fn attribute_types() {
    let indexed = |kind: &str| {
        json!({
            "AttributeDefinitions": attributes(&["pk", kind]),
            "GlobalSecondaryIndexes": [index("by-g", &["g"])],
        })
    };
    // The index keeps its name and key, and still is another index.
    let plan = check(
        &named(indexed("g")),
        &named(indexed("g:N")),
        &["modify T/Properties/AttributeDefinitions/1: refused"],
    );
    assert_eq!(plan.changes[0].server_text.as_deref(), Some(CUSTOM_NAMED));
    check(
        &table(indexed("g")),
        &table(indexed("g:N")),
        &["modify T/Properties/AttributeDefinitions/1: refused"],
    );
    // Gone with one index, back with another.
    let renamed = merged(indexed("g:N"), json!({ "GlobalSecondaryIndexes": [index("by-number", &["g"])] }));
    check(
        &named(indexed("g")),
        &named(renamed),
        &[
            "modify T/Properties/AttributeDefinitions/1: in-place",
            "add T/Properties/GlobalSecondaryIndexes/0: staged",
            "remove T/Properties/GlobalSecondaryIndexes/0: staged",
        ],
    );
}

#[test]
fn definitions_follow_the_keys() {
    let inconsistent = Some(
        "Property AttributeDefinitions is inconsistent with the KeySchema of the table and the secondary indexes",
    );
    let unused = json!({ "AttributeDefinitions": attributes(&["pk", "unused"]) });
    let plan =
        check(&named(json!({})), &named(unused), &["add T/Properties/AttributeDefinitions/1: refused"]);
    assert_eq!(plan.changes[0].server_text.as_deref(), inconsistent);
    let plan = check(
        &named(json!({})),
        &named(json!({ "AttributeDefinitions": [] })),
        &["remove T/Properties/AttributeDefinitions/0: refused"],
    );
    assert_eq!(plan.changes[0].server_text.as_deref(), inconsistent);
    check(
        &named(json!({})),
        &named(json!({ "AttributeDefinitions": { "Ref": "P" } })),
        &["modify T/Properties/AttributeDefinitions: refused"],
    );
    // What expressions hide is not called wrong.
    let hidden = |names: &[&str]| {
        named(
            json!({ "AttributeDefinitions": attributes(names), "GlobalSecondaryIndexes": { "Ref": "Indexes" } }),
        )
    };
    check(
        &hidden(&["pk"]),
        &hidden(&["pk", "a"]),
        &["add T/Properties/AttributeDefinitions/1: in-place-with-risk"],
    );
    let schema = json!([{ "AttributeName": { "Ref": "Key" }, "KeyType": "HASH" }]);
    let keyed =
        |names: &[&str]| named(json!({ "AttributeDefinitions": attributes(names), "KeySchema": schema }));
    check(
        &keyed(&["pk"]),
        &keyed(&["pk", "id"]),
        &["add T/Properties/AttributeDefinitions/1: in-place-with-risk"],
    );
}

#[test]
fn indexes() {
    let indexed = |indexes: &[Value], names: &[&str]| {
        let mut attributes_used = vec!["pk"];
        attributes_used.extend(names);
        named(
            json!({ "AttributeDefinitions": attributes(&attributes_used), "GlobalSecondaryIndexes": indexes }),
        )
    };
    let none = named(json!({}));
    let one = indexed(&[index("by-a", &["a"])], &["a"]);
    let two = indexed(&[index("by-a", &["a"]), index("by-b", &["b"])], &["a", "b"]);
    check(
        &none,
        &one,
        &[
            "add T/Properties/AttributeDefinitions/1: in-place",
            "add T/Properties/GlobalSecondaryIndexes/0: in-place",
        ],
    );
    check(
        &one,
        &none,
        &[
            "remove T/Properties/AttributeDefinitions/1: in-place",
            "remove T/Properties/GlobalSecondaryIndexes/0: in-place-with-risk",
        ],
    );
    check(
        &none,
        &two,
        &[
            "add T/Properties/AttributeDefinitions/1: in-place",
            "add T/Properties/AttributeDefinitions/2: in-place",
            "add T/Properties/GlobalSecondaryIndexes/0: staged",
            "add T/Properties/GlobalSecondaryIndexes/1: staged",
        ],
    );

    let fixed = Some(
        "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights Specification. You can create a new GSI with a different name.",
    );
    let projection = json!({ "ProjectionType": "KEYS_ONLY" });
    let narrowed = indexed(&[merged(index("by-a", &["a"]), json!({ "Projection": projection }))], &["a"]);
    let plan = check(&one, &narrowed, &["modify T/Properties/GlobalSecondaryIndexes/0/Projection: refused"]);
    assert_eq!(plan.changes[0].server_text.as_deref(), fixed);
    assert!(plan.changes[0].recipe.is_some());
    let rekeyed = indexed(&[index("by-a", &["a", "pk"])], &["a"]);
    let plan = check(&one, &rekeyed, &["modify T/Properties/GlobalSecondaryIndexes/0/KeySchema: refused"]);
    assert_eq!(plan.changes[0].server_text.as_deref(), fixed);
    let turned =
        json!([{ "AttributeName": "pk", "KeyType": "RANGE" }, { "AttributeName": "a", "KeyType": "HASH" }]);
    let turned = indexed(&[merged(index("by-a", &["a"]), json!({ "KeySchema": turned }))], &["a"]);
    let plan = check(&rekeyed, &turned, &["modify T/Properties/GlobalSecondaryIndexes/0/KeySchema: refused"]);
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("All HASH key attributes must precede RANGE key attributes")
    );

    let settings = |value: Value| indexed(&[merged(index("by-a", &["a"]), value)], &["a"]);
    let check_setting = |name: &str, before: Value, after: Value, expected: &str| {
        check(&settings(json!({ name: before })), &settings(json!({ name: after })), &[expected])
    };
    check_setting(
        "ProvisionedThroughput",
        json!({ "ReadCapacityUnits": 1 }),
        json!({ "ReadCapacityUnits": 2 }),
        "modify T/Properties/GlobalSecondaryIndexes/0/ProvisionedThroughput: in-place",
    );
    check_setting(
        "ContributorInsightsSpecification",
        json!(null),
        json!({ "Enabled": true }),
        "add T/Properties/GlobalSecondaryIndexes/0/ContributorInsightsSpecification: in-place",
    );
    let plan = check_setting(
        "WarmThroughput",
        json!({ "ReadUnitsPerSecond": 200 }),
        json!({ "ReadUnitsPerSecond": "100" }),
        "modify T/Properties/GlobalSecondaryIndexes/0/WarmThroughput: refused",
    );
    assert_eq!(plan.changes[0].server_text.as_deref(), Some("decreasing WarmThroughput is not supported"));
}

#[test]
fn capacity_and_class() {
    let provisioned = |reads: u32| json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": { "ReadCapacityUnits": reads, "WriteCapacityUnits": 5 } });
    let (low, high) = (named(provisioned(5)), named(provisioned(10)));
    check(&low, &high, &["modify T/Properties/ProvisionedThroughput: in-place"]);
    let plan = check(&high, &low, &["modify T/Properties/ProvisionedThroughput: in-place"]);
    assert!(plan.changes[0].why.contains("decreases per day"));
    let on_demand = named(json!({}));
    check(
        &low,
        &on_demand,
        &[
            "modify T/Properties/BillingMode: in-place-with-risk",
            "remove T/Properties/ProvisionedThroughput: in-place",
        ],
    );
    check(
        &on_demand,
        &low,
        &[
            "modify T/Properties/BillingMode: in-place-with-risk",
            "add T/Properties/ProvisionedThroughput: in-place",
        ],
    );
    let silent = with(&low, "/Resources/T/Properties/BillingMode", json!(null));
    check(&low, &silent, &["remove T/Properties/BillingMode: none"]);

    let scaled = |template: &Value| {
        with(
            template,
            "/Resources/Reads",
            json!({
                "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
                "Properties": { "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "ResourceId": { "Fn::Sub": "table/${T}" }, "MinCapacity": 1, "MaxCapacity": 9 },
            }),
        )
    };
    check(&scaled(&low), &scaled(&high), &["modify T/Properties/ProvisionedThroughput: in-place-with-risk"]);

    check_property(
        "OnDemandThroughput",
        json!(null),
        json!({ "MaxReadRequestUnits": 10 }),
        &["add T/Properties/OnDemandThroughput: in-place"],
    );
    check_property(
        "OnDemandThroughput",
        json!({ "MaxReadRequestUnits": 10 }),
        json!(null),
        &["remove T/Properties/OnDemandThroughput: in-place"],
    );
    let warm = |reads: Value| json!({ "ReadUnitsPerSecond": reads });
    check_property(
        "WarmThroughput",
        warm(json!(12000)),
        warm(json!("13000")),
        &["modify T/Properties/WarmThroughput: in-place"],
    );
    check_property(
        "WarmThroughput",
        warm(json!(13000)),
        warm(json!(12000)),
        &["modify T/Properties/WarmThroughput: refused"],
    );
    check_property(
        "WarmThroughput",
        warm(json!(12000)),
        json!(null),
        &["remove T/Properties/WarmThroughput: none"],
    );
    check_property(
        "TableClass",
        json!(null),
        json!("STANDARD_INFREQUENT_ACCESS"),
        &["add T/Properties/TableClass: in-place-with-risk"],
    );
    check_property("TableClass", json!(null), json!("STANDARD"), &["add T/Properties/TableClass: none"]);
}

#[test]
fn streams() {
    let view = |view: &str| json!({ "StreamViewType": view });
    check_property(
        "StreamSpecification",
        json!(null),
        view("NEW_IMAGE"),
        &["add T/Properties/StreamSpecification: in-place"],
    );
    check_property(
        "StreamSpecification",
        view("NEW_IMAGE"),
        json!(null),
        &["remove T/Properties/StreamSpecification: in-place-with-risk"],
    );
    let plan = check_property(
        "StreamSpecification",
        view("NEW_IMAGE"),
        view("KEYS_ONLY"),
        &["modify T/Properties/StreamSpecification/StreamViewType: in-place-with-risk"],
    );
    assert_eq!(plan.changes[0].server_text, None, "CloudFormation replaces the stream itself");
    let open = merged(view("NEW_IMAGE"), json!({ "ResourcePolicy": { "PolicyDocument": {} } }));
    check_property(
        "StreamSpecification",
        view("NEW_IMAGE"),
        open,
        &["add T/Properties/StreamSpecification/ResourcePolicy: in-place"],
    );

    let kinesis = |arn: &str, precision: &str| json!({ "StreamArn": arn, "ApproximateCreationDateTimePrecision": precision });
    check_property(
        "KinesisStreamSpecification",
        json!(null),
        kinesis("a", "MILLISECOND"),
        &["add T/Properties/KinesisStreamSpecification: in-place"],
    );
    check_property(
        "KinesisStreamSpecification",
        kinesis("a", "MILLISECOND"),
        kinesis("a", "MICROSECOND"),
        &["modify T/Properties/KinesisStreamSpecification: in-place"],
    );
    check_property(
        "KinesisStreamSpecification",
        kinesis("a", "MILLISECOND"),
        kinesis("b", "MILLISECOND"),
        &["modify T/Properties/KinesisStreamSpecification: staged"],
    );
    check_property(
        "KinesisStreamSpecification",
        kinesis("a", "MILLISECOND"),
        json!(null),
        &["remove T/Properties/KinesisStreamSpecification: in-place-with-risk"],
    );
}

#[test]
fn a_new_stream_changes_its_readers() {
    let template = |view: &str| {
        let mut template = named(json!({ "StreamSpecification": { "StreamViewType": view } }));
        template["Resources"]["Consumer"] = json!({
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": { "EventSourceArn": { "Fn::GetAtt": ["T", "StreamArn"] }, "FunctionName": { "Ref": "T" } },
        });
        template["Outputs"] = json!({
            "Stream": { "Value": { "Fn::GetAtt": "T.StreamArn" }, "Export": { "Name": "t-stream" } },
            "Arn": { "Value": { "Fn::GetAtt": "T.Arn" }, "Export": { "Name": "t-arn" } },
        });
        template
    };
    let plan = check(
        &template("NEW_IMAGE"),
        &template("KEYS_ONLY"),
        &[
            "modify T/Properties/StreamSpecification/StreamViewType: in-place-with-risk",
            "modify Outputs/Stream/Value: in-place-with-risk",
            "modify Consumer/Properties/EventSourceArn: in-place-with-risk",
        ],
    );
    let output = plan.changes.iter().find(|change| change.section == "Outputs").expect("the output");
    assert_eq!(output.server_text.as_deref(), Some("Export t-stream cannot be updated as it is in use by …"));
    assert_eq!(output.before, output.after);
    assert_eq!(plan.steps.len(), 1);
}

#[test]
fn replacements_reach_who_refers_to_them() {
    let template = |name: &str| {
        json!({ "Resources": {
        "T": resource(json!({ "TableName": "t", "KinesisStreamSpecification": { "StreamArn": { "Fn::GetAtt": ["Cdc", "Arn"] } } })),
        "Cdc": { "Type": "AWS::Kinesis::Stream", "Properties": { "Name": name } },
        "Named": { "Type": "AWS::SSM::Parameter", "Properties": { "Name": { "Fn::Sub": "/x/${Cdc}" }, "Value": "v" } },
        "Watcher": { "Type": "AWS::CloudWatch::Alarm", "Properties": { "AlarmActions": [{ "Ref": "Named" }] } },
        "Other": { "Type": "AWS::CloudWatch::Alarm", "DependsOn": "Cdc", "Metadata": { "x": { "Ref": "Cdc" } } },
    } })
    };
    let consent =
        PlanOptions { allow: [("Cdc".to_owned(), Verdict::DataLoss)].into(), ..PlanOptions::default() };
    check(
        &template("a"),
        &template("b"),
        &[
            "modify Cdc/Properties/Name: data-loss",
            "modify T/Properties/KinesisStreamSpecification: staged",
            "modify Named/Properties/Name: in-place-with-risk",
            "modify Watcher/Properties/AlarmActions/0: in-place",
        ],
    );
    let plan = plan(Some(&template("a")), &template("b"), &consent);
    assert_eq!(plan.steps.len(), 2);
    assert_eq!(plan.steps[0].template.pointer("/Resources/T/Properties/KinesisStreamSpecification"), None);
    assert_eq!(plan.steps[0].template.pointer("/Resources/Cdc/Properties/Name"), Some(&json!("b")));

    // A replaced table takes along what is made for it.
    let scaled = |name: &str| {
        json!({ "Resources": {
        "T": resource(json!({ "TableName": name })),
        "Reads": { "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": { "ResourceId": { "Fn::Sub": "table/${T}" }, "MinCapacity": 1 } },
        "Policy": { "Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": { "ScalingTargetId": { "Ref": "Reads" } } },
    } })
    };
    check(
        &scaled("a"),
        &scaled("b"),
        &[
            "modify T/Properties/TableName: data-loss",
            "modify Reads/Properties/ResourceId: in-place-with-risk",
            "modify Policy/Properties/ScalingTargetId: in-place-with-risk",
        ],
    );
}

#[test]
fn time_to_live() {
    let ttl = |enabled: bool, name: &str| json!({ "Enabled": enabled, "AttributeName": name });
    let property = "TimeToLiveSpecification";
    check_property(
        property,
        json!(null),
        ttl(true, "a"),
        &["add T/Properties/TimeToLiveSpecification: in-place-with-risk"],
    );
    check_property(
        property,
        ttl(false, "a"),
        ttl(true, "b"),
        &["modify T/Properties/TimeToLiveSpecification: in-place-with-risk"],
    );
    check_property(
        property,
        ttl(true, "a"),
        ttl(false, "a"),
        &["modify T/Properties/TimeToLiveSpecification: in-place-with-risk"],
    );
    check_property(
        property,
        ttl(false, "a"),
        json!(null),
        &["remove T/Properties/TimeToLiveSpecification: none"],
    );
    let plan = check_property(
        property,
        ttl(true, "a"),
        ttl(true, "b"),
        &["modify T/Properties/TimeToLiveSpecification: staged"],
    );
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("TimeToLive is active on a different AttributeName: current AttributeName is a")
    );
    let plan = check_property(
        property,
        ttl(true, "a"),
        json!(null),
        &["remove T/Properties/TimeToLiveSpecification: refused"],
    );
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some(
            "AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while enabling/disabling TTL."
        )
    );
    check_property(
        property,
        ttl(true, "a"),
        json!({ "Enabled": false }),
        &["modify T/Properties/TimeToLiveSpecification: refused"],
    );
    check_property(
        property,
        ttl(true, "a"),
        ttl(false, "b"),
        &["modify T/Properties/TimeToLiveSpecification: refused"],
    );
    check_property(
        property,
        ttl(true, "a"),
        json!({ "Enabled": { "Ref": "On" }, "AttributeName": "a" }),
        &["modify T/Properties/TimeToLiveSpecification: in-place-with-risk"],
    );
}

#[test]
fn backups_encryption_protection_access() {
    let pitr =
        |on: bool, days: Value| json!({ "PointInTimeRecoveryEnabled": on, "RecoveryPeriodInDays": days });
    let property = "PointInTimeRecoverySpecification";
    check_property(
        property,
        json!(null),
        pitr(true, json!(35)),
        &["add T/Properties/PointInTimeRecoverySpecification: in-place"],
    );
    check_property(
        property,
        pitr(true, json!(35)),
        json!(null),
        &["remove T/Properties/PointInTimeRecoverySpecification: in-place-with-risk"],
    );
    check_property(
        property,
        pitr(true, json!(35)),
        pitr(true, json!("7")),
        &["modify T/Properties/PointInTimeRecoverySpecification: in-place-with-risk"],
    );
    check_property(
        property,
        pitr(true, json!(7)),
        pitr(true, json!(8)),
        &["modify T/Properties/PointInTimeRecoverySpecification: in-place"],
    );
    check_property(
        property,
        json!(null),
        json!({ "PointInTimeRecoveryEnabled": "false" }),
        &["add T/Properties/PointInTimeRecoverySpecification: none"],
    );

    let key = |id: &str| json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": id });
    check_property(
        "SSESpecification",
        key("a"),
        key("b"),
        &["modify T/Properties/SSESpecification: in-place-with-risk"],
    );
    check_property(
        "SSESpecification",
        json!(null),
        json!({ "SSEEnabled": false }),
        &["add T/Properties/SSESpecification: none"],
    );

    let property = "DeletionProtectionEnabled";
    check_property(
        property,
        json!(true),
        json!(false),
        &["modify T/Properties/DeletionProtectionEnabled: in-place-with-risk"],
    );
    check_property(
        property,
        json!(true),
        json!(null),
        &["remove T/Properties/DeletionProtectionEnabled: in-place-with-risk"],
    );
    check_property(
        property,
        json!(null),
        json!(true),
        &["add T/Properties/DeletionProtectionEnabled: in-place"],
    );
    check_property(
        property,
        json!(null),
        json!(false),
        &["add T/Properties/DeletionProtectionEnabled: none"],
    );
    check_property(
        property,
        json!(true),
        json!({ "Ref": "P" }),
        &["modify T/Properties/DeletionProtectionEnabled: in-place-with-risk"],
    );

    check_property(
        "ResourcePolicy",
        json!(null),
        json!({ "PolicyDocument": {} }),
        &["add T/Properties/ResourcePolicy: in-place"],
    );
    check_property(
        "ContributorInsightsSpecification",
        json!(null),
        json!({ "Enabled": true }),
        &["add T/Properties/ContributorInsightsSpecification: in-place"],
    );
    check_property(
        "Tags",
        json!([{ "Key": "a", "Value": "1" }]),
        json!([{ "Key": "b", "Value": "1" }]),
        &["add T/Properties/Tags/0: in-place", "remove T/Properties/Tags/0: in-place"],
    );
    check_property("Brandnew", json!(null), json!(1), &["add T/Properties/Brandnew: in-place-with-risk"]);
}

#[test]
fn policies_weakened_and_strengthened() {
    let template = |policy: Value| with(&named(json!({})), "/Resources/T/DeletionPolicy", policy);
    check(
        &template(json!("Retain")),
        &template(json!("Delete")),
        &["modify T/DeletionPolicy: in-place-with-risk"],
    );
    check(
        &template(json!("RetainExceptOnCreate")),
        &template(json!(null)),
        &["remove T/DeletionPolicy: in-place-with-risk"],
    );
    check(&template(json!(null)), &template(json!("Retain")), &["add T/DeletionPolicy: in-place"]);
    check(
        &template(json!("Retain")),
        &template(json!("RetainExceptOnCreate")),
        &["modify T/DeletionPolicy: in-place"],
    );
}

#[test]
fn removed_tables_go_by_the_deployed_policy() {
    let mut both = named(json!({}));
    both["Resources"]["U"] = resource(json!({}));
    let rest = with(&both, "/Resources/T", json!(null));
    let policy = |policy: &str| with(&both, "/Resources/T/DeletionPolicy", json!(policy));
    check(&both, &rest, &["remove T: data-loss"]);
    check(&policy("Delete"), &rest, &["remove T: data-loss"]);
    check(&policy("Retain"), &rest, &["remove T: replacement-kept"]);
    check(&policy("RetainExceptOnCreate"), &rest, &["remove T: replacement-kept"]);

    let protected = with(&both, "/Resources/T/Properties/DeletionProtectionEnabled", json!("true"));
    let plan = check(&protected, &rest, &["remove T: refused"]);
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
        )
    );
    let kept = with(&protected, "/Resources/T/DeletionPolicy", json!("Retain"));
    check(&kept, &rest, &["remove T: replacement-kept"]);
    let simple = with(&both, "/Resources/T", json!({ "Type": "AWS::Serverless::SimpleTable" }));
    check(&simple, &rest, &["remove T: data-loss"]);
}

#[test]
fn moved_tables_are_recognised() {
    let at = |id: &str, table: Value| json!({ "Resources": { id: table } });
    let named_table = resource(json!({ "TableName": "notes" }));
    let plan = check(
        &at("Old", named_table.clone()),
        &at("New", named_table.clone()),
        &["move Old to New: refused"],
    );
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("Resource of type 'AWS::DynamoDB::Table' with identifier 'notes' already exists.")
    );
    let recipe = plan.changes[0].recipe.clone().expect("a recipe");
    assert!(
        recipe.steps[0].contains("logical id `Old`") && recipe.steps[1].contains("stack refactor"),
        "{recipe:?}"
    );
    // Found by name although it changed meanwhile, and by key when it has no name.
    check(
        &at("Old", named_table.clone()),
        &at("New", resource(json!({ "TableName": "notes", "TableClass": "STANDARD" }))),
        &["move Old to New: refused"],
    );
    check(
        &at("Old", resource(json!({}))),
        &at("New", resource(json!({ "TableClass": "STANDARD" }))),
        &["move Old to New: data-loss"],
    );
    let retained = with(&at("Old", resource(json!({}))), "/Resources/Old/DeletionPolicy", json!("Retain"));
    check(&retained, &at("New", resource(json!({}))), &["move Old to New: replacement-kept"]);
    // Another key: another table.
    let other = resource(json!({ "AttributeDefinitions": attributes(&["id"]), "KeySchema": key(&["id"]) }));
    check(
        &at("Old", resource(json!({}))),
        &at("New", other),
        &["add New: in-place", "remove Old: data-loss"],
    );
    // A name usually follows from the logical id, so another name does not make it another table.
    let renamed = check(
        &at("Old", named_table.clone()),
        &at("New", resource(json!({ "TableName": "other" }))),
        &["move Old to New: data-loss"],
    );
    assert!(renamed.changes[0].why.contains("a new, empty table"), "{}", renamed.changes[0].why);
    let kept = with(&at("Old", named_table.clone()), "/Resources/Old/DeletionPolicy", json!("Retain"));
    check(
        &kept,
        &at("New", resource(json!({ "TableName": "other" }))),
        &["move Old to New: replacement-kept"],
    );
    // Another index, or another type of its attribute: another table.
    let indexed = |name: &str, id: &str, attribute: &str| {
        let defined = attributes(&["pk", attribute]);
        let indexes = json!([index("by", &[attribute.split(':').next().unwrap_or_default()])]);
        at(
            id,
            resource(
                json!({ "TableName": name, "AttributeDefinitions": defined, "GlobalSecondaryIndexes": indexes }),
            ),
        )
    };
    check(&indexed("a", "Old", "g"), &indexed("b", "New", "g"), &["move Old to New: data-loss"]);
    for attribute in ["h", "g:N"] {
        check(
            &indexed("a", "Old", "g"),
            &indexed("b", "New", attribute),
            &["add New: in-place", "remove Old: data-loss"],
        );
    }
    // Of several that are alike, those with similar ids belong together.
    let pair = |ids: [&str; 2]| json!({ "Resources": { ids[0]: resource(json!({ "TableName": ids[0] })), ids[1]: resource(json!({ "TableName": ids[1] })) } });
    check(
        &pair(["Notes", "Orders"]),
        &pair(["Order", "Note"]),
        &["move Orders to Order: data-loss", "move Notes to Note: data-loss"],
    );
    // The same name under another type is the same table too.
    let global = json!({ "Type": "AWS::DynamoDB::GlobalTable", "Properties": { "TableName": "notes" } });
    let plan = check(&at("Old", named_table), &at("New", global), &["move Old to New: refused"]);
    assert!(plan.changes[0].recipe.clone().expect("a recipe").goal.contains("global table"));

    // Of several with one key, those that are equal belong together.
    let two = json!({ "Resources": { "A": resource(json!({ "TableClass": "STANDARD" })), "B": resource(json!({})) } });
    let moved = json!({ "Resources": { "C": resource(json!({})), "D": resource(json!({ "TableClass": "STANDARD" })) } });
    check(&two, &moved, &["move B to C: data-loss", "move A to D: data-loss"]);
}

#[test]
fn the_resource_type_cannot_change() {
    let (local, global) =
        (named(json!({})), with(&named(json!({})), "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable")));
    for (before, after) in [(&local, &global), (&global, &local)] {
        let plan = check(before, after, &["modify T: refused"]);
        assert_eq!(
            plan.changes[0].server_text.as_deref(),
            Some(
                "Update of resource type is not permitted. The new template modifies resource type of the following resources: [T]"
            )
        );
        assert!(plan.changes[0].recipe.is_some());
    }
    // SAM writes the one as the other; with a key that is an expression that cannot be done here.
    let simple = |key: Value| {
        let properties = json!({ "TableName": "app-t", "PrimaryKey": key });
        json!({ "Resources": { "T": { "Type": "AWS::Serverless::SimpleTable", "Properties": properties } } })
    };
    check(&simple(json!({ "Name": "pk", "Type": "String" })), &local, &[]);
    check(
        &simple(json!({ "Name": "pk", "Type": "Number" })),
        &local,
        &["modify T/Properties/AttributeDefinitions/0: refused"],
    );
    let unknown = simple(json!({ "Fn::FindInMap": ["Keys", { "Ref": "Stage" }, "key"] }));
    assert_eq!(check(&unknown, &local, &["modify T: refused"]).changes[0].server_text, None);
}

#[test]
fn global_tables() {
    let global = |properties: Value| {
        let base = json!({ "TableName": "g", "Replicas": [{ "Region": "eu-west-1" }], "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" } });
        with(&table(merged(base, properties)), "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable"))
    };
    let two = json!({ "Replicas": [{ "Region": "us-east-1" }, { "Region": "eu-west-1" }] });
    check(&global(json!({})), &global(two.clone()), &["add T/Properties/Replicas/0: in-place-with-risk"]);
    check(&global(two.clone()), &global(json!({})), &["remove T/Properties/Replicas/0: in-place-with-risk"]);
    let plan = check(
        &global(two.clone()),
        &with(&global(two.clone()), "/Resources/T/Properties/StreamSpecification", json!(null)),
        &["remove T/Properties/StreamSpecification: refused"],
    );
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("Disabling Stream is not allowed for a Global Table replica.")
    );
    check(
        &global(two.clone()),
        &global(merged(two, json!({ "StreamSpecification": { "StreamViewType": "KEYS_ONLY" } }))),
        &["modify T/Properties/StreamSpecification/StreamViewType: refused"],
    );
    check(
        &global(json!({})),
        &global(json!({ "MultiRegionConsistency": "STRONG" })),
        &["add T/Properties/MultiRegionConsistency: refused"],
    );
    check(
        &global(json!({})),
        &global(json!({ "KeySchema": key(&["pk", "pk"]) })),
        &["modify T/Properties/KeySchema: refused"],
    );
    check(
        &global(json!({})),
        &global(json!({ "TableName": "h" })),
        &["modify T/Properties/TableName: data-loss"],
    );
    let protected = json!({ "Replicas": [{ "Region": "eu-west-1", "DeletionProtectionEnabled": true }] });
    check(
        &global(protected.clone()),
        &global(json!({})),
        &["remove T/Properties/Replicas/0/DeletionProtectionEnabled: in-place-with-risk"],
    );
    let rest = json!({ "Resources": { "U": resource(json!({})) } });
    let mut both = global(protected);
    both["Resources"]["U"] = resource(json!({}));
    check(&both, &rest, &["remove T: refused"]);
}

#[test]
fn resources_beside_tables() {
    let beside =
        |resources: Value| json!({ "Resources": merged(json!({ "T": resource(json!({})) }), resources) });
    let bare = beside(json!({}));
    let target = |resource_id: &str, min: u32| {
        json!({
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": { "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "ResourceId": resource_id, "MinCapacity": min },
        })
    };
    check(&bare, &beside(json!({ "R": target("table/t", 1) })), &["add R: in-place"]);
    check(&beside(json!({ "R": target("table/t", 1) })), &bare, &["remove R: in-place"]);
    check(
        &beside(json!({ "R": target("table/t", 1) })),
        &beside(json!({ "R": target("table/t", 2) })),
        &["modify R/Properties/MinCapacity: in-place"],
    );
    check(
        &beside(json!({ "R": target("table/t", 1) })),
        &beside(json!({ "R": target("table/u", 1) })),
        &["modify R/Properties/ResourceId: in-place-with-risk"],
    );
    // The same target under another logical id is registered before the old one is taken away.
    let plan = check(
        &beside(json!({ "R": target("table/t", 1) })),
        &beside(json!({ "S": target("table/t", 1) })),
        &["add S: refused", "remove R: in-place"],
    );
    assert_eq!(
        plan.changes[0].server_text.as_deref(),
        Some("table/t|dynamodb:table:ReadCapacityUnits|dynamodb already exists")
    );

    let policy = |name: Value, description: &str| json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": { "ManagedPolicyName": name, "Description": description } });
    let plan = check(
        &beside(json!({ "P": policy(json!("p"), "a") })),
        &beside(json!({ "P": policy(json!("p"), "b") })),
        &["modify P/Properties/Description: refused"],
    );
    assert!(plan.changes[0].server_text.as_deref().is_some_and(|text| text.contains("Rename p and update")));
    check(
        &beside(json!({ "P": policy(json!({ "Ref": "AWS::NoValue" }), "a") })),
        &beside(json!({ "P": policy(json!({ "Ref": "AWS::NoValue" }), "b") })),
        &["modify P/Properties/Description: in-place-with-risk"],
    );

    let key = json!({ "Type": "AWS::KMS::Key" });
    check(&beside(json!({ "K": key })), &bare, &["remove K: data-loss"]);
    check(
        &beside(json!({ "K": merged(key, json!({ "DeletionPolicy": "Retain" })) })),
        &bare,
        &["remove K: in-place-with-risk"],
    );

    // Types that are not known here are not called safe.
    let foreign =
        |value: u32| json!({ "Type": "AWS::Lambda::Function", "Properties": { "MemorySize": value } });
    check(&bare, &beside(json!({ "F": foreign(1) })), &["add F: in-place"]);
    check(
        &beside(json!({ "F": foreign(1) })),
        &beside(json!({ "F": foreign(2) })),
        &["modify F/Properties/MemorySize: in-place-with-risk"],
    );
    check(&beside(json!({ "F": foreign(1) })), &bare, &["remove F: in-place-with-risk"]);
}

#[test]
fn the_rest_of_the_template() {
    let stack = |sections: Value| merged(named(json!({})), sections);
    let bare = stack(json!({}));
    check(
        &bare,
        &stack(json!({ "Description": "d", "Metadata": { "a": 1 } })),
        &["add Description: none", "add Metadata: none"],
    );
    check(&bare, &with(&bare, "/Resources/T/Metadata", json!({ "why": "x" })), &["add T/Metadata: none"]);
    check(
        &bare,
        &stack(json!({ "Transform": "AWS::Serverless-2016-10-31" })),
        &["add Transform: in-place-with-risk"],
    );
    check(&bare, &stack(json!({ "Rules": { "R": {} } })), &["add Rules/R: none"]);

    let output = |value: Value| stack(json!({ "Outputs": { "O": value } }));
    let export = |name: &str, value: &str| output(json!({ "Value": value, "Export": { "Name": name } }));
    let plain = |value: &str| output(json!({ "Value": value }));
    check(&bare, &plain("a"), &["add Outputs/O: in-place"]);
    check(&plain("a"), &plain("b"), &["modify Outputs/O/Value: in-place"]);
    check(&plain("a"), &bare, &["remove Outputs/O: in-place-with-risk"]);
    check(&plain("a"), &export("x", "a"), &["add Outputs/O/Export: in-place"]);
    let text = |plan: Plan| plan.changes[0].server_text.clone().unwrap_or_default();
    assert_eq!(
        text(check(&export("x", "a"), &bare, &["remove Outputs/O: in-place-with-risk"])),
        "Export x cannot be deleted as it is in use by …"
    );
    assert_eq!(
        text(check(&export("x", "a"), &export("y", "a"), &["modify Outputs/O/Export: in-place-with-risk"])),
        "Export x cannot be deleted as it is in use by …"
    );
    assert_eq!(
        text(check(&export("x", "a"), &export("x", "b"), &["modify Outputs/O/Value: in-place-with-risk"])),
        "Export x cannot be updated as it is in use by …"
    );
    check(
        &plain("a"),
        &output(json!({ "Value": "a", "Description": "d" })),
        &["add Outputs/O/Description: none"],
    );
}

#[test]
fn parameters_mappings_and_conditions_are_judged_by_what_they_reach() {
    let template = |properties: Value, sections: Value| merged(named(properties), sections);
    let reads = json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": { "ReadCapacityUnits": { "Ref": "Reads" }, "WriteCapacityUnits": 1 } });
    let parameter =
        |default: u32| json!({ "Parameters": { "Reads": { "Type": "Number", "Default": default } } });
    let plan = check(
        &template(reads.clone(), parameter(1)),
        &template(reads.clone(), parameter(2)),
        &["modify Parameters/Reads/Default: in-place-with-risk"],
    );
    assert!(
        plan.changes[0].why.contains("`T/Properties/ProvisionedThroughput/ReadCapacityUnits`"),
        "{}",
        plan.changes[0].why
    );
    check(
        &template(json!({}), parameter(1)),
        &template(json!({}), parameter(2)),
        &["modify Parameters/Reads/Default: none"],
    );
    check(
        &template(json!({}), json!({})),
        &template(json!({}), parameter(2)),
        &["add Parameters/Reads: none"],
    );
    check(
        &template(json!({}), parameter(2)),
        &template(json!({}), json!({})),
        &["remove Parameters/Reads: none"],
    );
    let described =
        json!({ "Parameters": { "Reads": { "Type": "Number", "Default": 1, "Description": "d" } } });
    check(
        &template(reads.clone(), parameter(1)),
        &template(reads, described),
        &["add Parameters/Reads/Description: none"],
    );

    let name = json!({ "TableName": { "Fn::FindInMap": ["Names", "prod", "notes"] } });
    let map = |prod: &str, dev: &str| json!({ "Mappings": { "Names": { "prod": { "notes": prod }, "dev": { "notes": dev } } } });
    check(
        &template(name.clone(), map("a", "a")),
        &template(name.clone(), map("a", "b")),
        &["modify Mappings/Names/dev/notes: none"],
    );
    check(
        &template(name.clone(), map("a", "a")),
        &template(name, map("b", "a")),
        &["modify Mappings/Names/prod/notes: none", "modify T/Properties/TableName: data-loss"],
    );
    let dynamic = json!({ "TableClass": { "Fn::FindInMap": ["Names", { "Ref": "Env" }, "notes"] } });
    check(
        &template(dynamic.clone(), map("a", "a")),
        &template(dynamic, map("a", "b")),
        &["modify Mappings/Names/dev/notes: in-place-with-risk"],
    );

    let gated = |policy: &str, prod: &str| {
        let template = merged(
            named(json!({})),
            json!({ "Conditions": { "Prod": { "Fn::Equals": [{ "Ref": "Env" }, prod] }, "Both": { "Fn::And": [{ "Condition": "Prod" }] } } }),
        );
        let template = with(&template, "/Resources/T/DeletionPolicy", json!(policy));
        with(&template, "/Resources/T/Condition", json!("Both"))
    };
    check(&gated("Delete", "a"), &gated("Delete", "b"), &["modify Conditions/Prod: data-loss"]);
    check(&gated("Retain", "a"), &gated("Retain", "b"), &["modify Conditions/Prod: replacement-kept"]);
    let free = with(&gated("Delete", "a"), "/Resources/T/Condition", json!(null));
    check(&free, &gated("Delete", "a"), &["add T/Condition: data-loss"]);
    check(&gated("Delete", "a"), &free, &["remove T/Condition: in-place-with-risk"]);
    check(
        &free,
        &with(&free, "/Conditions/Prod", json!({ "Fn::Equals": [1, 1] })),
        &["modify Conditions/Prod: none"],
    );
}

#[test]
fn values_under_conditions_are_judged_branch_by_branch() {
    let class =
        |prod: Value, other: Value| named(json!({ "TableClass": { "Fn::If": ["Prod", prod, other] } }));
    let none = json!({ "Ref": "AWS::NoValue" });
    check(
        &class(json!("STANDARD"), none.clone()),
        &class(json!("STANDARD"), json!("STANDARD")),
        &["add T/Properties/TableClass/Fn::If/2: none"],
    );
    check(
        &class(json!("STANDARD"), none.clone()),
        &class(json!("STANDARD_INFREQUENT_ACCESS"), none.clone()),
        &["modify T/Properties/TableClass/Fn::If/1: in-place-with-risk"],
    );
    let keyed = |schema: Value| named(json!({ "KeySchema": { "Fn::If": ["Prod", schema, key(&["pk"])] } }));
    check(
        &keyed(key(&["pk"])),
        &keyed(key(&["pk", "pk"])),
        &["modify T/Properties/KeySchema/Fn::If/1: refused"],
    );
    // A condition that comes or goes may mean anything.
    check(&named(json!({})), &keyed(key(&["pk"])), &["modify T/Properties/KeySchema: refused"]);
    let conditional = |inner: Value| {
        named(json!({
            "AttributeDefinitions": attributes(&["pk", "a"]),
            "GlobalSecondaryIndexes": [{ "Fn::If": ["Prod", inner, none] }],
        }))
    };
    let narrowed = merged(index("i", &["a"]), json!({ "Projection": { "ProjectionType": "KEYS_ONLY" } }));
    check(
        &conditional(index("i", &["a"])),
        &conditional(narrowed),
        &["modify T/Properties/GlobalSecondaryIndexes/0/Fn::If/1/Projection: refused"],
    );
    let plain = named(
        json!({ "AttributeDefinitions": attributes(&["pk", "a"]), "GlobalSecondaryIndexes": [index("i", &["a"])] }),
    );
    check(
        &plain,
        &conditional(index("i", &["a"])),
        &["modify T/Properties/GlobalSecondaryIndexes/0: in-place-with-risk"],
    );
}

/// Every property that the schemas know has a rule of its own.
#[test]
fn no_property_of_the_schemas_is_unknown() {
    let names = json!({ "AttributeName": "n", "IndexName": "i", "Key": "k", "Region": "r" });
    let schemas = [
        ("AWS::DynamoDB::Table", include_str!("../../../../tests/schema/aws-dynamodb-table.paths.txt")),
        (
            "AWS::DynamoDB::GlobalTable",
            include_str!("../../../../tests/schema/aws-dynamodb-globaltable.paths.txt"),
        ),
    ];
    for (kind, paths) in schemas {
        let is_leaf = |path: &str| !paths.lines().any(|other| other.starts_with(&format!("{path}/")));
        for path in paths.lines().filter(|path| is_leaf(path)) {
            let template = |value: Value| {
                let parts = path.rsplit('/').filter(|part| !part.is_empty());
                let properties = parts.fold(value, |inner, part| match part {
                    // Elements have the names that their lists tell them apart by.
                    "*" if inner.is_object() => json!([merged(names.clone(), inner)]),
                    "*" => json!([inner]),
                    _ if inner.is_null() => json!({}),
                    _ => json!({ part: inner }),
                });
                with(
                    &json!({ "Resources": { "T": { "Type": kind } } }),
                    "/Resources/T/Properties",
                    properties,
                )
            };
            for (before, after) in [(json!("a"), json!("b")), (json!(1), json!(2)), (json!("a"), json!(null))]
            {
                let plan = diff(&template(before), &template(after));
                let unknown = plan.changes.iter().find(|change| change.why.contains("has no rule for"));
                assert_eq!(unknown, None, "{kind} {path}");
                assert!(!plan.is_empty(), "{kind} {path}");
            }
        }
    }
}

#[test]
fn an_attribute_that_no_key_uses_is_refused_whatever_its_type() {
    let defined = |names: &[&str]| named(json!({ "AttributeDefinitions": attributes(names) }));
    for before in [&["pk"][..], &["pk", "x"], &["pk", "x:N"]] {
        for after in [&["pk", "x"][..], &["pk", "x:B"]] {
            let plan = diff(&defined(before), &defined(after));
            let expected = if before == after { Verdict::None } else { Verdict::Refused };
            assert_eq!(plan.verdict(), expected, "{before:?} → {after:?}");
        }
    }
}

#[test]
fn encryption_that_leaves_the_template_says_how_to_turn_it_off() {
    let encrypted = |on: Value| named(json!({ "SSESpecification": { "SSEEnabled": on } }));
    for (before, verdict) in [(json!(true), Verdict::InPlaceWithRisk), (json!(false), Verdict::None)] {
        let plan = diff(&encrypted(before), &named(json!({})));
        assert_eq!(plan.verdict(), verdict);
        let recipe = plan.changes[0].recipe.as_ref().expect("a recipe");
        assert!(recipe.steps.iter().any(|step| step.contains("SSEEnabled: false")), "{recipe:?}");
    }
    let off = diff(&encrypted(json!(true)), &encrypted(json!(false)));
    assert_eq!(off.changes[0].recipe, None);
}

#[test]
fn a_protected_replica_does_not_go() {
    let global = |replicas: Value| {
        json!({ "Resources": { "T": { "Type": "AWS::DynamoDB::GlobalTable", "Properties": {
            "AttributeDefinitions": attributes(&["pk"]), "KeySchema": key(&["pk"]), "BillingMode": "PAY_PER_REQUEST",
            "StreamSpecification": { "StreamViewType": "NEW_AND_OLD_IMAGES" }, "Replicas": replicas,
        } } } })
    };
    let one = global(json!([{ "Region": "us-east-1" }]));
    for (protected, verdict) in [
        (json!(true), Verdict::Refused),
        (json!("true"), Verdict::Refused),
        (json!(false), Verdict::InPlaceWithRisk),
    ] {
        let two = global(
            json!([{ "Region": "us-east-1" }, { "Region": "eu-west-1", "DeletionProtectionEnabled": protected }]),
        );
        assert_eq!(diff(&two, &one).verdict(), verdict, "{protected}");
    }
}

#[test]
fn capacity_of_an_index_under_auto_scaling_is_found_however_the_target_names_it() {
    let template = |resource_id: &Value, units: u32| {
        let mut index = index("by-g", &["g"]);
        index["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": units, "WriteCapacityUnits": 5 });
        let table = named(json!({
            "BillingMode": "PROVISIONED",
            "AttributeDefinitions": attributes(&["pk", "g"]),
            "GlobalSecondaryIndexes": [index],
        }));
        with(
            &table,
            "/Resources/Target",
            json!({ "Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
            "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:index:ReadCapacityUnits", "ResourceId": resource_id,
        } }),
        )
    };
    for (resource_id, verdict) in [
        (json!("table/app-t/index/by-g"), Verdict::InPlaceWithRisk),
        (json!({ "Fn::Sub": "table/${T}/index/by-g" }), Verdict::InPlaceWithRisk),
        (json!({ "Fn::Join": ["/", ["table", { "Ref": "T" }, "index", "by-g"]] }), Verdict::InPlaceWithRisk),
        (json!({ "Fn::Join": ["", ["table/", { "Ref": "T" }, "/index/by-g"]] }), Verdict::InPlaceWithRisk),
        (json!({ "Fn::Sub": "table/${T}/index/by-gg" }), Verdict::InPlace),
        (json!({ "Fn::Sub": "table/${T}" }), Verdict::InPlace),
    ] {
        let plan = diff(&template(&resource_id, 5), &template(&resource_id, 6));
        assert_eq!(plan.verdict(), verdict, "{resource_id}");
    }
}

#[test]
fn a_stream_that_is_still_read_does_not_go() {
    let streaming = |view: Value, output: Value| {
        let table = named(json!({ "StreamSpecification": view }));
        if output.is_null() { table } else { with(&table, "/Outputs", json!({ "O": { "Value": output } })) }
    };
    let on = json!({ "StreamViewType": "KEYS_ONLY" });
    let before = streaming(on, json!({ "Fn::GetAtt": ["T", "StreamArn"] }));
    for reader in [json!({ "Fn::GetAtt": ["T", "StreamArn"] }), json!({ "Fn::Sub": "x-${T.StreamArn}" })] {
        let plan = plan(Some(&before), &streaming(json!(null), reader), &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::Refused);
        let stream = plan.changes.iter().find(|change| change.path == "/Properties/StreamSpecification");
        let stream = stream.expect("the change");
        assert!(stream.why.contains("`Outputs/O/Value") || stream.why.contains("`O/Value"), "{}", stream.why);
        assert!(stream.server_text.is_none(), "no such refusal is recorded");
        assert!(stream.recipe.is_some());
    }
    for reader in [json!(null), json!({ "Fn::GetAtt": ["T", "Arn"] })] {
        let plan = plan(Some(&before), &streaming(json!(null), reader), &PlanOptions::default());
        assert_eq!(plan.verdict(), Verdict::InPlaceWithRisk);
    }
}

#[test]
fn what_aws_certainly_refuses() {
    let refused = |before: &Value, after: &Value| {
        let plan = diff(before, after);
        assert!(plan.verdict() >= Verdict::Refused, "{after}: {:?}", plan.changes);
    };
    let plain = named(json!({}));
    refused(&plain, &with(&plain, "/Resources/T/Properties/BillingMode", json!("PAYPERREQUEST")));
    let properties = plain["Resources"]["T"]["Properties"].clone();
    refused(
        &plain,
        &with(&plain, "/Resources/T/Properties", json!({ "Fn::If": ["C", properties, properties] })),
    );
    let simple = json!({ "Transform": "AWS::Serverless-2016-10-31", "Resources": { "T": { "Type": "AWS::Serverless::SimpleTable" } } });
    refused(&simple, &with(&simple, "/Transform", json!(null)));
    // Another type reads the value of another parameter.
    let typed = |kind: &str| {
        let named = table(json!({ "TableName": { "Ref": "P" } }));
        with(&named, "/Parameters", json!({ "P": { "Type": kind, "Default": "/a/b" } }))
    };
    refused(&typed("String"), &typed("AWS::SSM::Parameter::Value<String>"));
}
