//! Tables of the developer's own: what is sent to a DynamoDB that has none of them, or an older form.
#![cfg(test)]

use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use tablewright::{
    Billing, Capacity, Encryption, Expression, Global, Index, Parameter, Projection, Scalar, Stack,
    StreamView, Table, TableClass, Test,
};
use tablewright_dynamodb::local::{Deployed, LocalError, Operation, create, update};

fn table() -> Table {
    Table::define("Note").name("notes").partition("user", Scalar::S).sort("id", Scalar::S)
}

fn stack(table: Table) -> Stack {
    let mut stack = Stack::new("notes");
    stack.parameter(Parameter::string("Stage").default("dev"));
    stack.parameter(Parameter::number("Reads").default("5"));
    stack.parameter(Parameter::string("Owner"));
    stack.condition("IsProd", Test::equals(Expression::Ref("Stage".into()), "prod"));
    stack.table(table);
    stack
}

/// What an endpoint says of a table that was created by its own definition.
fn deployed(table: &Table) -> Deployed {
    let created = create(&stack(table.clone())).unwrap().remove(0).input;
    Deployed {
        table: created,
        arn: "arn:aws:dynamodb:ddblocal:000000000000:table/notes".to_owned(),
        time_to_live: table.ttl.as_ref().map(|ttl| ttl.name.clone()),
        tags: table.tags.iter().map(|(key, value)| (key.clone(), value.literal().unwrap().clone())).collect(),
    }
}

#[test]
fn a_table_is_created_as_its_definition_says() {
    let stack = stack(
        table()
            .name(Expression::sub("${Stage}-notes"))
            .billing(Billing::provisioned(Capacity::auto(1..=5), Expression::Ref("Reads".into())))
            .class(TableClass::StandardInfrequentAccess)
            .gsi(Index::new("by-day").partition("day", Scalar::N).project(Projection::only(["title"])))
            .lsi(Index::new("by-size").sort("size", Scalar::N))
            .stream(StreamView::KeysOnly)
            .deletion_protection(Expression::if_else("IsProd", true, false))
            .encryption(Encryption::customer_key("alias/notes"))
            .ttl("gone")
            .tag("team", "shop"),
    );
    let calls = create(&stack).unwrap();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].operation, Operation::CreateTable);
    assert_snapshot!(format!("{:#}", calls[0].input), @r#"
    {
      "AttributeDefinitions": [
        {
          "AttributeName": "day",
          "AttributeType": "N"
        },
        {
          "AttributeName": "id",
          "AttributeType": "S"
        },
        {
          "AttributeName": "size",
          "AttributeType": "N"
        },
        {
          "AttributeName": "user",
          "AttributeType": "S"
        }
      ],
      "BillingMode": "PROVISIONED",
      "DeletionProtectionEnabled": false,
      "GlobalSecondaryIndexes": [
        {
          "IndexName": "by-day",
          "KeySchema": [
            {
              "AttributeName": "day",
              "KeyType": "HASH"
            }
          ],
          "Projection": {
            "NonKeyAttributes": [
              "title"
            ],
            "ProjectionType": "INCLUDE"
          },
          "ProvisionedThroughput": {
            "ReadCapacityUnits": 1,
            "WriteCapacityUnits": 5
          }
        }
      ],
      "KeySchema": [
        {
          "AttributeName": "user",
          "KeyType": "HASH"
        },
        {
          "AttributeName": "id",
          "KeyType": "RANGE"
        }
      ],
      "LocalSecondaryIndexes": [
        {
          "IndexName": "by-size",
          "KeySchema": [
            {
              "AttributeName": "user",
              "KeyType": "HASH"
            },
            {
              "AttributeName": "size",
              "KeyType": "RANGE"
            }
          ],
          "Projection": {
            "ProjectionType": "ALL"
          }
        }
      ],
      "ProvisionedThroughput": {
        "ReadCapacityUnits": 1,
        "WriteCapacityUnits": 5
      },
      "StreamSpecification": {
        "StreamEnabled": true,
        "StreamViewType": "KEYS_ONLY"
      },
      "TableClass": "STANDARD_INFREQUENT_ACCESS",
      "TableName": "dev-notes"
    }
    "#);
}

