//! The bodies that were recorded on AWS: which fields are there, and what they hold.
//!
//! Change sets and stacks go through the wire as XML, tables as JSON. Topics in the recordings are parameters here.

use serde_json::{Map, Value, json};

use crate::support::{Wire, recordings};

/// Makes both sides comparable: ids and times are hidden, scalars are text, what is empty is null.
fn plain(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) if text.is_empty() => Value::Null,
        Value::String(text) => json!(text),
        Value::Array(items) if items.is_empty() => Value::Null,
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) if fields.is_empty() => Value::Null,
        Value::Object(fields) => fields
            .iter()
            // Younger than the recordings; `recovery` looks at it.
            .filter(|(key, _)| *key != "LastOperations")
            .map(|(key, field)| {
                let hidden = key.ends_with("Time")
                    || key.ends_with("Arn")
                    || key.ends_with("Id")
                    || key.ends_with("Label");
                let hidden = hidden
                    || (key.ends_with("Name") && field.as_str().is_some_and(is_name))
                    || key == "TableName";
                let field = match field.as_str() {
                    // Contexts are JSON text on the wire.
                    Some(text) if key.ends_with("Context") => serde_json::from_str(text).unwrap(),
                    _ => field.clone(),
                };
                (key.clone(), if hidden && key != "LogicalResourceId" { json!("*") } else { plain(&field) })
            })
            .collect::<Map<_, _>>()
            .into(),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with('<') || text == "app" || text.starts_with("set")
}

pub(crate) fn recorded(list: &str, name: &str, key: &str) -> Value {
    let recordings = recordings();
    let entry = recordings[list].as_array().unwrap().iter().find(|entry| {
        entry["name"] == name || entry["test"].as_str().is_some_and(|test| test.ends_with(name))
    });
    // Topics are parameters here, whose name is called Name.
    let text = entry.unwrap_or_else(|| panic!("no recording {name}"))[key].to_string();
    let text = text.replace("AWS::SNS::Topic", "AWS::SSM::Parameter").replace("\"TopicName\"", "\"Name\"");
    serde_json::from_str(&text.replace("/Properties/TopicName", "/Properties/Name")).unwrap()
}

fn parameter(properties: &Value) -> Value {
    json!({"Type": "AWS::SSM::Parameter", "Properties": properties})
}

struct Sets(Wire);

impl Sets {
    fn create(&self, name: &str, kind: &str, template: &Value, more: &[(&str, &str)]) {
        let body = template.to_string();
        let mut parameters = vec![
            ("StackName", "app"),
            ("ChangeSetName", name),
            ("ChangeSetType", kind),
            ("TemplateBody", body.as_str()),
        ];
        parameters.extend(more);
        self.0.call("CreateChangeSet", &parameters);
        self.0.wait(5);
    }

    fn execute(&self, name: &str) {
        self.0.call("ExecuteChangeSet", &[("StackName", "app"), ("ChangeSetName", name)]);
        self.0.wait(90);
    }

    fn describe(&self, name: &str, values: &str) -> Value {
        self.0.call(
            "DescribeChangeSet",
            &[("StackName", "app"), ("ChangeSetName", name), ("IncludePropertyValues", values)],
        )
    }

    fn stack(&self) -> Value {
        self.0.call("DescribeStacks", &[("StackName", "app")])["Stacks"][0].clone()
    }
}

fn sets() -> Sets {
    Sets(Wire::new())
}

pub(crate) fn same(found: &Value, expected: &Value, what: &str) {
    let (found, expected) = (plain(found), plain(expected));
    assert_eq!(found, expected, "{what}\nfound    {found}\nexpected {expected}");
}

