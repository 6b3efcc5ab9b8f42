//! DynamoDB's own calls: the rules for a table, word for word where a word is known.

use serde_json::{Value, json};

use crate::support::Wire;

fn base() -> Value {
    json!({
        "TableName": "books",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "b", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}],
    })
}

fn index(name: &str, keys: &[(&str, &str)], projection: &Value) -> Value {
    let keys: Vec<Value> =
        keys.iter().map(|(name, kind)| json!({"AttributeName": name, "KeyType": kind})).collect();
    json!({"IndexName": name, "KeySchema": keys, "Projection": projection})
}

#[test]
fn creation_has_its_rules() {
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut input = base();
        change(&mut input);
        let (status, answer) = Wire::new().dynamodb("CreateTable", &input);
        let message = answer["message"].as_str().unwrap_or("accepted");
        assert!(message.contains(expected), "{message}, not {expected}");
        assert_eq!(status, if expected == "accepted" { 200 } else { 400 });
    };
    let all = || json!({"ProjectionType": "ALL"});
    check(&|_| (), "accepted");
    check(&|t| t["TableName"] = json!("ab"), "Member must have length greater than or equal to 3");
    check(
        &|t| t["TableName"] = json!("a b c"),
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
    );
    check(&|t| t["TableName"] = json!("x".repeat(256)), "Member must have length less than or equal to 255");
    check(&|t| t["KeySchema"] = json!([]), "at 'keySchema' failed to satisfy constraint");
    check(
        &|t| t["KeySchema"][0]["KeyType"] = json!("RANGE"),
        "The first KeySchemaElement is not a HASH key type",
    );
    check(
        &|t| t["KeySchema"][1]["AttributeName"] = json!("a"),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    );
    check(
        &|t| {
            t["AttributeDefinitions"]
                .as_array_mut()
                .unwrap()
                .push(json!({"AttributeName": "c", "AttributeType": "S"}));
        },
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions",
    );
    check(&|t| t["AttributeDefinitions"] = json!([]), "are not defined in AttributeDefinitions");
    check(
        &|t| t["AttributeDefinitions"][0]["AttributeType"] = json!("BOOL"),
        "Member must satisfy enum value set: [B, N, S]",
    );
    check(&|t| t["GlobalSecondaryIndexes"] = json!([]), "List of GlobalSecondaryIndexes is empty");
    check(&|t| t["LocalSecondaryIndexes"] = json!([]), "List of LocalSecondaryIndexes is empty");
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] =
                json!([index("one", &[("b", "HASH")], &all()), index("one", &[("a", "HASH")], &all())]);
        },
        "Duplicate index name: one",
    );
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] =
                (0..21).map(|n| index(&format!("index{n}"), &[("b", "HASH")], &all())).collect();
        },
        "GlobalSecondaryIndex count exceeds the per-table limit of 20",
    );
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] =
                json!([index("one", &[("b", "HASH"), ("a", "RANGE"), ("x", "HASH")], &all())]);
        },
        "are not defined",
    );
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] =
                json!([index("one", &[("b", "HASH"), ("a", "RANGE"), ("b", "HASH")], &all())]);
        },
        "All HASH key attributes must precede RANGE key attributes",
    );
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] =
                json!([index("one", &[("b", "HASH")], &json!({"ProjectionType": "INCLUDE"}))]);
        },
        "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    );
    check(
        &|t| {
            t["GlobalSecondaryIndexes"] = json!([index(
                "one",
                &[("b", "HASH")],
                &json!({"ProjectionType": "ALL", "NonKeyAttributes": ["x"]})
            )]);
        },
        "ProjectionType is ALL, but NonKeyAttributes is specified",
    );
    check(
        &|t| t["LocalSecondaryIndexes"] = json!([index("one", &[("b", "HASH"), ("a", "RANGE")], &all())]),
        "Index KeySchema does not have the same leading hash key as table KeySchema",
    );
    check(
        &|t| {
            t["KeySchema"].as_array_mut().unwrap().pop();
            t["LocalSecondaryIndexes"] = json!([index("one", &[("a", "HASH"), ("b", "RANGE")], &all())]);
        },
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    );
    check(
        &|t| {
            t["LocalSecondaryIndexes"] = (0..6)
                .map(|n| index(&format!("index{n}"), &[("a", "HASH"), ("b", "RANGE")], &all()))
                .collect();
        },
        "Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    );
    check(
        &|t| t["BillingMode"] = json!("PROVISIONED"),
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    );
    check(
        &|t| {
            t["BillingMode"] = json!("PROVISIONED");
            t["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1});
            t["GlobalSecondaryIndexes"] = json!([index("one", &[("b", "HASH")], &all())]);
        },
        "ProvisionedThroughput must be specified for index: one",
    );
    check(
        &|t| t["WarmThroughput"] = json!({"ReadUnitsPerSecond": 100, "WriteUnitsPerSecond": 4000}),
        "lower than initial throughput for OnDemand",
    );
    check(
        &|t| t["SSESpecification"] = json!({"Enabled": true, "SSEType": "AES256"}),
        "SSEType AES256 is not supported",
    );
    check(
        &|t| t["SSESpecification"] = json!({"Enabled": true, "KMSMasterKeyId": "k"}),
        "SSEType KMS is required if KMSMasterKeyId is specified",
    );
    check(
        &|t| t["SSESpecification"] = json!({"Enabled": false, "SSEType": "KMS"}),
        "SSEType can not be specified if Enabled is false",
    );
    check(
        &|t| {
            t["Tags"] = (0..51).map(|n| json!({"Key": format!("k{n}"), "Value": "v"})).collect();
        },
        "Number of Tags exceed the current limit",
    );
    check(
        &|t| t["GlobalTableSourceArn"] = json!("x"),
        "tablewright's sandbox does not model the member GlobalTableSourceArn",
    );
}

fn with_table() -> Wire {
    let wire = Wire::new();
    let mut input = base();
    input["AttributeDefinitions"]
        .as_array_mut()
        .unwrap()
        .push(json!({"AttributeName": "c", "AttributeType": "S"}));
    input["GlobalSecondaryIndexes"] =
        json!([index("one", &[("c", "HASH")], &json!({"ProjectionType": "ALL"}))]);
    assert_eq!(wire.dynamodb("CreateTable", &input).0, 200);
    wire.wait(15);
    wire
}

#[test]
fn updates_have_their_rules() {
    let check = |input: Value, expected: &str| {
        let wire = with_table();
        let mut input = input;
        input["TableName"] = json!("books");
        let (_, answer) = wire.dynamodb("UpdateTable", &input);
        let message = answer["message"].as_str().unwrap_or("accepted");
        assert!(message.contains(expected), "{message}, not {expected}");
    };
    let create =
        |name: &str| json!({"Create": index(name, &[("b", "HASH")], &json!({"ProjectionType": "ALL"}))});
    check(json!({"DeletionProtectionEnabled": true}), "accepted");
    check(json!({}), "At least one of ProvisionedThroughput, BillingMode");
    for (member, value, word) in [
        ("DeletionProtectionEnabled", json!(true), "DeletionProtection"),
        ("SSESpecification", json!({"Enabled": true}), "SSE"),
        ("TableClass", json!("STANDARD"), "TableClass"),
        ("WarmThroughput", json!({"ReadUnitsPerSecond": 13000}), "WarmThroughput"),
    ] {
        let mut input =
            json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}});
        input[member] = value;
        check(input, &format!("{word} modification must be the only operation in the request"));
    }
    check(
        json!({"GlobalSecondaryIndexUpdates": [create("two"), {"Delete": {"IndexName": "one"}}]}),
        "Only 1 online index can be created or deleted simultaneously per table",
    );
    check(
        json!({"GlobalSecondaryIndexUpdates": [create("one")]}),
        "Attempting to create an index which already exists",
    );
    check(
        json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]}),
        "index: none not found",
    );
    check(
        json!({"GlobalSecondaryIndexUpdates": [create("two")], "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}),
        "You cannot create or delete index while updating table IOPS",
    );
    check(
        json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}),
        "ProvisionedThroughput must be specified for index: one",
    );
    check(json!({"StreamSpecification": {"StreamEnabled": false}}), "Table has no stream to disable");
    check(json!({"ReplicaUpdates": []}), "does not model the member ReplicaUpdates");
}

