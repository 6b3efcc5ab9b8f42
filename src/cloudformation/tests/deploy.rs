//! Whole deploys against the sandbox, without faults: transcript, outcome, calls.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use common::{ONE, TWO, World};
use tablewright_cloudformation::prepare_request;
use tablewright_cloudformation::{Outcome, Prepared, StackStatus};
use tablewright_sandbox::{Faults, HandlerOperation, ResourceFault};

fn failing(logical_id: &str, on: HandlerOperation, reason: &str) -> Faults {
    let fault = ResourceFault { logical_id: logical_id.to_owned(), on, reason: reason.to_owned() };
    Faults { resources: vec![fault], ..Faults::default() }
}

#[tokio::test]
async fn creates_a_stack() {
    let mut world = World::new().await;
    let outcome = world.deploy(ONE).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-1 was made to Create
     3.5 changes: Add A
     3.7 execution began as token-1
     3.6 CREATE_IN_PROGRESS: User Initiated
     7.1 - A CREATE_IN_PROGRESS
     7.8 - A CREATE_IN_PROGRESS: Resource creation Initiated
     8.6 - A CREATE_COMPLETE
     9.5 CREATE_COMPLETE
    10.3 settled in CREATE_COMPLETE
    ");
    let Outcome::Deployed { status, outputs, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::CreateComplete);
    let outputs = outputs.unwrap();
    assert_eq!(outputs[0].key, "Name");
    assert_eq!(outputs[0].export_name.as_deref(), Some("shop-a"));
    insta::assert_snapshot!(world.calls(), @"
    CreateChangeSet 1, DescribeChangeSet 5, DescribeEvents 1, DescribeStackEvents 4, DescribeStacks 2, ExecuteChangeSet 1
    ");
}

#[tokio::test]
async fn updates_a_stack_in_place() {
    let mut world = World::deployed(ONE).await;
    let outcome = world.deploy(TWO).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-2 was made to Update
     3.5 changes: Modify A (False), Add B
     3.7 execution began as token-2
     3.6 UPDATE_IN_PROGRESS: User Initiated
     7.1 - A UPDATE_IN_PROGRESS
     8.6 - A UPDATE_COMPLETE
     9.0 - B CREATE_IN_PROGRESS
     9.7 - B CREATE_IN_PROGRESS: Resource creation Initiated
    10.5 - B CREATE_COMPLETE
    11.4 UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    12.3 UPDATE_COMPLETE
    13.1 settled in UPDATE_COMPLETE
    ");
    let Outcome::Deployed { status, orphans, retained, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::UpdateComplete);
    assert_eq!((orphans, retained), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn nothing_to_do_leaves_nothing_behind() {
    let mut world = World::deployed(ONE).await;
    let Prepared::Unchanged { stack } = world.prepare(ONE).await.unwrap() else { panic!("something to do") };
    assert_eq!(stack.status, StackStatus::CreateComplete);
    assert_eq!(stack.outputs.len(), 1);
    insta::assert_snapshot!(world.transcript(), @"
    0.2 change-2 was made to Update
    3.6 change-2 was deleted
    ");
    insta::assert_snapshot!(world.left().await, @"CREATE_COMPLETE with change sets []");
}

#[tokio::test]
async fn a_failed_creation_is_rolled_back_and_says_why() {
    let mut world = World::new().await;
    world.faults(failing("B", HandlerOperation::Create, "the drawer is full"));
    let outcome = world.deploy(TWO).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-1 was made to Create
     3.5 changes: Add A, Add B
     3.7 execution began as token-1
     3.6 CREATE_IN_PROGRESS: User Initiated
     7.1 - A CREATE_IN_PROGRESS
     7.8 - A CREATE_IN_PROGRESS: Resource creation Initiated
     8.6 - A CREATE_COMPLETE
     9.0 - B CREATE_IN_PROGRESS
     9.7 - B CREATE_FAILED: the drawer is full
    10.6 ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [B]. Rollback requested by user.
    14.1 - B DELETE_COMPLETE
    14.5 - A DELETE_IN_PROGRESS
    16.0 - A DELETE_COMPLETE
    16.9 ROLLBACK_COMPLETE
    17.0 settled in ROLLBACK_COMPLETE
    ");
    let Outcome::RolledBack { status, failure, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::RollbackComplete);
    assert_eq!(failure.causes[0].logical_id, "B");
    assert_eq!(failure.causes[0].reason.as_deref(), Some("the drawer is full"));
}

#[tokio::test]
async fn a_failed_update_is_rolled_back_and_says_why() {
    let mut world = World::deployed(ONE).await;
    world.faults(failing("A", HandlerOperation::Update, "the drawer is full"));
    let outcome = world.deploy(TWO).await.unwrap();
    insta::assert_snapshot!(world.transcript(), @"
     0.2 change-2 was made to Update
     3.5 changes: Modify A (False), Add B
     3.7 execution began as token-2
     3.6 UPDATE_IN_PROGRESS: User Initiated
     7.1 - A UPDATE_IN_PROGRESS
     7.8 - A UPDATE_FAILED: the drawer is full
     8.7 UPDATE_ROLLBACK_IN_PROGRESS: The following resource(s) failed to update: [A]. 
    12.2 - A UPDATE_IN_PROGRESS
    13.7 - A UPDATE_COMPLETE
    14.6 UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
    15.5 UPDATE_ROLLBACK_COMPLETE
    16.4 settled in UPDATE_ROLLBACK_COMPLETE
    ");
    let Outcome::RolledBack { status, failure, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::UpdateRollbackComplete);
    assert_eq!(failure.causes[0].logical_id, "A");
    // The stack takes the next update.
    world.faults(Faults::default());
    let outcome = world.deploy(TWO).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_rollback_that_fails_needs_a_hand() {
    let mut world = World::deployed(TWO).await;
    let changed = r#"{"Resources": {
        "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "3"}},
        "B": {"Type": "AWS::SSM::Parameter", "DependsOn": "A", "Properties": {"Type": "String", "Value": "4"}}}}"#;
    let faults = Faults {
        resources: vec![
            ResourceFault {
                logical_id: "B".to_owned(),
                on: HandlerOperation::Update,
                reason: "no".to_owned(),
            },
            ResourceFault {
                logical_id: "A".to_owned(),
                on: HandlerOperation::Rollback,
                reason: "never".to_owned(),
            },
        ],
        ..Faults::default()
    };
    world.faults(faults);
    let outcome = world.deploy(changed).await.unwrap();
    let Outcome::Failed { status, failure } = outcome else { panic!("{outcome:?}") };
    assert_eq!(status, StackStatus::UpdateRollbackFailed);
    let causes: Vec<&str> = failure.causes.iter().filter_map(|cause| cause.reason.as_deref()).collect();
    assert_eq!(causes, ["no", "never"]);
    // And takes no change set.
    insta::assert_snapshot!(world.prepare(ONE).await.unwrap_err().lines().next().unwrap(), @"stack shop needs manual recovery: UPDATE_ROLLBACK_FAILED");
}

#[tokio::test]
async fn a_stack_whose_creation_was_rolled_back_is_refused() {
    let mut world = World::new().await;
    world.faults(failing("A", HandlerOperation::Create, "no"));
    world.deploy(ONE).await.unwrap();
    world.forget();
    let request = world.request(ONE);
    let error = prepare_request(&world.client, request).await.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap()), @"
    stack shop is in ROLLBACK_COMPLETE: its creation failed, and it can only be deleted
    delete the stack and deploy again; its resources are gone already, except those that are retained
    ");
    assert_eq!(world.calls(), "DescribeStacks 1");
}

#[tokio::test]
async fn a_busy_stack_is_refused() {
    let mut world = World::new().await;
    let operation = world.start(ONE).await;
    let request = world.request(TWO);
    let error = prepare_request(&world.client, request).await.unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hint().unwrap()), @"
    stack shop is busy: CREATE_IN_PROGRESS
    wait until the running operation has ended, then try again
    ");
    let outcome = world.follow(&operation).await.unwrap();
    assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_name_in_use_is_found_before_anything_is_begun() {
    const NAMED: &str = r#"{"Resources": {"A": {"Type": "AWS::SSM::Parameter",
        "Properties": {"Type": "String", "Value": "1", "Name": "taken"}}}}"#;
    let mut world = World::deployed(NAMED).await;
    let mut request = world.request(NAMED);
    request.stack_name = "shop-2".to_owned();
    let prepared_request = prepare_request(&world.client, request).await.unwrap();
    let error = tablewright_cloudformation::prepare(&world.client, &prepared_request, &world.events)
        .await
        .unwrap_err();
    let tablewright_cloudformation::PrepareError::Failed { reason, details, .. } = error else {
        panic!("{error:?}")
    };
    insta::assert_snapshot!(reason, @"The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.");
    insta::assert_debug_snapshot!(details, @r#"
    [
        ValidationDetail {
            name: Some(
                "NAME_CONFLICT_VALIDATION",
            ),
            logical_id: Some(
                "A",
            ),
            path: Some(
                "/Resources/A",
            ),
            reason: "Resource of type 'AWS::SSM::Parameter' with identifier 'taken' already exists.",
            advice: None,
            is_warning: false,
        },
    ]
    "#);
    // Neither change set nor shell is left.
    assert_eq!(tablewright_cloudformation::stack::describe(&world.client, "shop-2").await.unwrap(), None);
}

#[tokio::test]
async fn a_template_that_is_refused_makes_nothing() {
    let mut world = World::new().await;
    insta::assert_snapshot!(world.prepare("{}").await.unwrap_err().lines().next().unwrap(), @"CreateChangeSet was refused: Template format error: At least one Resources member must be defined.");
    insta::assert_snapshot!(world.prepare("{").await.unwrap_err().lines().next().unwrap(), @"CreateChangeSet was refused: Template format error: JSON not well-formed. (line 1, column 2: JSON not well-formed: expected a key in double quotes)");
    assert_eq!(world.transcript(), "");
    assert_eq!(world.left().await, "no stack");
}

#[tokio::test]
async fn new_tags_alone_are_a_change() {
    let mut world = World::deployed(ONE).await;
    let mut request = world.request(ONE);
    request.tags = Some(vec![("team".to_owned(), "shop".to_owned())]);
    let prepared_request = prepare_request(&world.client, request).await.unwrap();
    let prepared =
        tablewright_cloudformation::prepare(&world.client, &prepared_request, &world.events).await.unwrap();
    assert!(matches!(prepared, Prepared::Ready(_)), "{prepared:?}");
}

#[tokio::test]
async fn template_and_resources_read_back() {
    let world = World::deployed(ONE).await;
    assert_eq!(
        tablewright_cloudformation::stack::template(&world.client, "shop").await.unwrap().as_deref(),
        Some(ONE)
    );
    assert_eq!(tablewright_cloudformation::stack::template(&world.client, "other").await.unwrap(), None);
    let resources = tablewright_cloudformation::stack::resources(&world.client, "shop").await.unwrap();
    assert_eq!(resources.len(), 1);
    assert_eq!(
        (resources[0].logical_id.as_str(), resources[0].resource_type.as_str()),
        ("A", "AWS::SSM::Parameter")
    );
    assert!(resources[0].physical_id.is_some());
}