#[test]
fn an_addition_and_its_stack() {
    let sets = sets();
    let name = "Add, before execution, with tags; stack before and after";
    let mut template =
        json!({"Resources": {"TestResource": parameter(&json!({"Type": "String", "Value": "x"}))}});
    template["Description"] = json!("test <env>.test.net");
    let tags = [("Tags.member.1.Key", "foo"), ("Tags.member.1.Value", "bar")];
    sets.create("set1", "CREATE", &template, &tags);
    same(
        &sets.describe("set1", "false"),
        &recorded("change_sets", name, "change-set-pre-execute"),
        "change set",
    );
    same(&sets.stack(), &recorded("change_sets", name, "stack-pre-execute"), "shell");
    let list = sets.0.call("ListChangeSets", &[("StackName", "app")]);
    same(&list, &recorded("change_sets", "list after create", "change-sets"), "list");
    sets.execute("set1");
    same(&sets.stack(), &recorded("change_sets", name, "stack-post-execute"), "stack");
    let summary = sets.0.call("ListStacks", &[])["StackSummaries"][0].clone();
    let mut entry = recorded("stacks", "ListStacks entry", "entry");
    entry["TemplateDescription"] = json!("test <env>.test.net");
    same(&summary, &entry, "summary");

    sets.create("set2", "UPDATE", &template, &tags);
    let mut expected = recorded("change_sets", "no changes", "change-set-description");
    expected["Tags"] = json!([{"Key": "foo", "Value": "bar"}]);
    same(&sets.describe("set2", "false"), &expected, "no changes");
}

#[test]
fn a_replacement() {
    let sets = sets();
    let template = |name: &str| json!({"Resources": {"Foo": parameter(&json!({"Type": "String", "Value": "x", "Name": name}))}});
    sets.create("set1", "CREATE", &template("topic-1"), &[]);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &template("topic-2"), &[]);
    let mut expected =
        recorded("change_sets", "replacement by direct modification", "describe-change-set-2-prop-values");
    // The parameter that stands for the topic needs two more properties; no capabilities were given.
    expected["Capabilities"] = json!([]);
    for context in ["BeforeContext", "AfterContext"] {
        let properties = &mut expected["Changes"][0]["ResourceChange"][context]["Properties"];
        properties["Type"] = json!("String");
        properties["Value"] = json!("x");
    }
    same(&sets.describe("set2", "true"), &expected, "with values");
}

#[test]
fn a_replacement_and_its_dependent() {
    let name = "replacement + dependent (KNOWN_AFTER_APPLY), with and without property values";
    let sets = sets();
    let template = |name: &str| {
        json!({"Resources": {
            "Parameter1": parameter(&json!({"Type": "String", "Value": "value", "Name": name})),
            "Parameter2": parameter(&json!({"Type": "String", "Value": {"Fn::GetAtt": ["Parameter1", "Value"]}})),
        }})
    };
    sets.create("set1", "CREATE", &template("parameter-1-name"), &[]);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &template("parameter-2-name"), &[]);
    same(
        &sets.describe("set2", "true"),
        &recorded("change_sets", name, "describe-change-set-2-prop-values"),
        "with values",
    );
    same(&sets.describe("set2", "false"), &recorded("change_sets", name, "describe-change-set-2"), "without");
}

#[test]
fn a_change_in_place() {
    let sets = sets();
    let template = |text: &str| json!({"Resources": {"Parameter1": parameter(&json!({"Type": "String", "Value": "topic-name", "Description": text}))}});
    sets.create("set1", "CREATE", &template("original"), &[]);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &template("changed"), &[]);
    let expected = recorded("change_sets", "in-place modification", "describe-change-set-2-prop-values");
    same(&sets.describe("set2", "true"), &expected, "in place");
}

#[test]
fn removals_and_additions() {
    let sets = sets();
    let value = |value: Value| parameter(&json!({"Type": "String", "Value": value}));
    let dummy = value(json!("dummy"));
    let all = json!({"Resources": {
        "A": value(json!("root")), "B": value(json!({"Ref": "A"})), "C": value(json!({"Ref": "B"})), "Dummy": dummy,
    }});
    sets.create("set1", "CREATE", &all, &[]);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &json!({"Resources": {"Dummy": dummy}}), &[]);
    let expected = recorded("change_sets", "three Remove", "describe-change-set-2-prop-values");
    same(&sets.describe("set2", "true"), &expected, "three removals");

    let sets = self::sets();
    let topic = |name: &str| parameter(&json!({"Type": "String", "Value": "x", "Name": name}));
    sets.create("set1", "CREATE", &json!({"Resources": {"SNSTopic": topic("topic-name-1")}}), &[]);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &json!({"Resources": {"TopicPlaceholder": topic("topic-name-2")}}), &[]);
    let expected = recorded(
        "change_sets",
        "Remove + Add (older recording: Add carries Replacement \"True\" when property values are asked for)",
        "describe-change-set-2",
    );
    same(&sets.describe("set2", "false"), &expected, "removal and addition");
}

