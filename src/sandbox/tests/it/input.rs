//! Input that does not have its shape, in DynamoDB's own calls.

use serde_json::{Value, json};

use crate::support::Wire;

fn table(edit: impl Fn(&mut Value)) -> Value {
    let mut input = json!({
        "TableName": "books",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
    });
    edit(&mut input);
    input
}

/// Checks `code: message` of a refusal.
fn refused(wire: &Wire, action: &str, input: &Value, code: &str, message: &str) {
    let (status, answer) = wire.dynamodb(action, input);
    assert_eq!(status, 400, "{action} {input}: {answer}");
    assert_eq!(answer["message"], message, "{action} {input}");
    assert!(answer["__type"].as_str().unwrap().ends_with(&format!("#{code}")), "{answer}");
}

const INVALID: &str = "ValidationException";
const TYPE: &str = "SerializationException";

fn creation(edit: impl Fn(&mut Value), code: &str, message: &str) {
    refused(&Wire::new(), "CreateTable", &table(edit), code, message);
}

fn with_table() -> Wire {
    let wire = Wire::new();
    assert_eq!(wire.dynamodb("CreateTable", &table(|_| ())).0, 200);
    wire.wait(20);
    wire
}

#[test]
fn the_name_of_a_table_is_required() {
    for action in ["CreateTable", "UpdateTable", "DeleteTable", "DescribeTable", "DescribeTimeToLive"] {
        let text = "The parameter 'TableName' is required but was not present in the request";
        refused(&Wire::new(), action, &json!({}), INVALID, text);
    }
}

#[test]
fn what_is_null_was_not_sent() {
    let wire = Wire::new();
    let stream = json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"});
    let create = table(|t| {
        t["StreamSpecification"] = stream.clone();
        t["ProvisionedThroughput"] = Value::Null;
        t["SSESpecification"] = json!({"Enabled": true, "KMSMasterKeyId": null});
    });
    let (status, answer) = wire.dynamodb("CreateTable", &create);
    assert_eq!(status, 200, "{answer}");
    wire.wait(20);
    let update = json!({"TableName": create["TableName"], "DeletionProtectionEnabled": true, "StreamSpecification": null,
        "SSESpecification": null, "BillingMode": null, "TableClass": null, "GlobalSecondaryIndexUpdates": null});
    let (status, answer) = wire.dynamodb("UpdateTable", &update);
    assert_eq!(status, 200, "{answer}");
    wire.wait(60);
    let (_, answer) = wire.dynamodb("DescribeTable", &json!({"TableName": create["TableName"]}));
    let description = &answer["Table"];
    assert_eq!(description["StreamSpecification"], stream);
    assert_eq!(description["SSEDescription"]["Status"], "ENABLED");
    assert_eq!(description["DeletionProtectionEnabled"], true);
}

#[test]
fn keys_and_definitions_have_a_form() {
    let element = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    creation(
        |t| t["KeySchema"] = json!([element("a", "HASH"), element("a", "RANGE")]),
        INVALID,
        "Invalid KeySchema: Some index key attribute have no definition",
    );
    creation(
        |t| t["KeySchema"] = json!([element("a", "HASH"), element("b", "RANGE"), element("c", "RANGE")]),
        INVALID,
        "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), \
         KeySchemaElement(attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=c, keyType=RANGE)]' at \
         'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
    );
    creation(
        |t| t["KeySchema"][0]["KeyType"] = json!("SORT"),
        INVALID,
        "1 validation error detected: Value 'SORT' at 'keySchema.1.member.keyType' failed to satisfy constraint: Member must \
         satisfy enum value set: [HASH, RANGE]",
    );
    creation(
        |t| t["AttributeDefinitions"][0]["AttributeType"] = json!("BOOL"),
        INVALID,
        "1 validation error detected: Value 'BOOL' at 'attributeDefinitions.1.member.attributeType' failed to satisfy \
         constraint: Member must satisfy enum value set: [B, N, S]",
    );
    creation(
        |t| t["BillingMode"] = json!("FREE"),
        INVALID,
        "1 validation error detected: Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum \
         value set: [PROVISIONED, PAY_PER_REQUEST]",
    );
    creation(
        |t| t["AttributeDefinitions"] = json!([{"AttributeName": "a", "AttributeType": "S"}, {"AttributeName": "a", "AttributeType": "N"}]),
        INVALID,
        "Cannot have two attributes with the same name",
    );
    let twice = json!({"IndexName": "byA", "KeySchema": [element("a", "HASH")], "Projection": {
        "ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "x"],
    }});
    let text = "One or more parameter values were invalid: Duplicate attributes in NonKeyAttributes";
    creation(|t| t["GlobalSecondaryIndexes"] = json!([twice]), INVALID, text);
    let update = json!({"TableName": "books", "GlobalSecondaryIndexUpdates": [{"Create": twice}]});
    refused(&with_table(), "UpdateTable", &update, INVALID, text);
}

