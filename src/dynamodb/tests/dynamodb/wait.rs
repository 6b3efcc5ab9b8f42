//! Waiting for tables and indexes until they can be used.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate,
    KeySchemaElement, KeyType, Projection, ProjectionType, ScalarAttributeType,
};
use tablewright_dynamodb::{Error, TablePolling, wait_until_active};
use tablewright_sandbox::{CallFailure, CallFault, Faults, Request, Sandbox, VirtualClock};

use crate::support::sandbox;

struct World {
    sandbox: Sandbox,
    clock: VirtualClock,
    client: Client,
}

impl World {
    fn new() -> Self {
        let (sandbox, clock, client) = sandbox();
        Self { sandbox, clock, client }
    }

    async fn create(&self, name: &str) {
        let call = self.client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
        call.attribute_definitions(attribute("id")).key_schema(hash("id")).send().await.unwrap();
    }

    async fn add_index(&self, table: &str, name: &str) {
        let index = CreateGlobalSecondaryIndexAction::builder()
            .index_name(name)
            .key_schema(hash("author"))
            .projection(Projection::builder().projection_type(ProjectionType::All).build())
            .build()
            .unwrap();
        self.client
            .update_table()
            .table_name(table)
            .attribute_definitions(attribute("id"))
            .attribute_definitions(attribute("author"))
            .global_secondary_index_updates(GlobalSecondaryIndexUpdate::builder().create(index).build())
            .send()
            .await
            .unwrap();
    }

    /// Waits for tables; returns what was reported, a line each, and how it ended.
    async fn wait(&self, tables: &[&str]) -> (Vec<String>, Result<(), Error>) {
        let tables: Vec<String> = tables.iter().map(ToString::to_string).collect();
        let mut told = Vec::new();
        let done = wait_until_active(&self.client, &tables, TablePolling::default(), |progress| {
            let index = |index: &tablewright_dynamodb::IndexProgress| {
                format!(" {} {} {}", index.name, index.status, index.backfilling)
            };
            told.push(format!(
                "{} {}{}",
                progress.table,
                progress.status,
                progress.indexes.iter().map(index).collect::<String>()
            ));
        })
        .await;
        (told, done)
    }

    fn describe_calls(&self) -> usize {
        self.sandbox.calls().iter().filter(|call| call.action == "DescribeTable").count()
    }

    /// Makes a call of CloudFormation, whose client this crate does not depend on.
    fn cloudformation(&self, body: String) {
        let scope =
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/cloudformation/aws4_request, Signature=0";
        let headers = vec![("Authorization".into(), scope.into())];
        let request = Request { method: "POST".into(), path: "/".into(), headers, body: body.into_bytes() };
        let answer = self.sandbox.answer(&request).unwrap();
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        self.clock.advance(Duration::from_secs(120));
    }

    fn fail(&self, from: u64, to: u64, failure: CallFailure) {
        let calls = vec![CallFault { action: "DescribeTable".into(), from, to, failure }];
        self.sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
    }
}

fn attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap()
}

fn hash(name: &str) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(KeyType::Hash).build().unwrap()
}

#[tokio::test]
async fn new_tables_are_waited_for_and_each_change_is_told_once() {
    let world = World::new();
    world.create("notes").await;
    world.create("users").await;
    let (told, done) = world.wait(&["notes", "users"]).await;
    done.unwrap();
    assert_eq!(told, ["notes CREATING", "users CREATING", "notes ACTIVE", "users ACTIVE"]);
}

#[tokio::test]
async fn an_index_that_is_filled_is_waited_for_though_the_table_is_active() {
    let world = World::new();
    world.create("notes").await;
    world.wait(&["notes"]).await.1.unwrap();
    let before = world.clock.now();
    world.add_index("notes", "by-author").await;
    let (told, done) = world.wait(&["notes"]).await;
    done.unwrap();
    assert_eq!(
        told,
        [
            "notes UPDATING by-author CREATING false",
            "notes ACTIVE by-author CREATING true",
            "notes ACTIVE by-author ACTIVE false",
        ]
    );
    let waited = world.clock.now().duration_since(before).unwrap().as_secs();
    assert!((540..546).contains(&waited), "nine minutes, and at most one pause more: {waited} s");
}

#[tokio::test]
async fn nothing_to_wait_for_is_no_call() {
    let world = World::new();
    let (told, done) = world.wait(&[]).await;
    done.unwrap();
    assert!(told.is_empty());
    assert!(world.sandbox.calls().is_empty());
}