#[test]
fn a_table_is_left_out_where_its_condition_does_not_hold() {
    assert_eq!(create(&stack(table().condition("IsProd"))).unwrap(), []);
    let mut prod = stack(table().condition("IsProd"));
    prod.parameters[0].default = Some("prod".to_owned());
    assert_eq!(create(&prod).unwrap().len(), 1);
    assert_eq!(update(&stack(table().condition("IsProd")), "Note", &deployed(&table())).unwrap(), []);
}

#[test]
fn a_global_table_is_a_plain_one_here() {
    let global = create(&stack(table().global(Global::single_replica()))).unwrap();
    assert_eq!(global[0].input, create(&stack(table())).unwrap()[0].input);
}

#[test]
fn a_name_stays_a_text_whatever_it_looks_like() {
    let mut numbers =
        stack(table().name(Expression::Ref("Stage".into())).tag("stage", Expression::Ref("Stage".into())));
    numbers.parameters[0].default = Some("2024".to_owned());
    let found = Deployed { tags: Vec::new(), ..deployed(&table()) };
    let calls = update(&numbers, "Note", &found).unwrap();
    assert_eq!(create(&numbers).unwrap()[0].input["TableName"], "2024");
    assert_eq!(calls[0].input["Tags"], json!([{ "Key": "stage", "Value": "2024" }]));
}

#[test]
fn what_only_a_deployment_knows_is_a_problem_at_the_table() {
    let check = |table: Table, message: &str| {
        let stack = stack(table);
        let error = create(&stack).unwrap_err();
        assert!(matches!(error, LocalError::NotKnown { .. }), "{error}");
        let at = &stack.tables[0].at;
        let text = error.to_string();
        let place = text.find(" (src").unwrap_or(text.len());
        assert_eq!(&text[..place], format!("{at}: {message}"));
        assert_eq!(error.at(), Some(at));
        assert!(error.hint().is_some());
    };
    let by_region = Expression::Ref("AWS::Region".into());
    check(
        table().name(by_region.clone()),
        "the name of table `Note` is not known without AWS: `AWS::Region` is known only after deployment",
    );
    check(
        table().billing(Billing::on_demand().max_read(Expression::import_value("reads"))),
        "`OnDemandThroughput` of table `Note` is not known without AWS: the export of another stack is known only after deployment",
    );
    check(
        table().tag("owner", Expression::Ref("Owner".into())),
        "`Tags` of table `Note` is not known without AWS: the parameter `Owner`",
    );
    check(
        table().tag("region", "{{resolve:ssm:/x}}"),
        "`Tags` of table `Note` is not known without AWS: `{{resolve:ssm:/x}}` is known only after deployment",
    );
    check(
        table().condition("Nowhere"),
        "the condition of table `Note` is not known without AWS: no condition `Nowhere`",
    );
}

/// Checks the requests that bring a table from one definition to another, and that there is then nothing more to do.
#[expect(clippy::needless_pass_by_value, reason = "the calls are easier to read")]
fn check(from: Table, to: Table, wanted: &[(Operation, Json)]) {
    let found = deployed(&from);
    let calls = update(&stack(to.clone()), "Note", &found).unwrap();
    let calls: Vec<(Operation, Json)> = calls.into_iter().map(|call| (call.operation, call.input)).collect();
    assert_eq!(calls, wanted);
    assert_eq!(update(&stack(to.clone()), "Note", &deployed(&to)).unwrap(), []);
}

fn table_update(mut input: Json) -> (Operation, Json) {
    input["TableName"] = "notes".into();
    (Operation::UpdateTable, input)
}