#[test]
fn a_parameter_reference_has_two_details() {
    let sets = sets();
    let template = json!({
        "Parameters": {"TopicName": {"Type": "String"}},
        "Resources": {"topic123": parameter(&json!({"Type": "String", "Value": "x", "Name": {"Ref": "TopicName"}}))},
    });
    let with = |value: &'static str| {
        [("Parameters.member.1.ParameterKey", "TopicName"), ("Parameters.member.1.ParameterValue", value)]
    };
    sets.create("set1", "CREATE", &template, &with("one"));
    sets.execute("set1");
    sets.create("set2", "UPDATE", &template, &with("two"));
    let name = "parameter reference: two Details for one property";
    let mut expected = recorded("change_sets", name, "describe-2");
    expected["Parameters"][0] = json!({"ParameterKey": "TopicName", "ParameterValue": "two"});
    expected["Changes"][0]["ResourceChange"]["Details"][0]["CausingEntity"] = json!("TopicName");
    same(&sets.describe("set2", "false"), &expected, name);
}

#[test]
fn a_change_set_grows_obsolete() {
    let sets = sets();
    let template = json!({"Resources": {"SimpleParam": parameter(&json!({"Type": "String", "Value": "x"}))}});
    sets.create("set1", "CREATE", &template, &[]);
    let id = sets.describe("set1", "false")["ChangeSetId"].as_str().unwrap().to_owned();
    sets.0.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &template.to_string())]);
    let found = sets.0.call("DescribeChangeSet", &[("ChangeSetName", &id)]);
    same(
        &found,
        &recorded("change_sets", "OBSOLETE after the stack was created another way", "describe_change_set"),
        "obsolete",
    );
}

#[test]
fn stacks_through_their_life() {
    let sets = sets();
    let name = "created, updated, deleted (by id)";
    let template = json!({
        "Parameters": {"ApiName": {"Type": "String"}},
        "Resources": {"P": parameter(&json!({"Type": "String", "Value": {"Ref": "ApiName"}}))},
    });
    let with = |value: &'static str| {
        [
            ("Parameters.member.1.ParameterKey", "ApiName"),
            ("Parameters.member.1.ParameterValue", value),
            ("Capabilities.member.1", "CAPABILITY_AUTO_EXPAND"),
            ("Capabilities.member.2", "CAPABILITY_IAM"),
            ("Capabilities.member.3", "CAPABILITY_NAMED_IAM"),
        ]
    };
    sets.create("set1", "CREATE", &template, &with("<parameter-value:1>"));
    sets.execute("set1");
    same(&sets.stack(), &recorded("stacks", name, "creation"), "created");
    let protect = |on: &str| {
        let parameters = [("StackName", "app"), ("EnableTerminationProtection", on)];
        sets.0.call("UpdateTerminationProtection", &parameters);
    };
    protect("true");
    same(&sets.stack(), &recorded("stacks", "termination protection on", "stack"), "protected");
    protect("false");
    sets.create("set2", "UPDATE", &template, &with("<parameter-value:2>"));
    sets.execute("set2");
    same(&sets.stack(), &recorded("stacks", name, "update"), "updated");
    let id = sets.stack()["StackId"].as_str().unwrap().to_owned();
    sets.0.call("DeleteStack", &[("StackName", "app")]);
    sets.0.wait(60);
    let deleted = sets.0.call("DescribeStacks", &[("StackName", &id)])["Stacks"][0].clone();
    same(&deleted, &recorded("stacks", name, "deleted"), "deleted");
}

#[test]
fn templates_come_back_as_they_were_sent() {
    let wire = Wire::new();
    let body = "\nResources:\n    SimpleParam1:\n        Type: AWS::SSM::Parameter\n        Properties:\n            Value: after-stack-update\n            Type: String\n";
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", body)]);
    wire.wait(60);
    let expected = recorded("templates_and_drift", "test_diff_after_update", "get-template-response");
    same(&wire.call("GetTemplate", &[("StackName", "app")]), &expected, "template");
    let body = "{\"AWSTemplateFormatVersion\":\"2010-09-09\",\"Resources\":{\"MyParameter\":{\"Type\":\"AWS::SSM::Parameter\"}}}";
    let expected =
        recorded("templates_and_drift", "test_get_template_summary_failed_stack", "template-summary");
    same(&wire.call("GetTemplateSummary", &[("TemplateBody", body)]), &expected, "summary");
    let body = "{\"Parameters\":{\"KeyExample\":{\"Type\":\"String\",\"Description\":\"The EC2 Key Pair to allow SSH access to the instance\"}},\"Resources\":{\"H\":{\"Type\":\"AWS::CloudFormation::WaitConditionHandle\"}}}";
    let expected = recorded("templates_and_drift", "test_validate_template", "validate-template");
    same(&wire.call("ValidateTemplate", &[("TemplateBody", body)]), &expected, "validation");
}

