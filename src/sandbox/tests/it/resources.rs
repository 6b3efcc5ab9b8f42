//! The resources beside plain tables: global tables, keys, streams, and what only has properties.

use serde_json::{Value, json};
use tablewright_sandbox::Request;

use crate::support::Wire;

fn create(wire: &Wire, stack: &str, resources: &Value) {
    let body = json!({ "Resources": resources }).to_string();
    let capability = ("Capabilities.member.1", "CAPABILITY_NAMED_IAM");
    wire.call("CreateStack", &[("StackName", stack), ("TemplateBody", &body), capability]);
    wire.wait(400);
}

fn update(wire: &Wire, stack: &str, resources: &Value) -> String {
    let body = json!({ "Resources": resources }).to_string();
    let capability = ("Capabilities.member.1", "CAPABILITY_NAMED_IAM");
    wire.call("UpdateStack", &[("StackName", stack), ("TemplateBody", &body), capability]);
    wire.wait(400);
    wire.status(stack)
}

fn describe(wire: &Wire, name: &str) -> Value {
    wire.dynamodb("DescribeTable", &json!({"TableName": name})).1["Table"].clone()
}

fn failure(wire: &Wire, stack: &str) -> String {
    let lines = wire.lines(stack);
    lines
        .iter()
        .rev()
        .find(|line| line.contains("_FAILED ") && !line.starts_with("STACK"))
        .cloned()
        .unwrap_or_default()
}

fn global(edit: impl Fn(&mut Value)) -> Value {
    let mut table = json!({
        "Type": "AWS::DynamoDB::GlobalTable",
        "Properties": {
            "TableName": "orders",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            "Replicas": [{
                "Region": "us-east-1",
                "DeletionProtectionEnabled": false,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
                "TableClass": "STANDARD_INFREQUENT_ACCESS",
                "Tags": [{"Key": "a", "Value": "b"}],
            }],
        },
    });
    edit(&mut table["Properties"]);
    json!({ "Orders": table })
}

fn replicas(table: &Value) -> Vec<String> {
    let list = table["Replicas"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|one| {
            format!("{} {}", one["RegionName"].as_str().unwrap(), one["ReplicaStatus"].as_str().unwrap())
        })
        .collect()
}

#[test]
fn a_global_table_with_one_replica_is_a_table() {
    let wire = Wire::new();
    create(&wire, "app", &global(|_| ()));
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    let table = describe(&wire, "orders");
    assert_eq!(table["TableStatus"], "ACTIVE");
    assert_eq!(table["TableClassSummary"]["TableClass"], "STANDARD_INFREQUENT_ACCESS");
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(table.get("Replicas"), None);
    let (_, backups) = wire.dynamodb("DescribeContinuousBackups", &json!({"TableName": "orders"}));
    let recovery = &backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    assert_eq!(recovery["PointInTimeRecoveryStatus"], "ENABLED");
    // A table of either type has the name.
    let (status, _) = wire.set(
        "other",
        "one",
        &json!({"Resources": global(|_| ())}).to_string(),
        &[("ChangeSetType", "CREATE")],
    );
    assert!(status.contains("ResourceExistenceCheck"), "{status}");
}