#[test]
fn settings_are_updated_one_at_a_time() {
    check(table(), table(), &[]);
    check(
        table(),
        table()
            .billing(Billing::provisioned(2, 3))
            .class(TableClass::StandardInfrequentAccess)
            .deletion_protection(true),
        &[
            table_update(json!({
                "BillingMode": "PROVISIONED",
                "ProvisionedThroughput": { "ReadCapacityUnits": 2, "WriteCapacityUnits": 3 },
            })),
            table_update(json!({ "TableClass": "STANDARD_INFREQUENT_ACCESS" })),
            table_update(json!({ "DeletionProtectionEnabled": true })),
        ],
    );
    check(
        table().billing(Billing::provisioned(2, 3)),
        table().billing(Billing::provisioned(2, 4)),
        &[table_update(
            json!({ "ProvisionedThroughput": { "ReadCapacityUnits": 2, "WriteCapacityUnits": 4 } }),
        )],
    );
    check(
        table().billing(Billing::provisioned(2, 3)),
        table(),
        &[table_update(json!({ "BillingMode": "PAY_PER_REQUEST" }))],
    );
    check(
        table(),
        table().billing(Billing::on_demand().max_read(9)),
        &[table_update(json!({ "OnDemandThroughput": { "MaxReadRequestUnits": 9 } }))],
    );
    check(
        table().billing(Billing::on_demand().max_read(9).max_write(8)),
        table().billing(Billing::on_demand().max_write(8)),
        &[table_update(json!({ "OnDemandThroughput": { "MaxReadRequestUnits": -1 } }))],
    );
    let index = || Index::new("by-day").partition("day", Scalar::S);
    let capacity = json!({ "ReadCapacityUnits": 2, "WriteCapacityUnits": 3 });
    check(
        table().gsi(index()),
        table().gsi(index()).billing(Billing::provisioned(2, 3)),
        &[table_update(json!({
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": capacity,
            "GlobalSecondaryIndexUpdates":
                [{ "Update": { "IndexName": "by-day", "ProvisionedThroughput": capacity } }],
        }))],
    );
    check(
        table().gsi(index()).billing(Billing::provisioned(2, 3)),
        table().gsi(index().provisioned(Billing::provisioned(7, 3))).billing(Billing::provisioned(2, 3)),
        &[table_update(json!({ "GlobalSecondaryIndexUpdates": [{ "Update": {
            "IndexName": "by-day",
            "ProvisionedThroughput": { "ReadCapacityUnits": 7, "WriteCapacityUnits": 3 },
        } }] }))],
    );
}

#[test]
fn indexes_come_and_go_one_a_request() {
    let index = |name: &str, attribute: &str| Index::new(name).partition(attribute, Scalar::S);
    let delete = |name: &str| {
        table_update(json!({ "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": name } }] }))
    };
    let create = |name: &str, attribute: &str| {
        let definition = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
        table_update(json!({
            "AttributeDefinitions": [definition(attribute), definition("id"), definition("user")],
            "GlobalSecondaryIndexUpdates": [{ "Create": {
                "IndexName": name,
                "KeySchema": [{ "AttributeName": attribute, "KeyType": "HASH" }],
                "Projection": { "ProjectionType": "ALL" },
            } }],
        }))
    };
    check(
        table().gsi(index("old", "a")),
        table().gsi(index("one", "b")).gsi(index("two", "c")),
        &[delete("old"), create("one", "b"), create("two", "c")],
    );
    // A key cannot change: the index goes, and comes again.
    check(
        table().gsi(index("one", "a")),
        table().gsi(index("one", "b")),
        &[delete("one"), create("one", "b")],
    );
    let keys = index("one", "a").project(Projection::KeysOnly);
    check(table().gsi(keys), table().gsi(index("one", "a")), &[delete("one"), create("one", "a")]);
    let reordered = |names: [&str; 2]| table().gsi(index("one", "a").project(Projection::only(names)));
    check(reordered(["x", "y"]), reordered(["y", "x"]), &[]);
}

