//! Cancelling, rolling back and waiting, against scripted answers.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod script;

use std::time::Duration;

use script::{Script, stack};
use tablewright_cloudformation::operation::OperationKind;
use tablewright_cloudformation::{
    CancelCreation, Event, EventKind, Events, Idle, Polling, RollbackOptions, wait_for_idle,
};
use tablewright_cloudformation::{cancel, rollback};

async fn cancelled(script: &Script, creation: CancelCreation) -> String {
    let (events, mut receiver) = Events::channel();
    let client = script.client().await;
    let came = match cancel(&client, "shop", creation, "token-1", &events).await {
        Ok(operation) => format!("{:?} of {}", operation.kind, operation.stack_id),
        Err(error) => error.to_string(),
    };
    let told = receiver.try_recv().map_or("nothing", |event: Event| match event.kind {
        EventKind::Cancelled { .. } => "cancelled",
        EventKind::DeletionStarted { .. } => "deletion",
        other => panic!("{other:?}"),
    });
    format!("{came}; told {told}\n{}", script.calls())
}

#[tokio::test]
async fn an_update_is_cancelled() {
    let script =
        Script::default().on("DescribeStacks", &stack("UPDATE_IN_PROGRESS")).on("CancelUpdateStack", "");
    insta::assert_snapshot!(cancelled(&script, CancelCreation::Refuse).await, @"
    Latest of arn:stack; told cancelled
    DescribeStacks, CancelUpdateStack
    ");
    assert!(script.sent("CancelUpdateStack").contains("ClientRequestToken=token-1"));
}

#[tokio::test]
async fn a_creation_is_deleted_only_when_that_is_asked_for() {
    let script = || {
        Script::default()
            .on("DescribeStacks", &stack("CREATE_IN_PROGRESS"))
            .on("DescribeStackEvents", "<StackEvents/>")
            .on("DeleteStack", "")
    };
    insta::assert_snapshot!(cancelled(&script(), CancelCreation::Refuse).await, @"
    stack shop is being created; cancelling a creation deletes the stack; told nothing
    DescribeStacks
    ");
    insta::assert_snapshot!(cancelled(&script(), CancelCreation::Delete).await, @r#"
    Delete { token: "token-1" } of arn:stack; told deletion
    DescribeStacks, DescribeStackEvents, DescribeStacks, DeleteStack
    "#);
}

#[tokio::test]
async fn what_cannot_be_cancelled_is_left_alone() {
    for status in [
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "DELETE_IN_PROGRESS",
    ] {
        let script = Script::default().on("DescribeStacks", &stack(status));
        let told = cancelled(&script, CancelCreation::Delete).await;
        let expected =
            format!("stack shop has no operation to cancel: it is in {status}; told nothing\nDescribeStacks");
        assert_eq!(told, expected);
    }
    let script =
        Script::default().refuse("DescribeStacks", "ValidationError", "Stack with id shop does not exist");
    insta::assert_snapshot!(cancelled(&script, CancelCreation::Delete).await, @"
    stack shop does not exist; told nothing
    DescribeStacks
    ");
}

#[tokio::test]
async fn an_update_that_has_ended_meanwhile() {
    let script = Script::default()
        .on("DescribeStacks", &stack("UPDATE_IN_PROGRESS"))
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"))
        .refuse(
            "CancelUpdateStack",
            "ValidationError",
            "CancelUpdateStack cannot be called from current stack status",
        );
    insta::assert_snapshot!(cancelled(&script, CancelCreation::Refuse).await, @"
    stack shop has no operation to cancel: it is in UPDATE_COMPLETE; told nothing
    DescribeStacks, CancelUpdateStack, DescribeStacks
    ");
}

async fn rolled_back(status: &str, options: &RollbackOptions) -> String {
    let script = Script::default()
        .on("DescribeStacks", &stack(status))
        .on("DescribeStackEvents", "<StackEvents/>")
        .on("RollbackStack", "")
        .on("ContinueUpdateRollback", "");
    let client = script.client().await;
    let (events, _receiver) = Events::channel();
    let stack = tablewright_cloudformation::stack::describe(&client, "shop").await.unwrap().unwrap();
    match rollback(&client, &stack, options, "token-1", &events).await {
        Ok(operation) => {
            assert_eq!(operation.kind, OperationKind::Rollback { token: "token-1".to_owned() });
            let calls = script.calls();
            let action = calls.rsplit(", ").next().unwrap();
            format!("{action}\n{}", script.sent(action))
        }
        Err(error) => {
            assert_eq!(script.calls(), "DescribeStacks");
            error.to_string()
        }
    }
}

#[tokio::test]
async fn a_rollback_is_begun_or_continued() {
    let plain = RollbackOptions::default();
    insta::assert_snapshot!(rolled_back("UPDATE_FAILED", &plain).await, @"
    RollbackStack
    StackName=arn:stack
    ClientRequestToken=token-1
    ");
    insta::assert_snapshot!(rolled_back("UPDATE_ROLLBACK_FAILED", &plain).await, @"
    ContinueUpdateRollback
    StackName=arn:stack
    ClientRequestToken=token-1
    ");
    let options = RollbackOptions {
        role_arn: Some("arn:role".to_owned()),
        skip: vec!["A".to_owned(), "N.B".to_owned()],
        retain_except_on_create: true,
    };
    insta::assert_snapshot!(rolled_back("UPDATE_ROLLBACK_FAILED", &options).await, @"
    ContinueUpdateRollback
    StackName=arn:stack
    RoleARN=arn:role
    ResourcesToSkip.member.1=A
    ResourcesToSkip.member.2=N.B
    ClientRequestToken=token-1
    ");
    let options = RollbackOptions { skip: Vec::new(), ..options };
    insta::assert_snapshot!(rolled_back("CREATE_FAILED", &options).await, @"
    RollbackStack
    StackName=arn:stack
    RoleARN=arn:role
    ClientRequestToken=token-1
    RetainExceptOnCreate=true
    ");
}

#[tokio::test]
async fn what_cannot_be_rolled_back_is_refused_without_a_call() {
    insta::assert_snapshot!(rolled_back("UPDATE_COMPLETE", &RollbackOptions::default()).await, @"
    stack shop cannot be rolled back: it is in UPDATE_COMPLETE
    ");
    insta::assert_snapshot!(rolled_back("ROLLBACK_FAILED", &RollbackOptions::default()).await, @"
    stack shop cannot be rolled back: it is in ROLLBACK_FAILED
    ");
    let options = RollbackOptions { skip: vec!["A".to_owned()], ..RollbackOptions::default() };
    insta::assert_snapshot!(rolled_back("UPDATE_FAILED", &options).await, @"
    stack shop has no failed rollback: resources can be skipped only when one is continued
    ");
}

async fn waited(script: &Script, seconds: u64) -> String {
    let (events, _receiver) = Events::channel();
    let client = script.client().await;
    let polling = Polling::default();
    let came = match wait_for_idle(&client, "shop", Duration::from_secs(seconds), &polling, &events).await {
        Ok(Idle::AtRest(Some(stack))) => format!("at rest in {}", stack.status),
        Ok(Idle::AtRest(None)) => "no stack".to_owned(),
        Ok(Idle::StillBusy(stack)) => format!("still in {}", stack.status),
        Err(error) => error.to_string(),
    };
    format!("{came} after {} s; {}", script.elapsed(), script.calls())
}

#[tokio::test]
async fn a_busy_stack_is_waited_for() {
    let script = Script::default()
        .on("DescribeStacks", &stack("UPDATE_IN_PROGRESS"))
        .refuse("DescribeStacks", "Throttling", "Rate exceeded")
        .on("DescribeStacks", &stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"))
        .on("DescribeStacks", &stack("UPDATE_COMPLETE"));
    insta::assert_snapshot!(waited(&script, 60).await, @"
    at rest in UPDATE_COMPLETE after 11 s; DescribeStacks, DescribeStacks, DescribeStacks, DescribeStacks
    ");
}

#[tokio::test]
async fn but_not_for_ever() {
    let script = Script::default().on("DescribeStacks", &stack("UPDATE_IN_PROGRESS"));
    insta::assert_snapshot!(waited(&script, 10).await, @"
    still in UPDATE_IN_PROGRESS after 10 s; DescribeStacks, DescribeStacks, DescribeStacks, DescribeStacks
    ");
    let script = Script::default().refuse("DescribeStacks", "Throttling", "Rate exceeded");
    insta::assert_snapshot!(waited(&script, 10).await, @"
    DescribeStacks was throttled: Rate exceeded after 10 s; DescribeStacks, DescribeStacks, DescribeStacks, DescribeStacks
    ");
    // Not at all: one look.
    let script = Script::default().on("DescribeStacks", &stack("UPDATE_IN_PROGRESS"));
    insta::assert_snapshot!(waited(&script, 0).await, @"
    still in UPDATE_IN_PROGRESS after 0 s; DescribeStacks
    ");
}

#[tokio::test]
async fn a_stack_that_is_not_busy_is_not_waited_for() {
    let script = Script::default().on("DescribeStacks", &stack("ROLLBACK_COMPLETE"));
    insta::assert_snapshot!(waited(&script, 60).await, @"
    at rest in ROLLBACK_COMPLETE after 0 s; DescribeStacks
    ");
    let script =
        Script::default().refuse("DescribeStacks", "ValidationError", "Stack with id shop does not exist");
    insta::assert_snapshot!(waited(&script, 60).await, @"
    no stack after 0 s; DescribeStacks
    ");
    let script = Script::default().refuse("DescribeStacks", "AccessDenied", "no");
    insta::assert_snapshot!(waited(&script, 60).await, @"
    cloudformation:DescribeStacks is not allowed: no after 0 s; DescribeStacks
    ");
}