#[test]
fn an_index_passes_its_stages() {
    let wire = with_table();
    let update = json!({"TableName": "books", "GlobalSecondaryIndexUpdates": [
        {"Create": index("two", &[("b", "HASH")], &json!({"ProjectionType": "KEYS_ONLY"}))},
    ]});
    assert_eq!(wire.dynamodb("UpdateTable", &update).0, 200);
    let stage = || {
        let table = wire.dynamodb("DescribeTable", &json!({"TableName": "books"})).1["Table"].clone();
        let two = table["GlobalSecondaryIndexes"][1].clone();
        format!("{} {} {}", table["TableStatus"], two["IndexStatus"], two["Backfilling"]).replace('"', "")
    };
    let delete = || {
        wire.dynamodb("DeleteTable", &json!({"TableName": "books"})).1["message"]
            .as_str()
            .unwrap_or("ok")
            .to_owned()
    };
    assert_eq!(stage(), "UPDATING CREATING false");
    wire.wait(31);
    assert_eq!(stage(), "ACTIVE CREATING true");
    assert_eq!(delete(), "Cannot delete table while indexes are being created, updated, or deleted");
    wire.wait(511);
    assert_eq!(stage(), "ACTIVE ACTIVE null");
    let ttl = |enabled: bool, name: &str| {
        let input = json!({"TableName": "books", "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": name}});
        wire.dynamodb("UpdateTimeToLive", &input).1["message"].as_str().unwrap_or("ok").to_owned()
    };
    assert_eq!(ttl(true, "x"), "ok");
    assert_eq!(
        ttl(true, "y"),
        "TimeToLive is active on a different AttributeName: current AttributeName is x"
    );
    assert_eq!(ttl(false, "x"), "Time to live has been modified multiple times within a fixed interval");
    wire.wait(3_600);
    assert_eq!(ttl(false, "x"), "ok");
    assert_eq!(delete(), "ok");
    assert_eq!(stage(), "DELETING ACTIVE null");
    wire.wait(4);
    let (_, gone) = wire.dynamodb("DescribeTable", &json!({"TableName": "books"}));
    assert_eq!(gone["message"], "Requested resource not found: Table: books not found");
}