#[tokio::test]
async fn reads_that_fail_now_and_then_end_nothing() {
    for failure in
        [CallFailure::Throttled, CallFailure::ServerError, CallFailure::HtmlPage, CallFailure::ConnectionLost]
    {
        let world = World::new();
        world.create("notes").await;
        world.fail(2, 9, failure);
        let (told, done) = world.wait(&["notes"]).await;
        done.unwrap();
        assert_eq!(told.last().unwrap(), "notes ACTIVE", "{failure:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_said_to_be_missing() {
    let world = World::new();
    world.create("notes").await;
    world.fail(1, u64::MAX, CallFailure::ConnectionLost);
    let (told, done) = world.wait(&["notes"]).await;
    assert!(told.is_empty());
    let error = done.unwrap_err();
    assert!(matches!(&error, Error::NoAnswer { table, .. } if table == "notes"), "{error:?}");
    assert!(!error.to_string().contains("service error"), "{error}");
}

#[tokio::test]
async fn a_table_that_is_not_there_and_a_missing_permission_end_the_wait() {
    let world = World::new();
    let error = world.wait(&["nowhere"]).await.1.unwrap_err();
    assert!(matches!(&error, Error::Missing { table } if table == "nowhere"), "{error:?}");
    assert_eq!(world.describe_calls(), 5, "a read may lag behind the creation of the table");

    world.create("notes").await;
    world.fail(1, u64::MAX, CallFailure::AccessDenied);
    let error = world.wait(&["notes"]).await.1.unwrap_err();
    assert!(matches!(&error, Error::Denied { table, .. } if table == "notes"), "{error:?}");
}

#[tokio::test]
async fn a_table_whose_key_is_gone_ends_the_wait_with_its_reason() {
    let world = World::new();
    let template = concat!(
        r#"{"Resources":{"Key":{"Type":"AWS::KMS::Key","Properties":{"KeyPolicy":{"Version":"2012-10-17","Statement":[]}}},"#,
        r#""Note":{"Type":"AWS::DynamoDB::Table","DeletionPolicy":"Retain","UpdateReplacePolicy":"Retain","Properties":{"#,
        r#""TableName":"notes","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],"#,
        r#""KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#,
        r#""SSESpecification":{"SSEEnabled":true,"SSEType":"KMS","KMSMasterKeyId":{"Fn::GetAtt":["Key","Arn"]}}}}}}"#,
    );
    let template: String = template.bytes().map(|byte| format!("%{byte:02x}")).collect();
    world.cloudformation(format!("Action=CreateStack&StackName=notes&TemplateBody={template}"));
    world.wait(&["notes"]).await.1.unwrap();
    world.cloudformation("Action=DeleteStack&StackName=notes".to_owned());
    let before = world.clock.now();
    let error = world.wait(&["notes"]).await.1.unwrap_err();
    let waited = world.clock.now().duration_since(before).unwrap();
    assert!(waited < Duration::from_secs(1), "one call, and no pause: {waited:?}");
    assert_eq!(
        error.to_string(),
        "table `notes` is in INACCESSIBLE_ENCRYPTION_CREDENTIALS: DynamoDB cannot use its KMS key; a table that stays in this \
         state for seven days is archived"
    );
}

#[tokio::test]
async fn each_of_480_tables_is_described_once_and_only_the_busy_one_again() {
    let world = World::new();
    let names: Vec<String> = (0..480).map(|number| format!("table-{number:03}")).collect();
    for name in &names {
        world.create(name).await;
    }
    world.clock.advance(Duration::from_secs(60));
    world.add_index("table-007", "by-author").await;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let before = world.describe_calls();
    let began = world.clock.now();
    let (told, done) = world.wait(&names).await;
    done.unwrap();
    assert_eq!(told.len(), 482, "the index has three states");
    // Nine minutes with an interval of at most five seconds.
    let calls = world.describe_calls() - before;
    assert!((480 + 90..480 + 120).contains(&calls), "{calls}");
    assert!(world.clock.now().duration_since(began).unwrap() < Duration::from_secs(546));
}

#[tokio::test]
async fn a_table_that_is_never_read_ends_the_wait_beside_others_that_are() {
    let world = World::new();
    world.create("notes").await;
    world.create("users").await;
    world.clock.advance(Duration::from_secs(60));
    world.add_index("users", "by-author").await;
    // `users` answers, and is busy for nine minutes; `notes` does not answer.
    let calls = (0..40).map(|round| CallFault {
        action: "DescribeTable".into(),
        from: 2 * round + 1,
        to: 2 * round + 1,
        failure: CallFailure::ServerError,
    });
    world.sandbox.set_faults(Faults { calls: calls.collect(), ..Faults::default() }).unwrap();
    let error = world.wait(&["notes", "users"]).await.1.unwrap_err();
    assert!(matches!(&error, Error::NoAnswer { table, .. } if table == "notes"), "{error:?}");
}