#[test]
fn replicas_come_and_go_one_at_a_time() {
    let wire = Wire::new();
    create(&wire, "app", &global(|_| ()));
    let in_regions = |regions: &[&str]| {
        global(|table| {
            table["Replicas"] = regions.iter().map(|region| json!({"Region": region})).collect();
        })
    };
    let body = json!({"Resources": in_regions(&["us-east-1", "eu-west-1"])}).to_string();
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(20);
    assert_eq!(replicas(&describe(&wire, "orders")), ["eu-west-1 CREATING"]);
    // The stack waits for its replica.
    assert_eq!(wire.status("app"), "UPDATE_IN_PROGRESS");
    wire.wait(200);
    assert_eq!(wire.status("app"), "UPDATE_COMPLETE");
    assert_eq!(replicas(&describe(&wire, "orders")), ["eu-west-1 ACTIVE"]);
    assert_eq!(describe(&wire, "orders")["GlobalTableVersion"], "2019.11.21");
    // The other region sees it too.
    let there = |action: &str| {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/dynamodb/aws4_request, Signature=0";
        let headers = vec![
            ("X-Amz-Target".to_owned(), format!("DynamoDB_20120810.{action}")),
            ("Authorization".to_owned(), scope.to_owned()),
        ];
        let body = br#"{"TableName":"orders"}"#.to_vec();
        let request = Request { method: "POST".into(), path: "/".into(), headers, body };
        serde_json::from_slice::<Value>(&wire.sandbox.answer(&request).unwrap().body).unwrap()
    };
    let replica = there("DescribeTable")["Table"].clone();
    assert_eq!(
        (replica["TableStatus"].as_str(), replicas(&replica)),
        (Some("ACTIVE"), vec!["us-east-1 ACTIVE".to_owned()])
    );
    assert_eq!(replica["TableArn"], "arn:aws:dynamodb:eu-west-1:000000000000:table/orders");
    assert!(
        there("DeleteTable")["message"]
            .as_str()
            .unwrap()
            .contains("does not model DynamoDB's DeleteTable for a replica")
    );

    assert_eq!(
        update(&wire, "app", &in_regions(&["us-east-1", "ap-south-1", "eu-central-1"])),
        "UPDATE_ROLLBACK_COMPLETE"
    );
    assert!(
        failure(&wire, "app")
            .contains("Cannot perform more than one replica creation or deletion in a single update")
    );
    assert_eq!(replicas(&describe(&wire, "orders")), ["eu-west-1 ACTIVE"]);
    assert_eq!(update(&wire, "app", &in_regions(&["eu-west-1"])), "UPDATE_ROLLBACK_COMPLETE");
    assert!(failure(&wire, "app").contains("Replicas must contain the Region of the stack, us-east-1"));
    assert_eq!(update(&wire, "app", &in_regions(&["us-east-1"])), "UPDATE_COMPLETE");
    assert!(replicas(&describe(&wire, "orders")).is_empty());
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(60);
    assert_eq!(describe(&wire, "orders"), Value::Null);
}

#[test]
fn global_tables_are_refused() {
    let check = |edit: &dyn Fn(&mut Value), expected: &str| {
        let wire = Wire::new();
        create(&wire, "app", &global(edit));
        assert_eq!(wire.status("app"), "ROLLBACK_COMPLETE", "{expected}");
        assert!(failure(&wire, "app").contains(expected), "{expected}: {}", failure(&wire, "app"));
        assert_eq!(describe(&wire, "orders"), Value::Null);
    };
    let doubled = json!([{"Region": "us-east-1"}, {"Region": "us-east-1", "TableClass": "STANDARD"}]);
    let two = json!([{"Region": "us-east-1"}, {"Region": "eu-west-1"}]);
    check(
        &|table| {
            table["Replicas"] = two.clone();
            table["StreamSpecification"]["StreamViewType"] = json!("KEYS_ONLY");
        },
        "NEW_AND_OLD_IMAGES is required for more than one replica",
    );
    check(
        &|table| {
            table["SSESpecification"] = json!({"SSEEnabled": true, "SSEType": "KMS"});
            table["Replicas"] = two.clone();
            table["Replicas"][0]["SSESpecification"] = json!({"KMSMasterKeyId": "x"});
        },
        "KMSMasterKeyId must be specified for each replica",
    );
    check(&|table| table["Replicas"] = doubled.clone(), "different Regions");
    check(
        &|table| table["BillingMode"] = json!("PROVISIONED"),
        "WriteProvisionedThroughputSettings must be specified",
    );
    check(&|table| table["MultiRegionConsistency"] = json!("STRONG"), "needs three Regions");
    check(
        &|table| table["GlobalTableWitnesses"] = json!([{"Region": "us-east-2"}]),
        "GlobalTableWitnesses need",
    );
    check(
        &|table| table["GlobalTableSourceArn"] = json!("arn:aws:dynamodb:x"),
        "does not model the property GlobalTableSourceArn",
    );
    check(&|table| table["Replicas"][0]["TableClass"] = json!("COLD"), "Value 'COLD' at 'tableClass'");
    check(
        &|table| table["StreamSpecification"]["StreamViewType"] = json!("ALL"),
        "Value of property {/StreamSpecification/StreamViewType} must be one of",
    );
}