#[test]
fn templates_come_back_in_ascii() {
    let wire = Wire::new();
    let body = "# groß\nResources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Name: p\n      Type: String\n      Value: \"grö\\u00dfe \u{1f600}\"\n";
    let returned = body.replace(['ß', 'ö', '\u{1f600}'], "?");
    let of_change_set = [("StackName", "app"), ("ChangeSetName", "one")];
    let mut create = of_change_set.to_vec();
    create.extend([("ChangeSetType", "CREATE"), ("TemplateBody", body)]);
    wire.call("CreateChangeSet", &create);
    wire.wait(5);
    assert_eq!(wire.call("GetTemplate", &of_change_set)["TemplateBody"], returned);
    wire.call("ExecuteChangeSet", &of_change_set);
    wire.wait(60);
    for stage in ["Original", "Processed"] {
        let call = [("StackName", "app"), ("TemplateStage", stage)];
        assert_eq!(wire.call("GetTemplate", &call)["TemplateBody"], returned, "{stage}");
    }
    // The stack has what was sent: the same text again changes nothing, the returned one does.
    let update = |body| [("StackName", "app"), ("TemplateBody", body)];
    let refusal = wire.refused("UpdateStack", &update(body));
    assert_eq!(refusal, "ValidationError: No updates are to be performed.");
    wire.call("UpdateStack", &update(&returned.replace("\\u00df", "?")));
}

/// Compares a stack-made table with a recorded one.
fn check_table(name: &str, properties: &Value) {
    check_table_of("AWS::DynamoDB::Table", name, properties);
}

fn check_table_of(kind: &str, name: &str, properties: &Value) {
    let wire = Wire::new();
    let body = json!({"Resources": {"Table": {"Type": kind, "Properties": properties}}}).to_string();
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body)]);
    wire.wait(60);
    let resource =
        wire.call("DescribeStackResource", &[("StackName", "app"), ("LogicalResourceId", "Table")]);
    let table = resource["StackResourceDetail"]["PhysicalResourceId"].as_str().unwrap();
    let (_, found) = wire.dynamodb("DescribeTable", &json!({"TableName": table}));
    let mut expected = recorded("tables", name, "table_description");
    // Recordings older than warm throughput do not show it.
    if expected["Table"].get("WarmThroughput").is_none() {
        expected["Table"]["WarmThroughput"] = found["Table"]["WarmThroughput"].clone();
    }
    if let Some(indexes) = expected["Table"].get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut) {
        for (place, index) in indexes.iter_mut().enumerate() {
            index["WarmThroughput"] =
                found["Table"]["GlobalSecondaryIndexes"][place]["WarmThroughput"].clone();
        }
    }
    same(&found, &expected, name);
}

