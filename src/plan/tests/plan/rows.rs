//! The comparison table of the semantic diff, and the traps of DynamoDB's updates, row by row: what other tools call an
//! update or a replacement, and what it is. The verdicts stand here, the words and the steps in the snapshots.

use serde_json::{Value, json};
use tablewright_plan::{Language, PlanOptions, Verdict, plan};

use crate::support::{attributes, index, key, merged, named, resource, steps, table, told, with};

struct Row {
    name: &'static str,
    before: Value,
    after: Value,
    verdict: Verdict,
}

fn row(name: &'static str, before: Value, after: Value, verdict: Verdict) -> Row {
    Row { name, before, after, verdict }
}

/// Holds every row against its verdict, and returns what is told of all of them.
fn check(rows: &[Row]) -> String {
    let mut text = String::new();
    for Row { name, before, after, verdict } in rows {
        let plan = plan(Some(before), after, &PlanOptions::default());
        assert_eq!(plan.verdict(), *verdict, "{name}: {:#?}", plan.changes);
        assert_eq!(plan.is_stopped(), *verdict >= Verdict::Refused, "{name}");
        assert_eq!(plan.steps.len() > 1, *verdict == Verdict::Staged, "{name}");
        if let Some(last) = plan.steps.last() {
            assert_eq!(&last.template, after, "{name}");
        }
        speaks_the_language_of_the_definition(name, before, after);
        for change in plan.changes.iter().filter(|change| change.verdict == Verdict::Refused) {
            assert!(change.server_text.is_some() && change.recipe.is_some(), "{name}: a bare no");
        }
        // The order of the members of an object depends on how `serde_json` is built.
        let mut changes: Vec<String> = plan.changes.iter().map(told).collect();
        changes.sort_unstable();
        text.push_str(&format!("## {name}: {verdict}\n\n"));
        changes.iter().for_each(|change| text.push_str(&format!("{change}\n")));
        if plan.steps.len() > 1 {
            let steps = steps(&plan).into_iter().enumerate();
            steps.for_each(|(at, step)| text.push_str(&format!("{}. {step}\n", at + 1)));
        }
        text.push('\n');
    }
    text
}

/// What a step says to write is YAML for templates, and Rust for definitions.
fn speaks_the_language_of_the_definition(name: &str, before: &Value, after: &Value) {
    for language in [Language::Template, Language::Rust] {
        let options = PlanOptions { language, ..PlanOptions::default() };
        let changes = plan(Some(before), after, &options).changes;
        for step in changes.into_iter().filter_map(|change| change.recipe).flat_map(|recipe| recipe.steps) {
            for quoted in step.split('`').skip(1).step_by(2) {
                let is_yaml = quoted.contains(": ") && !quoted.starts_with('#');
                let is_rust = quoted.starts_with(['.', '#']) || quoted.contains("::");
                let is_right = if language == Language::Rust { !is_yaml } else { !is_rust };
                assert!(is_right, "{name}, {language:?}: {step}");
            }
        }
    }
}

/// A named table that has something of everything.
fn full(over: Value) -> Value {
    named(merged(everything(), over))
}

/// The same with a generated name.
fn generated(over: Value) -> Value {
    table(merged(everything(), over))
}

fn everything() -> Value {
    json!({
        "AttributeDefinitions": attributes(&["pk", "sk", "a", "b", "l"]),
        "KeySchema": key(&["pk", "sk"]),
        "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"])],
        "LocalSecondaryIndexes": [index("local", &["pk", "l"])],
        "Tags": [{ "Key": "x", "Value": "1" }, { "Key": "y", "Value": "2" }],
    })
}

fn policy(template: &Value, name: &str, value: &str) -> Value {
    with(template, &format!("/Resources/T/{name}"), json!(value))
}

fn retained(template: &Value) -> Value {
    policy(template, "UpdateReplacePolicy", "Retain")
}

fn deleted(template: &Value) -> Value {
    policy(template, "UpdateReplacePolicy", "Delete")
}