#[test]
fn tables_are_listed_and_tagged() {
    let wire = with_table();
    for name in ["alpha", "gamma"] {
        let mut input = base();
        input["TableName"] = json!(name);
        wire.dynamodb("CreateTable", &input);
    }
    let (_, first) = wire.dynamodb("ListTables", &json!({"Limit": 2}));
    assert_eq!(first, json!({"TableNames": ["alpha", "books"], "LastEvaluatedTableName": "books"}));
    let (_, rest) = wire.dynamodb("ListTables", &json!({"ExclusiveStartTableName": "books"}));
    assert_eq!(rest, json!({"TableNames": ["gamma"]}));
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/books";
    wire.dynamodb(
        "TagResource",
        &json!({"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]}),
    );
    wire.dynamodb("UntagResource", &json!({"ResourceArn": arn, "TagKeys": ["a"]}));
    let (_, tags) = wire.dynamodb("ListTagsOfResource", &json!({"ResourceArn": arn}));
    assert_eq!(tags, json!({"Tags": [{"Key": "b", "Value": "2"}]}));
    let (status, refused) = wire.dynamodb("PutItem", &json!({"TableName": "books"}));
    assert_eq!(
        (status, refused["message"].as_str().unwrap()),
        (400, "tablewright's sandbox does not model DynamoDB's PutItem")
    );
}

#[test]
fn what_would_not_change_is_refused_in_full() {
    let wire = Wire::new();
    let mut table = base();
    table["BillingMode"] = json!("PROVISIONED");
    let units = |read: i64| json!({"ReadCapacityUnits": read, "WriteCapacityUnits": 2});
    table["ProvisionedThroughput"] = units(5);
    let mut by_b = index("byB", &[("b", "HASH")], &json!({"ProjectionType": "ALL"}));
    by_b["ProvisionedThroughput"] = units(3);
    table["GlobalSecondaryIndexes"] = json!([by_b]);
    assert_eq!(wire.dynamodb("CreateTable", &table).0, 200);
    wire.wait(60);
    let update =
        |index: i64| json!([{"Update": {"IndexName": "byB", "ProvisionedThroughput": units(index)}}]);
    let (_, refusal) =
        wire.dynamodb("UpdateTable", &json!({"TableName": "books", "ProvisionedThroughput": units(5)}));
    assert_eq!(
        refusal["message"],
        "The provisioned throughput for the table will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. Current WriteCapacityUnits \
         provisioned for the table: 2. Requested WriteCapacityUnits: 2. Refer to the Amazon DynamoDB Developer Guide for \
         current limits and how to request higher limits."
    );
    let (_, refusal) = wire
        .dynamodb("UpdateTable", &json!({"TableName": "books", "GlobalSecondaryIndexUpdates": update(3)}));
    assert_eq!(
        refusal["message"],
        "The provisioned throughput for the index byB will not change. The requested value equals the current value. \
         Current ReadCapacityUnits provisioned for index byB: 3. Requested ReadCapacityUnits: 3. Current \
         WriteCapacityUnits provisioned for index byB: 2. Requested WriteCapacityUnits: 2. Refer to the Amazon DynamoDB \
         Developer Guide for current limits and how to request higher limits."
    );
    let changed = json!({"TableName": "books", "GlobalSecondaryIndexUpdates": update(4)});
    assert_eq!(wire.dynamodb("UpdateTable", &changed).0, 200);
}

#[test]
fn backups_of_no_table_are_not_found() {
    let wire = Wire::new();
    let enabled = json!({"PointInTimeRecoveryEnabled": true});
    for (action, input) in [
        ("DescribeContinuousBackups", json!({"TableName": "none"})),
        (
            "UpdateContinuousBackups",
            json!({"TableName": "none", "PointInTimeRecoverySpecification": enabled}),
        ),
        ("CreateBackup", json!({"TableName": "none", "BackupName": "one"})),
    ] {
        let (status, refusal) = wire.dynamodb(action, &input);
        assert_eq!((status, &refusal["message"]), (400, &json!("Table not found: none")), "{action}");
        assert!(refusal["__type"].as_str().unwrap().ends_with("#TableNotFoundException"), "{refusal}");
    }
}