#[test]
fn broken_constraints_are_collected() {
    creation(
        |t| t["AttributeDefinitions"] = json!([{}]),
        INVALID,
        "2 validation errors detected: Value null at 'attributeDefinitions.1.member.attributeName' failed to satisfy \
         constraint: Member must not be null; Value null at 'attributeDefinitions.1.member.attributeType' failed to satisfy \
         constraint: Member must not be null",
    );
    creation(
        |t| t["TableName"] = json!(""),
        INVALID,
        "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: Member must have length greater \
         than or equal to 3; Value '' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression \
         pattern: [a-zA-Z0-9_.-]+",
    );
    let ttl = json!({"TableName": "books", "TimeToLiveSpecification": {}});
    refused(
        &with_table(),
        "UpdateTimeToLive",
        &ttl,
        INVALID,
        "2 validation errors detected: Value null at 'timeToLiveSpecification.attributeName' failed to satisfy constraint: \
         Member must not be null; Value null at 'timeToLiveSpecification.enabled' failed to satisfy constraint: Member must \
         not be null",
    );
    let recovery = json!({"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 0});
    refused(
        &with_table(),
        "UpdateContinuousBackups",
        &json!({"TableName": "books", "PointInTimeRecoverySpecification": recovery}),
        INVALID,
        "1 validation error detected: Value '0' at 'pointInTimeRecoverySpecification.recoveryPeriodInDays' failed to satisfy \
         constraint: Member must have value greater than or equal to 1",
    );
}

#[test]
fn values_have_their_types() {
    creation(|t| t["TableName"] = json!(5), TYPE, "NUMBER_VALUE cannot be converted to String");
    creation(|t| t["TableName"] = json!(true), TYPE, "TRUE_VALUE cannot be converted to String");
    creation(|t| t["KeySchema"] = json!({}), TYPE, "Start of structure or map found where not expected");
    creation(|t| t["KeySchema"] = json!("a"), TYPE, "Unexpected field type");
    creation(|t| t["TableName"] = json!([]), TYPE, "Start of list found where not expected");
    creation(
        |t| t["DeletionProtectionEnabled"] = json!("yes"),
        TYPE,
        "STRING_VALUE cannot be converted to Boolean",
    );
    let units = json!({"ReadCapacityUnits": "5", "WriteCapacityUnits": 5});
    creation(
        |t| t["ProvisionedThroughput"] = units.clone(),
        TYPE,
        "STRING_VALUE cannot be converted to Long",
    );
    let update = json!({"TableName": "books", "ProvisionedThroughput": units});
    refused(&with_table(), "UpdateTable", &update, TYPE, "STRING_VALUE cannot be converted to Long");
    // A template may write numbers and booleans as texts.
    let mut resource = table(|t| t["BillingMode"] = json!("PROVISIONED"));
    resource["ProvisionedThroughput"] = json!({"ReadCapacityUnits": "5", "WriteCapacityUnits": "5"});
    resource["DeletionProtectionEnabled"] = json!("false");
    let body =
        json!({"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "Properties": resource}}}).to_string();
    let wire = Wire::new();
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
}

#[test]
fn streams_have_a_view_when_they_are_on() {
    let invalid = |text: &str| format!("One or more parameter values were invalid: {text}");
    creation(
        |t| t["StreamSpecification"] = json!({"StreamEnabled": false, "StreamViewType": "KEYS_ONLY"}),
        INVALID,
        &invalid("Table is being created with a stream disabled, UpdateViewType should not be specified"),
    );
    let bare = json!({"StreamEnabled": true});
    let text = invalid("StreamViewType must be specified when StreamEnabled is true");
    creation(|t| t["StreamSpecification"] = bare.clone(), INVALID, &text);
    let update = json!({"TableName": "books", "StreamSpecification": bare});
    refused(&with_table(), "UpdateTable", &update, INVALID, &text);
    creation(
        |t| t["StreamSpecification"] = json!({"StreamEnabled": true, "StreamViewType": "ALL"}),
        INVALID,
        "1 validation error detected: Value 'ALL' at 'streamSpecification.streamViewType' failed to satisfy constraint: \
         Member must satisfy enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]",
    );
}

#[test]
fn tags_have_both_parts() {
    let wire = with_table();
    let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/books";
    let tag = |tags: Value, text: &str| {
        refused(&wire, "TagResource", &json!({"ResourceArn": arn, "Tags": tags}), INVALID, text);
    };
    tag(json!([{"Key": "a"}]), "The Tag Value provided is invalid, Value: null");
    tag(json!([{"Value": "a"}]), "The Tag Key provided is invalid, Key: null");
    tag(json!([{"Key": "a;b", "Value": "c"}]), "The Tag Key provided is invalid, Key: a;b");
    tag(json!([]), "Atleast one Tag needs to be provided as Input.");
    let untag = json!({"ResourceArn": arn, "TagKeys": []});
    refused(&wire, "UntagResource", &untag, INVALID, "Atleast one Tag Key needs to be provided as Input.");
    creation(
        |t| t["Tags"] = json!([{"Key": "a"}]),
        INVALID,
        "The Tag Value provided is invalid, Value: null",
    );
    let other = "arn:aws:dynamodb:us-east-1:000000000000:table/none";
    for (action, more) in [
        ("ListTagsOfResource", json!({})),
        ("TagResource", json!({"Tags": [{"Key": "a", "Value": "b"}]})),
        ("UntagResource", json!({"TagKeys": ["a"]})),
    ] {
        let mut input = more;
        input["ResourceArn"] = json!(other);
        let text = format!("Requested resource not found: ResourcArn: {other} not found");
        refused(&wire, action, &input, "ResourceNotFoundException", &text);
    }
}

#[test]
fn an_empty_list_of_updates_asks_for_nothing() {
    let update = json!({"TableName": "books", "GlobalSecondaryIndexUpdates": []});
    let text = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or \
                SSESpecification or ReplicaUpdates is required";
    refused(&with_table(), "UpdateTable", &update, INVALID, text);
}