/// What asks for another table, by what the table is called and what keeps it.
fn replacements(names: [&'static str; 4], change: &Value) -> [Row; 4] {
    let (before, after) = (generated(json!({})), generated(change.clone()));
    [
        row(names[0], full(json!({})), full(change.clone()), Verdict::Refused),
        row(names[1], before.clone(), after.clone(), Verdict::DataLoss),
        row(names[2], retained(&before), retained(&after), Verdict::ReplacementKept),
        row(names[3], deleted(&before), deleted(&after), Verdict::DataLoss),
    ]
}

fn provisioned(units: u32) -> Value {
    json!({ "BillingMode": "PROVISIONED", "ProvisionedThroughput": { "ReadCapacityUnits": units, "WriteCapacityUnits": units } })
}

/// Both indexes of `full`, with capacity.
fn provisioned_indexes(units: u32) -> Value {
    let capacity = provisioned(units);
    let index = |name, key| {
        merged(index(name, &[key]), json!({ "ProvisionedThroughput": capacity["ProvisionedThroughput"] }))
    };
    merged(capacity.clone(), json!({ "GlobalSecondaryIndexes": [index("by-a", "a"), index("by-b", "b")] }))
}

fn global(template: &Value) -> Value {
    with(template, "/Resources/T/Type", json!("AWS::DynamoDB::GlobalTable"))
}

fn scaled(template: &Value) -> Value {
    let target = json!({
        "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
        "Properties": {
            "ServiceNamespace": "dynamodb", "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
            "ResourceId": { "Fn::Sub": "table/${T}" }, "MinCapacity": 1, "MaxCapacity": 9,
        },
    });
    with(template, "/Resources/Reads", target)
}

const KEYS_ONLY: &str = "KEYS_ONLY";

fn narrow(index: Value) -> Value {
    merged(index, json!({ "Projection": { "ProjectionType": KEYS_ONLY } }))
}

#[test]
fn the_comparison_table() {
    let plain = full(json!({}));
    let mut rows = vec![
        row(
            "reorder AttributeDefinitions",
            plain.clone(),
            full(json!({ "AttributeDefinitions": attributes(&["l", "b", "a", "sk", "pk"]) })),
            Verdict::None,
        ),
        row(
            "reorder GSIs",
            plain.clone(),
            full(json!({ "GlobalSecondaryIndexes": [index("by-b", &["b"]), index("by-a", &["a"])] })),
            Verdict::None,
        ),
        row(
            "reorder tags",
            plain.clone(),
            full(json!({ "Tags": [{ "Key": "y", "Value": "2" }, { "Key": "x", "Value": "1" }] })),
            Verdict::None,
        ),
        row(
            "reorder KeySchema",
            plain.clone(),
            full(
                json!({ "KeySchema": [{ "AttributeName": "sk", "KeyType": "RANGE" }, { "AttributeName": "pk", "KeyType": "HASH" }] }),
            ),
            Verdict::Refused,
        ),
    ];

    rows.extend(replacements(
        [
            "type of a key attribute, named",
            "type of a key attribute, generated name",
            "type of a key attribute, generated name, Retain",
            "type of a key attribute, generated name, Delete",
        ],
        &json!({ "AttributeDefinitions": attributes(&["pk:N", "sk", "a", "b", "l"]) }),
    ));
    rows.extend(replacements(
        [
            "type of a local index's attribute, named",
            "type of a local index's attribute, generated name",
            "type of a local index's attribute, generated name, Retain",
            "type of a local index's attribute, generated name, Delete",
        ],
        &json!({ "AttributeDefinitions": attributes(&["pk", "sk", "a", "b", "l:N"]) }),
    ));
    let retyped = json!({ "AttributeDefinitions": attributes(&["pk", "sk", "a:N", "b", "l"]) });
    rows.push(row("type of an attribute of an index only", plain.clone(), full(retyped), Verdict::Refused));

    let fewer = full(json!({
        "AttributeDefinitions": attributes(&["pk", "sk", "a", "l"]), "GlobalSecondaryIndexes": [index("by-a", &["a"])],
    }));
    rows.push(row("add an attribute only used by a new GSI", fewer.clone(), plain.clone(), Verdict::InPlace));
    rows.push(row(
        "remove an attribute only used by an old GSI",
        plain.clone(),
        fewer.clone(),
        Verdict::InPlaceWithRisk,
    ));

    rows.extend(replacements(
        [
            "KeySchema, named",
            "KeySchema, generated name",
            "KeySchema, generated name, Retain",
            "KeySchema, generated name, Delete",
        ],
        &json!({ "KeySchema": key(&["sk", "pk"]) }),
    ));
    let other = full(json!({ "TableName": "app-u" }));
    rows.extend([
        row("TableName, to another literal", plain.clone(), other.clone(), Verdict::DataLoss),
        row(
            "TableName, to another literal, Retain",
            retained(&plain),
            retained(&other),
            Verdict::ReplacementKept,
        ),
        row("TableName, to another literal, Delete", deleted(&plain), deleted(&other), Verdict::DataLoss),
        row("TableName, to a generated one", plain.clone(), generated(json!({})), Verdict::DataLoss),
        row("TableName, from a generated one", generated(json!({})), plain.clone(), Verdict::DataLoss),
        row(
            "TableName, from a generated one, Retain",
            retained(&generated(json!({}))),
            retained(&plain),
            Verdict::ReplacementKept,
        ),
    ]);
    let import = |format: &str| json!({ "ImportSourceSpecification": { "InputFormat": format, "S3BucketSource": { "S3Bucket": "b" } } });
    rows.extend(replacements(
        [
            "ImportSourceSpecification, named",
            "ImportSourceSpecification, generated name",
            "ImportSourceSpecification, generated name, Retain",
            "ImportSourceSpecification, generated name, Delete",
        ],
        &import("ION"),
    ));
    rows.push(row(
        "ImportSourceSpecification changed",
        full(import("ION")),
        full(import("CSV")),
        Verdict::Refused,
    ));
    rows.push(row("ImportSourceSpecification removed", full(import("ION")), plain.clone(), Verdict::Refused));

    rows.extend(replacements(
        [
            "add an LSI, named",
            "add an LSI, generated name",
            "add an LSI, generated name, Retain",
            "add an LSI, generated name, Delete",
        ],
        &json!({ "LocalSecondaryIndexes": [index("local", &["pk", "l"]), index("second", &["pk", "a"])] }),
    ));
    rows.extend(replacements(
        [
            "change an LSI, named",
            "change an LSI, generated name",
            "change an LSI, generated name, Retain",
            "change an LSI, generated name, Delete",
        ],
        &json!({ "LocalSecondaryIndexes": [narrow(index("local", &["pk", "l"]))] }),
    ));
    rows.extend(replacements(
        ["remove an LSI, named", "remove an LSI, generated name", "remove an LSI, generated name, Retain", "remove an LSI, generated name, Delete"],
        &json!({ "AttributeDefinitions": attributes(&["pk", "sk", "a", "b"]), "LocalSecondaryIndexes": null }),
    ));

    let rekeyed = json!({ "GlobalSecondaryIndexes": [index("by-a", &["a", "pk"]), index("by-b", &["b"])] });
    let narrowed =
        json!({ "GlobalSecondaryIndexes": [narrow(index("by-a", &["a"])), index("by-b", &["b"])] });
    rows.push(row("key of an existing GSI", plain.clone(), full(rekeyed), Verdict::Refused));
    rows.push(row("projection of an existing GSI", plain.clone(), full(narrowed), Verdict::Refused));

    let none = full(
        json!({ "AttributeDefinitions": attributes(&["pk", "sk", "l"]), "GlobalSecondaryIndexes": null }),
    );
    let renamed = full(json!({ "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b2", &["b"])] }));
    rows.push(row("two GSI creates", none.clone(), plain.clone(), Verdict::Staged));
    rows.push(row("two GSI deletes", plain.clone(), none, Verdict::Staged));
    rows.push(row("a GSI create and a delete", plain.clone(), renamed, Verdict::Staged));

    let at = |id: &str, template: &Value| json!({ "Resources": { id: template["Resources"]["T"] } });
    let kept = policy(&generated(json!({})), "DeletionPolicy", "Retain");
    rows.extend([
        row("logical id, named", plain.clone(), at("U", &plain), Verdict::Refused),
        row(
            "logical id, generated name",
            generated(json!({})),
            at("U", &generated(json!({}))),
            Verdict::DataLoss,
        ),
        row("logical id, generated name, Retain", kept.clone(), at("U", &kept), Verdict::ReplacementKept),
    ]);

    for template in [plain.clone(), generated(json!({}))] {
        rows.push(row("Table to GlobalTable", template.clone(), global(&template), Verdict::Refused));
        rows.push(row("GlobalTable to Table", global(&template), template, Verdict::Refused));
    }

    let strong = |over: Value| {
        let guards = json!({
            "DeletionProtectionEnabled": true,
            "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
            "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "one" },
            "StreamSpecification": { "StreamViewType": "NEW_IMAGE" },
            "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "a" },
        });
        policy(&retained(&full(merged(guards, over))), "DeletionPolicy", "Retain")
    };
    let risks = [
        ("DeletionProtection off", json!({ "DeletionProtectionEnabled": false })),
        ("DeletionProtection dropped", json!({ "DeletionProtectionEnabled": null })),
        ("PITR off", json!({ "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": false } })),
        ("PITR dropped", json!({ "PointInTimeRecoverySpecification": null })),
        (
            "SSE key change",
            json!({ "SSESpecification": { "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": "two" } }),
        ),
        ("SSE key dropped", json!({ "SSESpecification": null })),
    ];
    rows.extend(["DeletionPolicy", "UpdateReplacePolicy"].map(|name| {
        row(
            "policy weakened",
            strong(json!({})),
            policy(&strong(json!({})), name, "Delete"),
            Verdict::InPlaceWithRisk,
        )
    }));
    rows.extend(
        risks.map(|(name, change)| row(name, strong(json!({})), strong(change), Verdict::InPlaceWithRisk)),
    );
    rows.extend([
        row(
            "TTL attribute change",
            strong(json!({})),
            strong(json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "b" } })),
            // More than a risk: it takes two deploys.
            Verdict::Staged,
        ),
        row(
            "stream view change",
            strong(json!({})),
            strong(json!({ "StreamSpecification": { "StreamViewType": KEYS_ONLY } })),
            Verdict::InPlaceWithRisk,
        ),
        row(
            "stream disabled",
            strong(json!({})),
            strong(json!({ "StreamSpecification": null })),
            Verdict::InPlaceWithRisk,
        ),
    ]);

    let class = |class: &str| json!({ "TableClass": class });
    rows.extend([
        row("BillingMode", full(provisioned_indexes(5)), plain.clone(), Verdict::InPlaceWithRisk),
        row("BillingMode back", plain.clone(), full(provisioned_indexes(5)), Verdict::InPlaceWithRisk),
        row(
            "TableClass",
            full(class("STANDARD")),
            full(class("STANDARD_INFREQUENT_ACCESS")),
            Verdict::InPlaceWithRisk,
        ),
        row("throughput up", table(provisioned(5)), table(provisioned(6)), Verdict::InPlace),
        row("throughput down", table(provisioned(6)), table(provisioned(5)), Verdict::InPlace),
        row(
            "throughput of an index",
            full(provisioned_indexes(5)),
            full(merged(provisioned_indexes(6), provisioned(5))),
            Verdict::InPlace,
        ),
    ]);

    let output = |id: &str, export: Option<&str>| {
        let export = export.map_or(json!(null), |name| json!({ "Name": name }));
        let output = merged(json!({ "Value": { "Ref": "T" } }), json!({ "Export": export }));
        merged(plain.clone(), json!({ "Outputs": { id: output } }))
    };
    rows.extend([
        row("Output removed", output("O", None), plain.clone(), Verdict::InPlaceWithRisk),
        row("Output renamed", output("O", None), output("P", None), Verdict::InPlaceWithRisk),
        row("Output with an export removed", output("O", Some("e")), plain.clone(), Verdict::InPlaceWithRisk),
        row(
            "Output with an export renamed",
            output("O", Some("e")),
            output("P", Some("e")),
            Verdict::InPlaceWithRisk,
        ),
        row("Export removed", output("O", Some("e")), output("O", None), Verdict::InPlaceWithRisk),
        row("Export renamed", output("O", Some("e")), output("O", Some("f")), Verdict::InPlaceWithRisk),
    ]);

    let metadata = with(&plain, "/Resources/T/Metadata", json!({ "m": 1 }));
    rows.extend([
        row(
            "Metadata only",
            plain.clone(),
            merged(plain.clone(), json!({ "Metadata": { "m": 1 } })),
            Verdict::None,
        ),
        row(
            "Metadata of the resource only",
            metadata.clone(),
            with(&metadata, "/Resources/T/Metadata/m", json!(2)),
            Verdict::None,
        ),
        row(
            "Description only",
            plain.clone(),
            merged(plain.clone(), json!({ "Description": "d" })),
            Verdict::None,
        ),
    ]);
    insta::assert_snapshot!("comparison_table", check(&rows));
}