#[test]
fn a_stream_that_shows_something_else_is_turned_off_first() {
    let stream = |view: &str| {
        table_update(json!({ "StreamSpecification": { "StreamEnabled": true, "StreamViewType": view } }))
    };
    let off = || table_update(json!({ "StreamSpecification": { "StreamEnabled": false } }));
    let (keys, images) = (StreamView::KeysOnly, StreamView::NewAndOldImages);
    check(table(), table().stream(keys), &[stream("KEYS_ONLY")]);
    check(table().stream(keys), table().stream(images), &[off(), stream("NEW_AND_OLD_IMAGES")]);
    check(table().stream(keys), table(), &[off()]);
}

#[test]
fn time_to_live_and_tags_are_requests_of_their_own() {
    let ttl = |attribute: &str, enabled: bool| {
        let specification = json!({ "AttributeName": attribute, "Enabled": enabled });
        (
            Operation::UpdateTimeToLive,
            json!({ "TableName": "notes", "TimeToLiveSpecification": specification }),
        )
    };
    check(table(), table().ttl("gone"), &[ttl("gone", true)]);
    check(table().ttl("gone"), table().ttl("over"), &[ttl("gone", false), ttl("over", true)]);
    let off =
        update(&stack(table().ttl("gone").time_to_live(false)), "Note", &deployed(&table().ttl("gone")))
            .unwrap();
    assert_eq!((off[0].operation, off[0].input.clone()), ttl("gone", false));

    let arn = "arn:aws:dynamodb:ddblocal:000000000000:table/notes";
    check(
        table().tag("a", "1").tag("b", "2"),
        table().tag("b", "3").tag("c", "4"),
        &[
            (Operation::UntagResource, json!({ "ResourceArn": arn, "TagKeys": ["a"] })),
            (
                Operation::TagResource,
                json!({ "ResourceArn": arn, "Tags": [{ "Key": "b", "Value": "3" }, { "Key": "c", "Value": "4" }] }),
            ),
        ],
    );
}

#[test]
fn what_describe_table_says_in_its_own_way_is_understood() {
    let mut found = deployed(&table());
    let described = found.table.as_object_mut().unwrap();
    described.remove("BillingMode");
    described.insert("BillingModeSummary".into(), json!({ "BillingMode": "PAY_PER_REQUEST" }));
    described
        .insert("ProvisionedThroughput".into(), json!({ "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 }));
    described.insert("TableClassSummary".into(), json!({ "TableClass": "STANDARD" }));
    assert_eq!(update(&stack(table()), "Note", &found).unwrap(), []);
    let infrequent = table().class(TableClass::StandardInfrequentAccess);
    assert_eq!(update(&stack(infrequent), "Note", &found).unwrap().len(), 1);
}

#[test]
fn another_key_takes_another_table() {
    let refused = |from: Table, to: Table, what: &str| {
        let stack = stack(to);
        let error = update(&stack, "Note", &deployed(&from)).unwrap_err();
        assert!(matches!(error, LocalError::NeedsNewTable { .. }), "{error}");
        let at = &stack.tables[0].at;
        assert_eq!(
            error.to_string(),
            format!("{at}: the table `notes` exists with {what} than `Note` defines")
        );
        assert_eq!(error.at(), Some(at));
        assert!(error.hint().unwrap().contains("delete-table --table-name notes"));
    };
    let other = || Table::define("Note").name("notes").partition("user", Scalar::S);
    refused(table(), other(), "another key");
    refused(other(), Table::define("Note").name("notes").partition("user", Scalar::N), "another key");
    let local = |name: &str| table().lsi(Index::new(name).sort("size", Scalar::N));
    refused(local("a"), local("b"), "other local indexes");
    refused(table(), local("a"), "other local indexes");
}
