//! Deletions, and what they leave.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{ONE, World};
use tablewright_cloudformation::delete;
use tablewright_cloudformation::{DeleteError, Outcome, StackStatus, stack};
use tablewright_sandbox::{CallFailure, Faults, HandlerOperation, ResourceFault};

const KEPT: &str = r#"{"Resources": {
    "Kept": {"Type": "AWS::SSM::Parameter", "DeletionPolicy": "Retain", "Properties": {"Type": "String", "Value": "1"}},
    "Gone": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}}}"#;

async fn delete_shop(world: &World) -> Result<Outcome, String> {
    let stack = stack::describe(&world.client, "shop").await.unwrap().unwrap();
    let operation =
        delete(&world.client, &stack, "delete-1", &world.events).await.map_err(|error| error.to_string())?;
    world.follow(&operation).await
}

#[tokio::test]
async fn deletes_a_stack_and_names_what_is_retained() {
    let mut world = World::deployed(KEPT).await;
    let outcome = delete_shop(&world).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
    0.4 deletion began as delete-1
    0.3 DELETE_IN_PROGRESS: User Initiated
    3.8 - Gone DELETE_IN_PROGRESS
    3.8 - Kept DELETE_SKIPPED
    5.3 - Gone DELETE_COMPLETE
    6.2 DELETE_COMPLETE
    7.4 settled in DELETE_COMPLETE
    ");
    let Outcome::Deleted { failure, deleted, retained } = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure, None);
    let names: Vec<&str> = retained.iter().map(|kept| kept.logical_id.as_str()).collect();
    assert_eq!(names, ["Kept"]);
    let names: Vec<&str> = deleted.iter().map(|gone| gone.logical_id.as_str()).collect();
    assert_eq!(names, ["Gone"]);
    assert!(retained[0].physical_id.is_some());
    assert_eq!(world.left().await, "no stack");
}

#[tokio::test]
async fn a_resource_that_cannot_be_deleted() {
    let mut world = World::deployed(ONE).await;
    let reason = "Resource cannot be deleted as it is currently protected against deletion.";
    let fault =
        ResourceFault { logical_id: "A".to_owned(), on: HandlerOperation::Delete, reason: reason.to_owned() };
    world.faults(Faults { resources: vec![fault], ..Faults::default() });
    let outcome = delete_shop(&world).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
    0.4 deletion began as delete-1
    0.3 DELETE_IN_PROGRESS: User Initiated
    3.8 - A DELETE_IN_PROGRESS
    4.5 - A DELETE_FAILED: Resource cannot be deleted as it is currently protected against deletion.
    5.4 DELETE_FAILED: The following resource(s) failed to delete: [A]. 
    7.4 settled in DELETE_FAILED
    ");
    let Outcome::Failed { status, failure } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::DeleteFailed);
    assert_eq!(failure.causes[0].reason.as_deref(), Some(reason));
    // The next deploy says so.
    let request = world.request(ONE);
    let error = tablewright_cloudformation::prepare_request(&world.client, request).await.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap()), @"
    stack shop needs manual recovery: DELETE_FAILED
    remove what blocks the deletion and delete the stack, then deploy again
    ");
    // And the second attempt is not taken for the first.
    world.faults(Faults::default());
    let outcome = delete_shop(&world).await.unwrap();
    assert!(matches!(outcome, Outcome::Deleted { failure: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_protected_stack_is_not_deleted() {
    let world = World::deployed(ONE).await;
    let described = stack::describe(&world.client, "shop").await.unwrap().unwrap();
    world
        .client
        .update_termination_protection()
        .stack_name("shop")
        .enable_termination_protection(true)
        .send()
        .await
        .unwrap();
    // Known before the call, and protected since it was described.
    let protected = stack::describe(&world.client, "shop").await.unwrap().unwrap();
    for stack in [protected, described] {
        let error = delete(&world.client, &stack, "delete-1", &world.events).await.unwrap_err();
        assert_eq!(error, DeleteError::Protected { stack_name: "shop".to_owned() });
        insta::allow_duplicates! {
            insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap()), @"
            stack shop has termination protection
            disable termination protection first
            ");
        }
    }
    insta::assert_snapshot!(world.left().await, @"CREATE_COMPLETE with change sets []");
}

#[tokio::test]
async fn a_deletion_survives_bad_reads() {
    for failure in [CallFailure::Throttled, CallFailure::HtmlPage, CallFailure::ConnectionLost] {
        let world = World::deployed(KEPT).await;
        world.fail("DescribeStackEvents", 2, 6, failure);
        let outcome = delete_shop(&world).await.unwrap();
        let Outcome::Deleted { retained, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!(retained.len(), 1);
    }
}

#[tokio::test]
async fn tables_that_are_retained_or_protected() {
    const TABLES: &str = r#"{"Resources": {
        "Kept": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "Properties": {
            "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}},
        "Protected": {"Type": "AWS::DynamoDB::Table", "Properties": {
            "BillingMode": "PAY_PER_REQUEST", "DeletionProtectionEnabled": true,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}}}}"#;
    let mut world = World::deployed(TABLES).await;
    let outcome = delete_shop(&world).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @r#"
    0.4 deletion began as delete-1
    0.3 DELETE_IN_PROGRESS: User Initiated
    3.8 - Kept DELETE_SKIPPED
    3.8 - Protected DELETE_IN_PROGRESS
    4.5 - Protected DELETE_FAILED: Resource handler returned message: "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. (Service: DynamoDb, Status Code: 400, Request ID: …)" (RequestToken: …, HandlerErrorCode: InvalidRequest)
    5.4 DELETE_FAILED: The following resource(s) failed to delete: [Protected]. 
    7.4 settled in DELETE_FAILED
    "#);
    let Outcome::Failed { failure, .. } = outcome else { panic!("{outcome:?}") };
    let causes: Vec<&str> = failure.causes.iter().map(|cause| cause.logical_id.as_str()).collect();
    assert_eq!(causes, ["Protected"]);
}