/// Sections 3.1 to 3.4 and 3.6 of the facts of DynamoDB: every row that a template can show.
#[test]
fn the_traps_of_updates() {
    let plain = full(json!({}));
    let more = full(json!({
        "AttributeDefinitions": attributes(&["pk", "sk", "a", "b", "c", "l"]),
        "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"]), index("by-c", &["c"])],
    }));
    let and = |template: &Value, change: Value| {
        let properties = merged(template["Resources"]["T"]["Properties"].clone(), change);
        with(template, "/Resources/T/Properties", properties)
    };
    let mut rows = vec![
        // 3.1.3: nothing shares an update with an index.
        row(
            "a GSI create and a stream",
            plain.clone(),
            and(&more, json!({ "StreamSpecification": { "StreamViewType": KEYS_ONLY } })),
            Verdict::Staged,
        ),
        row(
            "a GSI create and deletion protection",
            plain.clone(),
            and(&more, json!({ "DeletionProtectionEnabled": true })),
            Verdict::Staged,
        ),
        row("a GSI create and a tag", plain.clone(), and(&more, json!({ "Tags": null })), Verdict::Staged),
        row(
            "a GSI create and contributor insights on it",
            plain.clone(),
            {
                let on = merged(
                    index("by-c", &["c"]),
                    json!({ "ContributorInsightsSpecification": { "Enabled": true } }),
                );
                and(
                    &more,
                    json!({ "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"]), on] }),
                )
            },
            Verdict::Staged,
        ),
        // 3.1.11: what DescribeTable sorts.
        row(
            "NonKeyAttributes in another order",
            {
                let only = |names: [&str; 2]| {
                    merged(
                        index("by-a", &["a"]),
                        json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": names } }),
                    )
                };
                full(json!({ "GlobalSecondaryIndexes": [only(["x", "y"]), index("by-b", &["b"])] }))
            },
            {
                let only = |names: [&str; 2]| {
                    merged(
                        index("by-a", &["a"]),
                        json!({ "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": names } }),
                    )
                };
                full(json!({ "GlobalSecondaryIndexes": [only(["y", "x"]), index("by-b", &["b"])] }))
            },
            Verdict::None,
        ),
    ];

    // 3.2: what becomes of a table that leaves the stack.
    let two = |template: &Value| with(template, "/Resources/U", resource(json!({})));
    let rest = json!({ "Resources": { "U": resource(json!({})) } });
    rows.push(row("removed, no policy", two(&plain), rest.clone(), Verdict::DataLoss));
    for (policy_name, verdict) in [
        ("Delete", Verdict::DataLoss),
        ("Retain", Verdict::ReplacementKept),
        ("RetainExceptOnCreate", Verdict::ReplacementKept),
    ] {
        rows.push(row(
            "removed, by its DeletionPolicy",
            two(&policy(&plain, "DeletionPolicy", policy_name)),
            rest.clone(),
            verdict,
        ));
    }
    let guarded = full(json!({ "DeletionProtectionEnabled": true }));
    rows.push(row("removed, protected", two(&guarded), rest.clone(), Verdict::Refused));
    rows.push(row(
        "removed, protected and Delete",
        two(&policy(&guarded, "DeletionPolicy", "Delete")),
        rest.clone(),
        Verdict::Refused,
    ));
    rows.push(row(
        "removed, protected and Retain",
        two(&policy(&guarded, "DeletionPolicy", "Retain")),
        rest,
        Verdict::ReplacementKept,
    ));
    let named_twice = with(&plain, "/Resources/U", resource(json!({ "TableName": "app-t" })));
    rows.push(row("a second table with the name", plain.clone(), named_twice, Verdict::Refused));

    // 3.3: one logical change per UpdateTable.
    let on_demand = table(json!({}));
    let exclusive = [
        ("deletion protection", json!({ "DeletionProtectionEnabled": true })),
        ("encryption", json!({ "SSESpecification": { "SSEEnabled": true } })),
        ("table class", json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
        ("warm throughput", json!({ "WarmThroughput": { "ReadUnitsPerSecond": 20000 } })),
        ("stream", json!({ "StreamSpecification": { "StreamViewType": KEYS_ONLY } })),
    ];
    for pair in exclusive.windows(2) {
        let both = table(merged(pair[0].1.clone(), pair[1].1.clone()));
        rows.push(row("two exclusive settings", on_demand.clone(), both, Verdict::Staged));
    }
    rows.push(row(
        "billing with capacity",
        table(provisioned(5)),
        table(json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 5 } })),
        Verdict::InPlaceWithRisk,
    ));
    rows.push(row(
        "stream and capacity",
        table(provisioned(5)),
        table(merged(provisioned(6), exclusive[4].1.clone())),
        Verdict::Staged,
    ));

    // 3.4, in its order.
    let ttl = |on: bool, name: &str| {
        table(json!({ "TimeToLiveSpecification": { "Enabled": on, "AttributeName": name } }))
    };
    let stream = |view: &str| json!({ "StreamSpecification": { "StreamViewType": view } });
    let kinesis = |arn: &str| table(json!({ "KinesisStreamSpecification": { "StreamArn": arn } }));
    let replicas = |regions: &[&str]| {
        let replicas: Value = regions.iter().map(|region| json!({ "Region": region })).collect();
        global(&table(merged(stream("NEW_AND_OLD_IMAGES"), json!({ "Replicas": replicas }))))
    };
    let two_replicas = replicas(&["eu-west-1", "us-east-1"]);
    let warm = |reads: Value| table(json!({ "WarmThroughput": reads }));
    rows.extend([
        row("TTL attribute A to B", ttl(true, "a"), ttl(true, "b"), Verdict::Staged),
        row("TTL removed", ttl(true, "a"), on_demand.clone(), Verdict::Refused),
        row("TTL off, the block stays", ttl(true, "a"), ttl(false, "a"), Verdict::InPlaceWithRisk),
        row(
            "stream view type",
            table(stream("NEW_IMAGE")),
            table(stream(KEYS_ONLY)),
            Verdict::InPlaceWithRisk,
        ),
        row(
            "stream off on a replica",
            two_replicas.clone(),
            with(&two_replicas, "/Resources/T/Properties/StreamSpecification", json!(null)),
            Verdict::Refused,
        ),
        row("Kinesis ARN", kinesis("one"), kinesis("two"), Verdict::Staged),
        row("Kinesis removed", kinesis("one"), on_demand.clone(), Verdict::InPlaceWithRisk),
        row(
            "PROVISIONED to PAY_PER_REQUEST, scaled",
            scaled(&table(provisioned(5))),
            on_demand.clone(),
            Verdict::Staged,
        ),
        row(
            "PROVISIONED to PAY_PER_REQUEST, scaling left",
            scaled(&table(provisioned(5))),
            scaled(&on_demand),
            Verdict::InPlaceWithRisk,
        ),
        row(
            "PAY_PER_REQUEST to PROVISIONED with indexes",
            plain.clone(),
            full(provisioned_indexes(5)),
            Verdict::InPlaceWithRisk,
        ),
        row(
            "PAY_PER_REQUEST to PROVISIONED, scaled",
            on_demand.clone(),
            scaled(&table(provisioned(5))),
            Verdict::Staged,
        ),
        row(
            "capacity that auto scaling manages",
            scaled(&table(provisioned(5))),
            scaled(&table(provisioned(6))),
            Verdict::InPlaceWithRisk,
        ),
        row(
            "warm throughput lower",
            warm(json!({ "ReadUnitsPerSecond": 20000 })),
            warm(json!({ "ReadUnitsPerSecond": 12000 })),
            Verdict::Refused,
        ),
        row(
            "warm throughput removed",
            warm(json!({ "ReadUnitsPerSecond": 20000 })),
            on_demand.clone(),
            Verdict::None,
        ),
        row(
            "table class",
            on_demand.clone(),
            table(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
            Verdict::InPlaceWithRisk,
        ),
        row("one replica", replicas(&["eu-west-1"]), two_replicas.clone(), Verdict::InPlaceWithRisk),
        row(
            "two replicas",
            replicas(&["eu-west-1"]),
            replicas(&["eu-west-1", "us-east-1", "us-west-2"]),
            Verdict::Staged,
        ),
        row("a replica removed", two_replicas, replicas(&["eu-west-1"]), Verdict::InPlaceWithRisk),
    ]);

    // 3.6: the wishes that have a recipe, and the index that is built beside the old one.
    let beside = full(
        json!({ "GlobalSecondaryIndexes": [index("by-a", &["a"]), index("by-b", &["b"]), index("by-a-and-pk", &["a", "pk"])] }),
    );
    let switched = full(
        json!({ "GlobalSecondaryIndexes": [index("by-b", &["b"]), index("by-a-and-pk", &["a", "pk"])] }),
    );
    rows.push(row("index redefinition, first the new one", plain, beside.clone(), Verdict::InPlace));
    rows.push(row("index redefinition, then the old one", beside, switched, Verdict::InPlaceWithRisk));
    insta::assert_snapshot!("traps_of_updates", check(&rows));
}