#[test]
fn tables() {
    let keys = |name: &str| {
        json!({
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": name, "KeyType": "HASH"}],
        })
    };
    let with = |mut base: Value, more: Value| {
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        base
    };
    let five = json!({"ReadCapacityUnits": 5, "WriteCapacityUnits": 5});
    check_table(
        "test_default_name_for_table",
        &with(keys("keyName"), json!({"ProvisionedThroughput": five})),
    );
    let streamed = json!({"StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}});
    check_table(
        "test_billing_mode_as_conditional[PROVISIONED]",
        &with(
            with(keys("id"), streamed.clone()),
            json!({"BillingMode": "PROVISIONED", "ProvisionedThroughput": five}),
        ),
    );
    check_table(
        "test_billing_mode_as_conditional[PAY_PER_REQUEST]",
        &with(with(keys("id"), streamed), json!({"BillingMode": "PAY_PER_REQUEST"})),
    );
    check_table("test_global_table", &with(keys("keyName"), json!({"BillingMode": "PAY_PER_REQUEST"})));
    check_table(
        "test_table_with_ttl_and_sse",
        &json!({
            "AttributeDefinitions": [{"AttributeName": "sk", "AttributeType": "S"}, {"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": "1", "WriteCapacityUnits": "1"},
            "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS"},
            "TimeToLiveSpecification": {"AttributeName": "expire_at", "Enabled": true},
        }),
    );
}

#[test]
fn global_tables() {
    let string = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    check_table_of(
        "AWS::DynamoDB::GlobalTable",
        "test_global_table_with_ttl_and_sse",
        &json!({
            "AttributeDefinitions": [string("pk"), string("sk"), string("gsi1pk"), string("gsi1sk")],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{
                "IndexName": "GSI1",
                "KeySchema": [key("gsi1pk", "HASH"), key("gsi1sk", "RANGE")],
                "Projection": {"ProjectionType": "ALL"},
            }],
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "Replicas": [{"Region": "us-east-1", "TableClass": "STANDARD"}],
            "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS"},
            "TimeToLiveSpecification": {"AttributeName": "expire_at", "Enabled": true},
        }),
    );
}

#[test]
fn an_empty_list_is_a_value() {
    let name = "empty list property";
    let recordings = recordings();
    let sets = sets();
    let recorded =
        recordings["change_sets"].as_array().unwrap().iter().find(|set| set["name"] == name).unwrap();
    let topic = json!({"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "test-name"}});
    let group = json!({"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": {"Fn::GetAtt": ["Topic", "TopicName"]}, "Tags": []}});
    sets.create("set1", "CREATE", &json!({"Resources": {"Topic": topic, "Role": group}}), &[]);
    same(&sets.describe("set1", "true"), &recorded["describe-change-set-1-prop-values"], name);
    sets.execute("set1");
    sets.create("set2", "UPDATE", &json!({"Resources": {"Topic": topic}}), &[]);
    same(&sets.describe("set2", "true"), &recorded["describe-change-set-2-prop-values"], name);
}

/// Compares CreateTable's and DescribeTable's answers with recorded ones.
fn check_api_table(name: &str, first: &str, second: &str, input: &Value) {
    let wire = Wire::new();
    let (status, created) = wire.dynamodb("CreateTable", input);
    assert_eq!(status, 200, "{created}");
    let free = |mut value: Value| {
        let root = if value.get("Table").is_some() { "Table" } else { "TableDescription" };
        for index in
            value[root].get_mut("GlobalSecondaryIndexes").and_then(Value::as_array_mut).into_iter().flatten()
        {
            index["IndexStatus"] = json!("*");
        }
        value[root]["TableStatus"] = json!("*");
        value
    };
    same(&free(created), &free(recorded("tables", name, first)), first);
    wire.wait(15);
    let (_, described) = wire.dynamodb("DescribeTable", &json!({"TableName": input["TableName"]}));
    same(&free(described), &free(recorded("tables", name, second)), second);
}

#[test]
fn tables_of_the_api() {
    let keys = |name: &str| json!([{"AttributeName": name, "KeyType": "HASH"}]);
    let definitions = json!([{"AttributeName": "TID", "AttributeType": "S"}, {"AttributeName": "TRID", "AttributeType": "S"}]);
    let index = json!({"IndexName": "TransactionRecordID", "KeySchema": keys("TRID"), "Projection": {"ProjectionType": "ALL"}});
    check_api_table(
        "test_gsi_with_billing_mode[PAY_PER_REQUEST]",
        "create-table-with-gsi",
        "describe-table",
        &json!({"TableName": "tables", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": definitions, "KeySchema": keys("TID"), "GlobalSecondaryIndexes": [index]}),
    );
    let mut provisioned = index.clone();
    provisioned["ProvisionedThroughput"] = json!({"ReadCapacityUnits": 1, "WriteCapacityUnits": 1});
    check_api_table(
        "test_gsi_with_billing_mode[PROVISIONED]",
        "create-table-with-gsi",
        "describe-table",
        &json!({"TableName": "tables", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}, "AttributeDefinitions": definitions, "KeySchema": keys("TID"), "GlobalSecondaryIndexes": [provisioned]}),
    );
    check_api_table(
        "test_table_warm_throughput",
        "create-table",
        "describe-table",
        &json!({"TableName": "tables", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}, "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": keys("id"), "WarmThroughput": {"ReadUnitsPerSecond": 1000, "WriteUnitsPerSecond": 1200}}),
    );
}

#[test]
fn recovery_and_time_to_live() {
    let wire = Wire::new();
    let body = json!({"Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": "tables", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        "TimeToLiveSpecification": {"AttributeName": "expire_at", "Enabled": true},
        "Tags": [{"Key": "TagKey1", "Value": "TagValue1"}, {"Key": "TagKey2", "Value": "TagValue2"}],
    }}}});
    wire.call("CreateStack", &[("StackName", "app"), ("TemplateBody", &body.to_string())]);
    wire.wait(60);
    let name = json!({"TableName": "tables"});
    let (_, found) = wire.dynamodb("DescribeContinuousBackups", &name);
    same(
        &found,
        &recorded("tables", "test_continuous_backup_update", "describe-continuous-backup"),
        "recovery",
    );
    let (_, found) = wire.dynamodb("DescribeTimeToLive", &name);
    same(&found, &recorded("tables", "test_ttl_cdk", "table"), "time to live");
    let (_, table) = wire.dynamodb("DescribeTable", &name);
    let (_, found) = wire.dynamodb("ListTagsOfResource", &json!({"ResourceArn": table["Table"]["TableArn"]}));
    same(&found, &recorded("tables", "test_default_name_for_table", "list_tags_of_resource"), "tags");
}