#[test]
fn provisioned_global_tables_begin_where_scaling_does() {
    let wire = Wire::new();
    let scaling = |least: i64| json!({"MinCapacity": least, "MaxCapacity": 100, "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70}});
    create(
        &wire,
        "app",
        &global(|table| {
            table["BillingMode"] = json!("PROVISIONED");
            table["WriteProvisionedThroughputSettings"] =
                json!({"WriteCapacityAutoScalingSettings": scaling(7)});
            table["Replicas"][0]["ReadProvisionedThroughputSettings"] = json!({"ReadCapacityUnits": 3});
            table["AttributeDefinitions"] = json!([{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "day", "AttributeType": "S"}]);
            table["GlobalSecondaryIndexes"] = json!([{
                "IndexName": "byDay", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"},
                "WriteProvisionedThroughputSettings": {"WriteCapacityAutoScalingSettings": scaling(2)},
            }]);
            table["Replicas"][0]["GlobalSecondaryIndexes"] = json!([{
                "IndexName": "byDay", "ReadProvisionedThroughputSettings": {"ReadCapacityAutoScalingSettings": scaling(5)},
            }]);
        }),
    );
    assert_eq!(wire.status("app"), "CREATE_COMPLETE", "{}", failure(&wire, "app"));
    let table = describe(&wire, "orders");
    let units = |value: &Value| {
        (value["ReadCapacityUnits"].as_i64().unwrap(), value["WriteCapacityUnits"].as_i64().unwrap())
    };
    assert_eq!(units(&table["ProvisionedThroughput"]), (3, 7));
    assert_eq!(units(&table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]), (5, 2));
}

fn keyed(enabled: bool) -> Value {
    let mut table = global(|_| ())["Orders"].clone();
    table["Type"] = json!("AWS::DynamoDB::Table");
    table["Properties"].as_object_mut().unwrap().remove("Replicas");
    table["Properties"]["SSESpecification"] =
        json!({"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}});
    json!({
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"EnableKeyRotation": true, "Enabled": enabled, "PendingWindowInDays": 7}},
        "Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/orders", "TargetKeyId": {"Ref": "Key"}}},
        "Orders": table,
    })
}

#[test]
fn a_table_lives_and_dies_with_its_key() {
    let wire = Wire::new();
    create(&wire, "app", &keyed(true));
    assert_eq!(wire.status("app"), "CREATE_COMPLETE", "{}", failure(&wire, "app"));
    let resource = wire.call("DescribeStackResource", &[("StackName", "app"), ("LogicalResourceId", "Key")]);
    let id = resource["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap().to_owned();
    let table = describe(&wire, "orders");
    assert_eq!(
        table["SSEDescription"]["KMSMasterKeyArn"],
        format!("arn:aws:kms:us-east-1:000000000000:key/{id}")
    );
    assert_eq!(table["TableStatus"], "ACTIVE");

    assert_eq!(update(&wire, "app", &keyed(false)), "UPDATE_COMPLETE");
    assert_eq!(describe(&wire, "orders")["TableStatus"], "INACCESSIBLE_ENCRYPTION_CREDENTIALS");
    assert_eq!(update(&wire, "app", &keyed(true)), "UPDATE_COMPLETE");
    assert_eq!(describe(&wire, "orders")["TableStatus"], "ACTIVE");

    // Another table may name the key by its alias, as long as the key is of use.
    let input = |name: &str, key: &str| {
        json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
               "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": key}})
    };
    assert_eq!(wire.dynamodb("CreateTable", &input("second", "alias/orders")).0, 200);
    let (_, refused) = wire.dynamodb("CreateTable", &input("third", "alias/none"));
    assert!(refused["message"].as_str().unwrap().starts_with("KMS validation error: Key "), "{refused}");
    // A key of another account cannot be looked at.
    assert_eq!(
        wire.dynamodb("CreateTable", &input("fourth", "arn:aws:kms:us-east-1:123456789012:key/x")).0,
        200
    );

    // A stack that lets the key go leaves the other table without.
    wire.call("DeleteStack", &[("StackName", "app")]);
    wire.wait(100);
    assert_eq!(describe(&wire, "second")["TableStatus"], "INACCESSIBLE_ENCRYPTION_CREDENTIALS");
    let (_, refused) = wire.dynamodb("CreateTable", &input("third", &id));
    assert!(refused["message"].as_str().unwrap().ends_with("is pending deletion."), "{refused}");
}

