//! Updates of a table through stacks: what is refused, in which words, and what is left afterwards.

use aws_sdk_cloudformation::types::ChangeSetType;
use serde_json::{Value, json};
use tablewright_sandbox::{Faults, HandlerOperation, ResourceFault};

use crate::support::{Wire, World, add_index, notes, world, world_with};

fn properties(template: &mut Value) -> &mut Value {
    &mut template["Resources"]["Notes"]["Properties"]
}

/// Creates with one template and updates to another, which must fail with a reason and leave the table as it was.
async fn check_refused(before: &str, after: &str, reason: &str) -> World {
    let world = world();
    world.create("app", before).await;
    world.wait(700);
    let table = world.table("notes").await.unwrap();
    assert_eq!(world.update("app", after).await, "UPDATE_ROLLBACK_COMPLETE");
    let lines = world.lines("app").await;
    let failed = lines.iter().find(|line| line.contains("UPDATE_FAILED")).unwrap();
    assert!(failed.contains(reason), "{failed}");
    let rest = lines[lines.len() - 5..].to_vec();
    assert_eq!(
        rest[0],
        "app UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [Notes]. "
    );
    assert_eq!(rest[1..3], ["Notes UPDATE_IN_PROGRESS", "Notes UPDATE_COMPLETE"]);
    assert_eq!(
        rest[3..],
        ["app UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "app UPDATE_ROLLBACK_COMPLETE"]
    );
    let operations: Vec<(String, String)> = world
        .events("app")
        .await
        .iter()
        .rev()
        .take(6)
        .map(|event| {
            (event.operation_id().unwrap().to_owned(), event.client_request_token().unwrap().to_owned())
        })
        .collect();
    assert!(operations[..5].iter().all(|operation| *operation == operations[0]));
    assert!(operations[5].0 != operations[0].0 && operations[5].1 == operations[0].1);
    assert_eq!(world.table("notes").await.unwrap(), table);
    let text = world.cfn.get_template().stack_name("app").send().await.unwrap();
    assert_eq!(text.template_body().unwrap(), before);
    world
}

#[tokio::test]
async fn two_index_changes() {
    let one = notes(|t| add_index(t, "a", "x"));
    let one = one.replace("\"a\"", "\"first\"");
    let add_two = notes(|t| {
        add_index(t, "second", "x");
        add_index(t, "third", "x");
    });
    let text = "Resource handler returned message: \"Cannot perform more than one GSI creation or deletion in a single \
                update\" (RequestToken: ";
    check_refused(&notes(|_| ()), &add_two, text).await;
    // A rename is two changes as well.
    check_refused(&one, &one.replace("first", "other"), text).await;
}

#[tokio::test]
async fn another_shape_of_an_index() {
    let before = notes(|t| add_index(t, "byTopic", "topic"));
    let after = before.replace("\"ALL\"", "\"KEYS_ONLY\"");
    check_refused(
        &before,
        &after,
        "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights",
    )
    .await;
}

#[tokio::test]
async fn a_custom_named_replacement() {
    let other_key = notes(|t| {
        properties(t)["KeySchema"][0]["AttributeName"] = json!("id");
        properties(t)["AttributeDefinitions"][0]["AttributeName"] = json!("id");
    });
    let text = "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename notes and update \
                the stack again.";
    check_refused(&notes(|_| ()), &other_key, text).await;
    let retyped = notes(|t| properties(t)["AttributeDefinitions"][0]["AttributeType"] = json!("N"));
    check_refused(&notes(|_| ()), &retyped, text).await;
}

#[tokio::test]
async fn settings_that_dynamodb_refuses() {
    let ttl = |attribute: &str| {
        notes(|t| {
            properties(t)["TimeToLiveSpecification"] = json!({"Enabled": true, "AttributeName": attribute});
        })
    };
    check_refused(
        &ttl("a"),
        &ttl("b"),
        "TimeToLive is active on a different AttributeName: current AttributeName is a",
    )
    .await;
    check_refused(&ttl("a"), &notes(|_| ()), "AttributeName property of TimeToLiveSpecification is required")
        .await;
    let unused = notes(|t| {
        properties(t)["AttributeDefinitions"]
            .as_array_mut()
            .unwrap()
            .push(json!({"AttributeName": "x", "AttributeType": "S"}));
    });
    check_refused(
        &notes(|_| ()),
        &unused,
        "Property AttributeDefinitions is inconsistent with the KeySchema of the table",
    )
    .await;
    let provisioned = notes(|t| properties(t)["BillingMode"] = json!("PROVISIONED"));
    check_refused(
        &notes(|_| ()),
        &provisioned,
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    )
    .await;
    let warm = |read: u32| {
        notes(|t| {
            properties(t)["WarmThroughput"] =
                json!({"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": 4000});
        })
    };
    check_refused(&warm(15000), &warm(13000), "decreasing WarmThroughput is not supported").await;
    let local = |sort: &str| {
        notes(|t| {
            *properties(t) = json!({
                "TableName": "notes", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": "userId", "AttributeType": "S"}, {"AttributeName": "a", "AttributeType": "S"},
                    {"AttributeName": "b", "AttributeType": "S"},
                ],
                "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "a", "KeyType": "RANGE"}],
                "LocalSecondaryIndexes": [
                    {"IndexName": "one", "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "RANGE"}], "Projection": {"ProjectionType": sort}},
                ],
            });
        })
    };
    check_refused(&local("ALL"), &local("KEYS_ONLY"), "Updates to LocalSecondaryIndexes are not supported")
        .await;
}

#[tokio::test]
async fn settings_that_reach_the_table() {
    let world = world();
    world.create("app", &notes(|_| ())).await;
    let all = notes(|t| {
        let properties = properties(t);
        properties["BillingMode"] = json!("PROVISIONED");
        properties["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 7, "WriteCapacityUnits": "8"});
        properties["TableClass"] = json!("STANDARD_INFREQUENT_ACCESS");
        properties["DeletionProtectionEnabled"] = json!("true");
        properties["StreamSpecification"] = json!({"StreamViewType": "NEW_IMAGE"});
        properties["SSESpecification"] = json!({"SSEEnabled": true});
        properties["TimeToLiveSpecification"] = json!({"Enabled": true, "AttributeName": "ttl"});
        properties["PointInTimeRecoverySpecification"] =
            json!({"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7});
        properties["Tags"] = json!([{"Key": "a", "Value": "b"}]);
    });
    assert_eq!(world.update("app", &all).await, "UPDATE_COMPLETE");
    let table = world.table("notes").await.unwrap();
    assert_eq!(table.provisioned_throughput().unwrap().write_capacity_units(), Some(8));
    assert_eq!(table.billing_mode_summary().unwrap().billing_mode().unwrap().as_str(), "PROVISIONED");
    assert_eq!(
        table.table_class_summary().unwrap().table_class().unwrap().as_str(),
        "STANDARD_INFREQUENT_ACCESS"
    );
    assert_eq!(table.deletion_protection_enabled(), Some(true));
    assert_eq!(table.stream_specification().unwrap().stream_view_type().unwrap().as_str(), "NEW_IMAGE");
    assert!(
        table
            .latest_stream_arn()
            .unwrap()
            .starts_with("arn:aws:dynamodb:eu-west-1:000000000000:table/notes/stream/2026-")
    );
    assert_eq!(table.sse_description().unwrap().status().unwrap().as_str(), "ENABLED");
    let ttl = world.ddb.describe_time_to_live().table_name("notes").send().await.unwrap();
    assert_eq!(ttl.time_to_live_description().unwrap().attribute_name(), Some("ttl"));
    let backups = world.ddb.describe_continuous_backups().table_name("notes").send().await.unwrap();
    let recovery =
        backups.continuous_backups_description().unwrap().point_in_time_recovery_description().unwrap();
    assert_eq!(recovery.recovery_period_in_days(), Some(7));
    let tags =
        world.ddb.list_tags_of_resource().resource_arn(table.table_arn().unwrap()).send().await.unwrap();
    assert_eq!(tags.tags()[0].key(), "a");
    // Back to on-demand, without the index that is dropped on the way.
    let indexed = notes(|t| {
        add_index(t, "byTopic", "topic");
        properties(t)["TimeToLiveSpecification"] = json!({"Enabled": true, "AttributeName": "ttl"});
    });
    assert_eq!(world.update("app", &indexed).await, "UPDATE_COMPLETE");
    world.wait(700);
    let less = notes(|t| {
        properties(t)["TimeToLiveSpecification"] = json!({"Enabled": true, "AttributeName": "ttl"});
    });
    assert_eq!(world.update("app", &less).await, "UPDATE_COMPLETE");
    let table = world.table("notes").await.unwrap();
    assert!(table.global_secondary_indexes().is_empty());
    assert_eq!(table.attribute_definitions().len(), 1, "the index's attribute is pruned");
}

#[tokio::test]
async fn a_generated_name_is_replaced() {
    let world = world();
    let unnamed = |key: &str, policy: &str| {
        notes(|t| {
            t["Resources"]["Notes"]["UpdateReplacePolicy"] = json!(policy);
            let properties = properties(t);
            properties.as_object_mut().unwrap().remove("TableName");
            properties["KeySchema"][0]["AttributeName"] = json!(key);
            properties["AttributeDefinitions"][0]["AttributeName"] = json!(key);
        })
    };
    world.create("app", &unnamed("a", "Delete")).await;
    let old = world.ddb.list_tables().send().await.unwrap().table_names()[0].clone();
    assert!(old.starts_with("app-Notes-") && old.len() == "app-Notes-".len() + 12, "{old}");
    assert_eq!(world.update("app", &unnamed("b", "Delete")).await, "UPDATE_COMPLETE");
    let tables = world.ddb.list_tables().send().await.unwrap().table_names().to_vec();
    assert!(tables.len() == 1 && tables[0] != old, "{tables:?}");
    // The same with Retain keeps the old one.
    assert_eq!(world.update("app", &unnamed("c", "Retain")).await, "UPDATE_COMPLETE");
    assert_eq!(world.ddb.list_tables().send().await.unwrap().table_names().len(), 2);
    assert!(world.lines("app").await.contains(&"Notes DELETE_SKIPPED".to_owned()));
}

#[tokio::test]
async fn change_sets_tell_what_happens_to_the_table() {
    let world = world();
    world.create("app", &notes(|_| ())).await;
    let check = async |template: String, replacement: &str, policy: Option<&str>, scope: &str| {
        let name = format!("set-{}", world.sandbox.calls().len());
        world.change_set("app", &name, ChangeSetType::Update, &template).await;
        let set =
            world.cfn.describe_change_set().stack_name("app").change_set_name(&name).send().await.unwrap();
        let change = set.changes()[0].resource_change().unwrap();
        assert_eq!(change.replacement().unwrap().as_str(), replacement);
        assert_eq!(change.policy_action().map(aws_sdk_cloudformation::types::PolicyAction::as_str), policy);
        assert_eq!(change.scope()[0].as_str(), scope);
    };
    check(notes(|t| add_index(t, "byTopic", "topic")), "Conditional", None, "Properties").await;
    check(
        notes(|t| properties(t)["TableName"] = json!("other")),
        "True",
        Some("ReplaceAndDelete"),
        "Properties",
    )
    .await;
    check(notes(|t| properties(t)["TableClass"] = json!("STANDARD")), "False", None, "Properties").await;
    check(
        notes(|t| t["Resources"]["Notes"]["DeletionPolicy"] = json!("Retain")),
        "False",
        None,
        "DeletionPolicy",
    )
    .await;
}

#[tokio::test]
async fn an_update_is_cancelled() {
    let world = world();
    world.create("app", &notes(|_| ())).await;
    let wanted = notes(|t| properties(t)["TableClass"] = json!("STANDARD_INFREQUENT_ACCESS"));
    world.change_set("app", "two", ChangeSetType::Update, &wanted).await;
    world.cfn.execute_change_set().stack_name("app").change_set_name("two").send().await.unwrap();
    world.wait(5);
    world.cfn.cancel_update_stack().stack_name("app").send().await.unwrap();
    assert_eq!(world.status("app").await, "UPDATE_ROLLBACK_IN_PROGRESS");
    world.wait(60);
    let lines = world.lines("app").await;
    assert_eq!(
        lines[lines.len() - 7..],
        [
            "Notes UPDATE_IN_PROGRESS",
            "Notes UPDATE_FAILED Resource update cancelled",
            "app UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
            "Notes UPDATE_IN_PROGRESS",
            "Notes UPDATE_COMPLETE",
            "app UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "app UPDATE_ROLLBACK_COMPLETE",
        ]
    );
    let class = world.table("notes").await.unwrap().table_class_summary.unwrap().table_class.unwrap();
    assert_eq!(class.as_str(), "STANDARD");
    let again = world.cfn.cancel_update_stack().stack_name("app").send().await;
    assert!(
        crate::support::refusal(again)
            .ends_with("CancelUpdateStack cannot be called from current stack status")
    );
}

fn fault(id: &str, on: HandlerOperation) -> ResourceFault {
    ResourceFault { logical_id: id.into(), on, reason: format!("{id} will not") }
}

#[tokio::test]
async fn a_rollback_that_fails_needs_a_hand() {
    let resources =
        vec![fault("Second", HandlerOperation::Create), fault("Notes", HandlerOperation::Rollback)];
    let world = world_with(Faults { resources, ..Faults::default() });
    world.create("app", &notes(|_| ())).await;
    let wanted = notes(|t| {
        properties(t)["TableClass"] = json!("STANDARD_INFREQUENT_ACCESS");
        t["Resources"]["Second"] =
            json!({"Type": "AWS::CloudFormation::WaitConditionHandle", "DependsOn": "Notes"});
    });
    assert_eq!(world.update("app", &wanted).await, "UPDATE_ROLLBACK_FAILED");
    let lines = world.lines("app").await;
    assert_eq!(
        lines[lines.len() - 6..],
        [
            "Second CREATE_IN_PROGRESS",
            "Second CREATE_FAILED Second will not",
            "app UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Second]. ",
            "Notes UPDATE_IN_PROGRESS",
            "Notes UPDATE_FAILED Notes will not",
            "app UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [Notes]. ",
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_deleted_stays_behind() {
    let world =
        world_with(Faults { resources: vec![fault("Old", HandlerOperation::Delete)], ..Faults::default() });
    let handle = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"});
    world.create("app", &notes(|t| t["Resources"]["Old"] = handle.clone())).await;
    assert_eq!(world.update("app", &notes(|_| ())).await, "UPDATE_COMPLETE");
    let lines = world.lines("app").await;
    assert_eq!(
        lines.last().unwrap(),
        "app UPDATE_COMPLETE Update successful. One or more resources could not be deleted."
    );
}

#[tokio::test]
async fn rollback_can_be_disabled() {
    let world = world_with(Faults {
        resources: vec![fault("Second", HandlerOperation::Create)],
        ..Faults::default()
    });
    world.create("app", &notes(|_| ())).await;
    let wanted =
        notes(|t| t["Resources"]["Second"] = json!({"Type": "AWS::CloudFormation::WaitConditionHandle"}));
    world.change_set("app", "two", ChangeSetType::Update, &wanted).await;
    let call = world.cfn.execute_change_set().stack_name("app").change_set_name("two").disable_rollback(true);
    call.send().await.unwrap();
    world.wait(60);
    assert_eq!(world.status("app").await, "UPDATE_FAILED");
    world.sandbox.set_faults(Faults::default()).unwrap();
    world.change_set("app", "three", ChangeSetType::Update, &wanted).await;
    let execute = || world.cfn.execute_change_set().stack_name("app").change_set_name("three");
    let refused = crate::support::refusal(execute().send().await);
    assert!(
        refused.contains("This stack is currently in a non-terminal [UPDATE_FAILED] state."),
        "{refused}"
    );
    execute().disable_rollback(true).send().await.unwrap();
    world.wait(60);
    assert_eq!(world.status("app").await, "UPDATE_COMPLETE");
}

#[tokio::test]
async fn provisioned_tables_scale() {
    let world = world();
    let template = |target: &str, value: u32| {
        json!({"Resources": {
            "Notes": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "TableName": "notes",
                "AttributeDefinitions": [{"AttributeName": "userId", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "userId", "KeyType": "HASH"}],
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }},
            "Target": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {
                "MinCapacity": 5, "MaxCapacity": 50, "ResourceId": {"Fn::Sub": target},
                "ScalableDimension": "dynamodb:table:ReadCapacityUnits", "ServiceNamespace": "dynamodb",
            }},
            "Policy": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": {
                "PolicyName": "reads", "PolicyType": "TargetTrackingScaling", "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": value, "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
                },
            }},
        }})
        .to_string()
    };
    assert_eq!(world.create("app", &template("table/${Notes}", 70)).await, "CREATE_COMPLETE");
    let resources = world.cfn.describe_stack_resources().stack_name("app").send().await.unwrap();
    let target =
        resources.stack_resources().iter().find(|r| r.logical_resource_id() == Some("Target")).unwrap();
    assert_eq!(target.physical_resource_id(), Some("table/notes|dynamodb:table:ReadCapacityUnits|dynamodb"));
    assert_eq!(world.update("app", &template("table/${Notes}", 95)).await, "UPDATE_ROLLBACK_COMPLETE");
    let call = world
        .cfn
        .create_stack()
        .stack_name("second")
        .template_body(template("table/none", 70).replace("notes", "second"));
    call.send().await.unwrap();
    world.wait(120);
    assert_eq!(world.status("second").await, "ROLLBACK_COMPLETE");
}

/// A template whose only index depends on a parameter.
fn optional_index(kind: &str) -> String {
    let index = json!({
        "IndexName": "byKey",
        "KeySchema": [{"AttributeName": {"Ref": "Key"}, "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    });
    let none = json!({"Ref": "AWS::NoValue"});
    let attribute = json!({"AttributeName": {"Ref": "Key"}, "AttributeType": "S"});
    let mut table = json!({"Type": kind, "Properties": {
        "TableName": "optional",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"Fn::If": ["Has", attribute, none]}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"Fn::If": ["Has", index, none]}],
    }});
    if kind == "AWS::DynamoDB::GlobalTable" {
        table["Properties"]["Replicas"] = json!([{"Region": {"Ref": "AWS::Region"}}]);
    }
    json!({
        "Parameters": {"Key": {"Type": "String", "Default": ""}},
        "Conditions": {"Has": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Key"}, ""]}]}},
        "Resources": {"Notes": table},
    })
    .to_string()
}

#[test]
fn conditions_may_leave_a_list_of_indexes_empty() {
    for kind in ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"] {
        let wire = Wire::new();
        let body = optional_index(kind);
        let indexes = || {
            let (_, table) = wire.dynamodb("DescribeTable", &json!({"TableName": "optional"}));
            table["Table"]["GlobalSecondaryIndexes"].as_array().map_or(0, Vec::len)
        };
        wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
        wire.wait(60);
        assert_eq!((wire.status("app"), indexes()), ("CREATE_COMPLETE".to_owned(), 0), "{kind}");
        for (value, count) in [("key", 1), ("", 0)] {
            let given =
                [("Parameters.member.1.ParameterKey", "Key"), ("Parameters.member.1.ParameterValue", value)];
            let (status, id) = wire.set("app", "set", &body, &given);
            assert_eq!(status, "CREATE_COMPLETE", "{kind}");
            wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
            wire.wait(900);
            assert_eq!((wire.status("app"), indexes()), ("UPDATE_COMPLETE".to_owned(), count), "{kind}");
        }
    }
}

/// A parameter, another that takes its value, and a third that takes the other's.
fn chain(value: &str, last: &str) -> String {
    let parameter = |name: &str, value: Value| json!({"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": name, "Value": value}});
    json!({"Resources": {
        "A": parameter("a", json!(value)),
        "B": parameter("b", json!({"Fn::GetAtt": ["A", "Value"]})),
        "C": parameter("c", json!({"Fn::Sub": "${B.Value}!"})),
        "D": parameter("d", json!({"Ref": "A"})),
        "E": {"Type": "AWS::SSM::Parameter", "DependsOn": ["C", "D"], "Properties": {"Type": "String", "Name": "e", "Value": last}},
    }})
    .to_string()
}

#[test]
fn an_attribute_that_changes_in_place_reaches_its_users() {
    let wire = Wire::new();
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &chain("one", "x"))]);
    wire.wait(60);
    let (status, id) = wire.set("app", "set", &chain("two", "x"), &[]);
    assert_eq!(status, "CREATE_COMPLETE");
    // As recorded: the change set does not list the users, whose values are taken from before the update.
    let set = wire.call("DescribeChangeSet", &[("ChangeSetName", &id)]);
    assert_eq!(set["Changes"].as_array().unwrap().len(), 1, "{set}");
    wire.call("ExecuteChangeSet", &[("ChangeSetName", &id)]);
    wire.wait(60);
    let events = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].to_string();
    assert!(events.contains("\\\"Value\\\":\\\"two!\\\""), "{events}");
    // What turns out the same has no event, in an update or in its rollback.
    let fault = ResourceFault { logical_id: "E".into(), on: HandlerOperation::Update, reason: "no".into() };
    wire.sandbox.set_faults(Faults { resources: vec![fault], ..Faults::default() }).unwrap();
    wire.call("UpdateStack", &[("StackName", "app"), ("TemplateBody", &chain("three", "y"))]);
    wire.wait(120);
    assert_eq!(wire.status("app"), "UPDATE_ROLLBACK_COMPLETE");
    let lines = wire.lines("app");
    assert!(!lines.iter().any(|line| line.starts_with("D UPDATE")), "{lines:?}");
    let last = wire.call("DescribeStackEvents", &[("StackName", "app")])["StackEvents"].clone();
    let restored = last.as_array().unwrap().iter().find(|event| event["LogicalResourceId"] == "C").unwrap();
    assert!(restored["ResourceProperties"].as_str().unwrap().contains("two!"), "{restored}");
}