/// The raw answers of 2013, but for ids and white space.
#[test]
fn the_wire_form() {
    let recordings = recordings();
    let squeezed = |text: &str| text.lines().map(str::trim).collect::<String>();
    let without_id = |text: &str| {
        let (before, rest) = text.split_once("<RequestId>").unwrap();
        format!("{before}{}", rest.split_once("</RequestId>").unwrap().1)
    };
    let raw = |action: &str| {
        let wire = Wire::new();
        let body = format!("Action={action}&Version=2010-05-15").into_bytes();
        let request =
            tablewright_sandbox::Request { method: "POST".into(), path: "/".into(), headers: vec![], body };
        String::from_utf8(wire.sandbox.answer(&request).unwrap().body).unwrap()
    };
    for (key, action) in [("describe_stacks_empty", "DescribeStacks"), ("list_stacks_empty", "ListStacks")] {
        let expected = squeezed(recordings["wire_xml"][key].as_str().unwrap());
        assert_eq!(without_id(&raw(action)), without_id(&expected));
    }
    let expected = squeezed(recordings["wire_xml"]["error"].as_str().unwrap());
    let found = raw("DescribeStacks&StackName=foobar");
    let found = found.replace("Stack with id foobar does not exist", "Stack: foobar does not exist");
    assert_eq!(without_id(&found), without_id(&expected));
}

/// Recordings that no test here or in `sequences` plays, and why.
const OUT_OF_SCOPE: &[(&str, &str)] = &[
    ("transform failed", "no transforms; the section is refused by name"),
    ("NoEcho parameters in stacks and change sets", "no bucket with tags; the mask alone is modelled"),
    (
        "test_dynamodb_create_table_with_partial_sse_specification",
        "DescribeKey is not modelled; keys are looked at in resources",
    ),
    ("CreateStack client_request_token_s3_stack", "no buckets; tokens_and_times has the same facts"),
    (
        "test_get_template_summary",
        "the recorder has put other quotes into its metadata; the failed stack's summary is played",
    ),
    ("test_drift_detection_on_lambda", "no Lambda; the form of the answer is looked at in drift"),
];

#[test]
fn no_recording_is_forgotten() {
    let played = concat!(include_str!("bodies.rs"), include_str!("sequences.rs")).replace("\\\"", "\"");
    let recordings = recordings();
    for list in ["change_sets", "stacks", "tables", "event_sequences", "templates_and_drift"] {
        for entry in recordings[list].as_array().unwrap() {
            let name =
                entry["name"].as_str().or(entry["test"].as_str()).unwrap().rsplit("::").next().unwrap();
            let out = OUT_OF_SCOPE.iter().any(|(known, reason)| *known == name && !reason.is_empty());
            assert!(
                out || played.contains(&format!("\"{name}\"")),
                "{list}: {name} is neither played nor out of scope"
            );
        }
    }
}