#[test]
fn a_table_writes_to_a_stream() {
    let wire = Wire::new();
    let with = |stream: Option<&str>| {
        let mut table = keyed(true)["Orders"].clone();
        table["Properties"].as_object_mut().unwrap().remove("SSESpecification");
        if let Some(stream) = stream {
            table["Properties"]["KinesisStreamSpecification"] =
                json!({"StreamArn": {"Fn::GetAtt": [stream, "Arn"]}});
        }
        let stream = json!({"Type": "AWS::Kinesis::Stream", "Properties": {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}});
        json!({"One": stream, "Two": stream, "Orders": table})
    };
    create(&wire, "app", &with(Some("One")));
    assert_eq!(wire.status("app"), "CREATE_COMPLETE", "{}", failure(&wire, "app"));
    let destinations = || {
        let (_, answer) =
            wire.dynamodb("DescribeKinesisStreamingDestination", &json!({"TableName": "orders"}));
        let list = answer["KinesisDataStreamDestinations"].as_array().unwrap().clone();
        list.iter().map(|one| one["DestinationStatus"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(destinations(), ["ACTIVE"]);
    assert_eq!(update(&wire, "app", &with(Some("Two"))), "UPDATE_ROLLBACK_COMPLETE");
    assert!(
        failure(&wire, "app").contains("EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED"),
        "{}",
        failure(&wire, "app")
    );
    assert_eq!(update(&wire, "app", &with(None)), "UPDATE_COMPLETE");
    assert_eq!(destinations(), ["DISABLED"]);
    assert_eq!(update(&wire, "app", &with(Some("Two"))), "UPDATE_COMPLETE");
    assert_eq!(destinations(), ["DISABLED", "ACTIVE"]);
    let arn = "arn:aws:kinesis:us-east-1:000000000000:stream/none";
    let (_, refused) = wire
        .dynamodb("DisableKinesisStreamingDestination", &json!({"TableName": "orders", "StreamArn": arn}));
    assert!(
        refused["message"].as_str().unwrap().contains("No streaming destination with streamArn"),
        "{refused}"
    );
}

#[test]
fn resources_without_a_service_have_names_and_attributes() {
    let wire = Wire::new();
    let trust = json!({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]});
    let resources = json!({
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmName": "errors", "MetricName": "Errors", "Namespace": "app", "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1, "Period": 60, "Statistic": "Sum", "Threshold": 1, "AlarmActions": [{"Ref": "Topic"}],
        }},
        "Logs": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 14}},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "Path": "/app/", "AssumeRolePolicyDocument": trust}},
        "Policy": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"ManagedPolicyName": "read", "PolicyDocument": {"Statement": []}}},
    });
    let attributes = [
        ("Alarm", "Arn"),
        ("Logs", "Arn"),
        ("Policy", "PolicyArn"),
        ("Role", "Arn"),
        ("Topic", "TopicArn"),
        ("Topic", "TopicName"),
    ];
    let outputs: serde_json::Map<String, Value> = attributes
        .iter()
        .map(|(id, attribute)| {
            (format!("{id}{attribute}"), json!({"Value": {"Fn::GetAtt": [id, attribute]}}))
        })
        .collect();
    let body = json!({"Resources": resources, "Outputs": outputs}).to_string();
    wire.call(
        "CreateStack",
        &[("StackName", "app"), ("TemplateBody", &body), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")],
    );
    wire.wait(30);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE", "{}", failure(&wire, "app"));
    let stack = wire.stack("app");
    let said: Vec<&str> =
        stack["Outputs"].as_array().unwrap().iter().map(|one| one["OutputValue"].as_str().unwrap()).collect();
    assert_eq!(said[0], "arn:aws:cloudwatch:us-east-1:000000000000:alarm:errors");
    assert!(said[1].starts_with("arn:aws:logs:us-east-1:000000000000:log-group:app-Logs-"), "{}", said[1]);
    assert_eq!(said[2], "arn:aws:iam::000000000000:policy/read");
    assert_eq!(said[3], "arn:aws:iam::000000000000:role/app/worker");
    assert!(said[4].starts_with("arn:aws:sns:us-east-1:000000000000:app-Topic-"), "{}", said[4]);
    assert!(said[4].ends_with(said[5]));
    // A name that is taken is found before anything is made.
    let (status, _) = wire.set(
        "other",
        "one",
        &body,
        &[("ChangeSetType", "CREATE"), ("Capabilities.member.1", "CAPABILITY_NAMED_IAM")],
    );
    assert!(status.contains("ResourceExistenceCheck"), "{status}");
    let bad = |kind: &str, properties: Value, expected: &str| {
        let wire = Wire::new();
        create(&wire, "bad", &json!({"X": {"Type": kind, "Properties": properties}}));
        assert!(failure(&wire, "bad").contains(expected), "{expected}: {}", failure(&wire, "bad"));
    };
    bad(
        "AWS::KMS::Alias",
        json!({"AliasName": "orders", "TargetKeyId": "x"}),
        "Alias must start with the prefix",
    );
    bad(
        "AWS::KMS::Alias",
        json!({"AliasName": "alias/orders", "TargetKeyId": "x"}),
        "Key 'arn:aws:kms:us-east-1:000000000000:key/x' does not exist",
    );
    bad(
        "AWS::Kinesis::Stream",
        json!({"ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
        "ShardCount is not allowed",
    );
    bad(
        "AWS::CloudWatch::Alarm",
        json!({"ComparisonOperator": "GreaterThanThreshold"}),
        "Exactly one of [Metrics, MetricName, EvaluationCriteria] is required",
    );
    bad("AWS::Logs::LogGroup", json!({"RetentionInDays": 2}), "must be one of");
}

/// A resource of a type whose physical id is an ARN, with a name and with the property that changes in place.
fn named(kind: &str) -> (Value, &'static str) {
    let statement = json!({"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    match kind {
        "AWS::SNS::Topic" => (
            json!({"Type": kind, "Properties": {"TopicName": "alarms", "DisplayName": "one"}}),
            "DisplayName",
        ),
        _ => (
            json!({"Type": kind, "Properties": {"ManagedPolicyName": "reader", "Path": "/a/", "PolicyDocument": document}}),
            "PolicyDocument",
        ),
    }
}

#[test]
fn a_name_is_found_in_an_arn() {
    for kind in ["AWS::SNS::Topic", "AWS::IAM::ManagedPolicy"] {
        let wire = Wire::new();
        let (resource, property) = named(kind);
        create(&wire, "app", &json!({ "A": resource }));
        assert_eq!(wire.status("app"), "CREATE_COMPLETE");
        let mut changed = resource.clone();
        changed["Properties"][property] = match property {
            "DisplayName" => json!("two"),
            _ => json!({"Version": "2012-10-17", "Statement": []}),
        };
        let body = json!({"Resources": {"A": changed}}).to_string();
        let capability = ("Capabilities.member.1", "CAPABILITY_NAMED_IAM");
        // The resource does not stand in its own way, in a change set or in UpdateStack.
        assert_eq!(wire.set("app", "one", &body, &[capability]).0, "CREATE_COMPLETE", "{kind}");
        assert_eq!(update(&wire, "app", &json!({ "A": changed })), "UPDATE_COMPLETE", "{kind}");
        // Another one of that name does.
        let (status, _) = wire.set("other", "one", &body, &[capability, ("ChangeSetType", "CREATE")]);
        assert!(status.contains("AWS::EarlyValidation::ResourceExistenceCheck"), "{kind}: {status}");
        // Nor can it be replaced under its name.
        changed["Properties"].as_object_mut().unwrap().extend(match kind {
            "AWS::SNS::Topic" => json!({"FifoTopic": true}).as_object().unwrap().clone(),
            _ => json!({"Description": "new"}).as_object().unwrap().clone(),
        });
        assert_eq!(update(&wire, "app", &json!({ "A": changed })), "UPDATE_ROLLBACK_COMPLETE", "{kind}");
        let name = if kind == "AWS::SNS::Topic" { "alarms" } else { "reader" };
        assert_eq!(
            failure(&wire, "app"),
            format!(
                "A UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. \
                 Rename {name} and update the stack again."
            )
        );
    }
}

#[test]
fn read_only_properties_can_be_asked_for() {
    let wire = Wire::new();
    let outputs = |names: &[&str]| -> Value {
        let entries = names.iter().map(|name| {
            let (resource, attribute) = name.split_once('.').unwrap();
            (attribute.to_owned(), json!({"Value": {"Fn::GetAtt": [resource, attribute]}}))
        });
        Value::Object(entries.collect())
    };
    let (policy, _) = named("AWS::IAM::ManagedPolicy");
    let parameter = json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/a/b", "Value": "x"}});
    let body = json!({
        "Resources": {"P": policy, "S": parameter},
        "Outputs": outputs(&["P.CreateDate", "P.IsAttachable", "P.UpdateDate", "S.Arn"]),
    });
    let capability = ("Capabilities.member.1", "CAPABILITY_NAMED_IAM");
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body.to_string()), capability]);
    wire.wait(60);
    assert_eq!(wire.status("app"), "CREATE_COMPLETE");
    let stack = wire.stack("app");
    let value = |key: &str| {
        let outputs = stack["Outputs"].as_array().unwrap();
        outputs.iter().find(|output| output["OutputKey"] == key).unwrap()["OutputValue"].clone()
    };
    assert_eq!(value("IsAttachable"), "true");
    assert_eq!(value("CreateDate"), value("UpdateDate"));
    assert_eq!(value("Arn"), "arn:aws:ssm:us-east-1:000000000000:parameter/a/b");
}
