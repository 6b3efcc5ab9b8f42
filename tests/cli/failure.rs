//! Deployments that fail, and stacks that are in a bad way: the first cause, its Rust line, what to do.

use insta::assert_snapshot;
use tablewright_sandbox::{CallFailure, CallFault, Faults, HandlerOperation, ResourceFault};

use crate::support::{Cloud, Project, moments};

/// Faults that let one operation of one resource fail.
pub(crate) fn failing(logical_id: &str, on: HandlerOperation) -> Faults {
    let fault = ResourceFault {
        logical_id: logical_id.to_owned(),
        on,
        reason: "Resource handler returned message: \"no\"".to_owned(),
    };
    Faults { resources: vec![fault], ..Faults::default() }
}

/// Faults that let the calls number `from` to `to` of an action go wrong.
fn calls(action: &str, from: u64, to: u64, failure: CallFailure) -> Faults {
    let fault = CallFault { action: action.to_owned(), from, to, failure };
    Faults { calls: vec![fault], ..Faults::default() }
}

const DEPLOY: [&str; 4] = ["deploy", "notes", "--sandbox", "--yes"];

#[test]
fn a_create_that_fails_and_the_stack_it_leaves() {
    let project = Project::sample("failure-create");
    let cloud = Cloud::new(&project, moments(), failing("NoteWriteScaling", HandlerOperation::Create));
    assert_snapshot!(project.run(&DEPLOY), @r#"
    exit code 4
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    notes: deploying
    --:--:--  notes  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  CREATE_IN_PROGRESS
    --:--:--  notes  Note  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  Note  CREATE_COMPLETE
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScaling  CREATE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  NoteReadScaling  CREATE_FAILED  Resource creation cancelled
    --:--:--  notes  stack  ROLLBACK_IN_PROGRESS  The following resource(s) failed to create: [NoteReadScaling, NoteWriteScaling]. Rollback requested by user.
    --:--:--  notes  NoteReadScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  NoteReadScaling  DELETE_COMPLETE
    --:--:--  notes  Note  DELETE_IN_PROGRESS
    --:--:--  notes  Note  DELETE_COMPLETE
    --:--:--  notes  stack  ROLLBACK_COMPLETE
    error: stack notes failed and was rolled back; it is in ROLLBACK_COMPLETE
      NoteWriteScaling (stacks/notes.rs:9) CREATE_FAILED: Resource handler returned message: "no"
      cancelled with it: NoteReadScaling
      help: a stack in ROLLBACK_COMPLETE can only be deleted: `tablewright deploy notes --sandbox` does that and creates it anew; `tablewright destroy notes --sandbox` only deletes it
    "#);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("ROLLBACK_COMPLETE"));
    // RetainExceptOnCreate: what was made in vain is gone.
    assert!(cloud.table("demo-dev-notes").is_null());
    assert_snapshot!(project.run(&["watch", "notes", "--sandbox"]), @r#"
    exit code 4
    --- stderr
    notes: watching
    --:--:--  notes  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  CREATE_IN_PROGRESS
    --:--:--  notes  Note  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  Note  CREATE_COMPLETE
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScaling  CREATE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  NoteReadScaling  CREATE_FAILED  Resource creation cancelled
    --:--:--  notes  stack  ROLLBACK_IN_PROGRESS  The following resource(s) failed to create: [NoteReadScaling, NoteWriteScaling]. Rollback requested by user.
    --:--:--  notes  NoteReadScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  NoteReadScaling  DELETE_COMPLETE
    --:--:--  notes  Note  DELETE_IN_PROGRESS
    --:--:--  notes  Note  DELETE_COMPLETE
    --:--:--  notes  stack  ROLLBACK_COMPLETE
    error: stack notes failed and was rolled back; it is in ROLLBACK_COMPLETE
      NoteWriteScaling (stacks/notes.rs:9) CREATE_FAILED: Resource handler returned message: "no"
      cancelled with it: NoteReadScaling
      help: a stack in ROLLBACK_COMPLETE can only be deleted: `tablewright deploy notes --sandbox` does that and creates it anew; `tablewright destroy notes --sandbox` only deletes it
    "#);
}

#[test]
fn a_stack_that_was_never_made() {
    let project = Project::sample("failure-never");
    let cloud = Cloud::new(&project, moments(), failing("Note", HandlerOperation::Create));
    let _ = project.run(&DEPLOY).ends_with(4);
    // The cause is gone, but the stack is in the way until it is deleted.
    cloud.set_faults(Faults::default());
    let again = project.run(&DEPLOY).ends_with(0);
    let _ = again.says("the stack is in ROLLBACK_COMPLETE").says("is deleted; it is created anew");
    let _ = project.run(&DEPLOY).ends_with(0).says("nothing to change");
}

#[test]
fn an_update_that_fails() {
    let project = Project::sample("failure-update");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&DEPLOY).ends_with(0);
    cloud.set_faults(failing("NoteReadScaling", HandlerOperation::Update));
    project.replace("notes.rs", "5..=most", "7..=most");
    assert_snapshot!(project.run(&DEPLOY), @r#"
    exit code 4
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 1 in place, with risk
      ~ NoteReadScaling.MinCapacity  5 → 7  [in place]
      ~ NoteWriteScaling.MinCapacity  5 → 7  [in place]
      ~ Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → {"ReadCapacityUnits":7,"WriteCapacityUnits":7}  [in place, with risk]
          the values in the template replace those that auto scaling (`NoteReadScaling`) has set, which can cause throttling
          --> stacks/notes.rs:9
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  UPDATE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  NoteWriteScaling  UPDATE_FAILED  Resource update cancelled
    --:--:--  notes  stack  UPDATE_ROLLBACK_IN_PROGRESS  The following resource(s) failed to update: [NoteReadScaling, NoteWriteScaling].
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  UPDATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  UPDATE_COMPLETE
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  stack  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  notes  stack  UPDATE_ROLLBACK_COMPLETE
    error: stack notes failed and was rolled back; it is in UPDATE_ROLLBACK_COMPLETE
      NoteReadScaling (stacks/notes.rs:9) UPDATE_FAILED: Resource handler returned message: "no"
      cancelled with it: NoteWriteScaling
    "#);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_ROLLBACK_COMPLETE"));
    // Rolled back, it can be deployed again.
    cloud.set_faults(Faults::default());
    let _ = project.run(&DEPLOY).ends_with(0);
}

#[test]
fn a_rollback_that_fails() {
    let project = Project::sample("failure-rollback");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&DEPLOY).ends_with(0);
    let mut faults = failing("NoteReadScaling", HandlerOperation::Update);
    faults.resources.extend(failing("Note", HandlerOperation::Rollback).resources);
    cloud.set_faults(faults);
    project.replace("notes.rs", "5..=most", "7..=most");
    assert_snapshot!(project.run(&DEPLOY), @r#"
    exit code 5
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 1 in place, with risk
      ~ NoteReadScaling.MinCapacity  5 → 7  [in place]
      ~ NoteWriteScaling.MinCapacity  5 → 7  [in place]
      ~ Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → {"ReadCapacityUnits":7,"WriteCapacityUnits":7}  [in place, with risk]
          the values in the template replace those that auto scaling (`NoteReadScaling`) has set, which can cause throttling
          --> stacks/notes.rs:9
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  UPDATE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  NoteWriteScaling  UPDATE_FAILED  Resource update cancelled
    --:--:--  notes  stack  UPDATE_ROLLBACK_IN_PROGRESS  The following resource(s) failed to update: [NoteReadScaling, NoteWriteScaling].
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  UPDATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  UPDATE_COMPLETE
    --:--:--  notes  Note  UPDATE_IN_PROGRESS
    --:--:--  notes  Note  UPDATE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  stack  UPDATE_ROLLBACK_FAILED  The following resource(s) failed to update: [Note].
    error: stack notes failed; it is in UPDATE_ROLLBACK_FAILED
      NoteReadScaling (stacks/notes.rs:9) UPDATE_FAILED: Resource handler returned message: "no"
      Note (stacks/notes.rs:9) UPDATE_FAILED: Resource handler returned message: "no"
      cancelled with it: NoteWriteScaling
      help: fix the cause, then `tablewright rollback notes --sandbox` continues the rollback; `--skip ID` skips a resource
    "#);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_ROLLBACK_FAILED"));
    assert_snapshot!(project.run(&DEPLOY), @r#"
    exit code 5
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 1 in place, with risk
      ~ NoteReadScaling.MinCapacity  5 → 7  [in place]
      ~ NoteWriteScaling.MinCapacity  5 → 7  [in place]
      ~ Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → {"ReadCapacityUnits":7,"WriteCapacityUnits":7}  [in place, with risk]
          the values in the template replace those that auto scaling (`NoteReadScaling`) has set, which can cause throttling
          --> stacks/notes.rs:9
    error: stack demo-notes-dev needs manual recovery: UPDATE_ROLLBACK_FAILED
      help: remove what blocks the rollback and continue it, then deploy again
    "#);
}

#[test]
fn a_delete_that_fails() {
    let project = Project::sample("failure-delete");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&DEPLOY).ends_with(0);
    cloud.set_faults(failing("NoteReadScaling", HandlerOperation::Delete));
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @r#"
    exit code 5
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      = Note (demo-dev-notes)  DynamoDB::Table  [retained, with its items]
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
    notes: destroying
    --:--:--  notes  stack  DELETE_IN_PROGRESS  User Initiated
    --:--:--  notes  NoteReadScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteReadScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  DELETE_FAILED  Resource handler returned message: "no"
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  stack  DELETE_FAILED  The following resource(s) failed to delete: [NoteReadScaling].
    error: stack notes failed; it is in DELETE_FAILED
      NoteReadScaling (stacks/notes.rs:9) DELETE_FAILED: Resource handler returned message: "no"
      help: fix the cause, then run `tablewright destroy notes --sandbox` again
    "#);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("DELETE_FAILED"));
}

#[test]
fn reads_that_fail_do_not_change_the_end() {
    let project = Project::sample("failure-reads");
    let throttled = calls("DescribeStackEvents", 2, 3, CallFailure::Throttled);
    let _ = Cloud::new(&project, moments(), throttled);
    let output = project.run(&DEPLOY).ends_with(0);
    let _ = output
        .says("DescribeStackEvents is throttled by AWS")
        .says("done, and the tables it changed can be used");
}

#[test]
fn a_failed_deploy_of_one_stack_stops_the_others() {
    let project = Project::sample("failure-several");
    let cloud = Cloud::new(&project, moments(), failing("Product", HandlerOperation::Create));
    assert_snapshot!(project.run(&["deploy", "--sandbox", "--yes"]), @r#"
    exit code 4
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 4 new
      + output CategoryTable  [new]
      + output ProductTable  [new]
      + Category  DynamoDB::Table  [new]
      + Product  DynamoDB::Table  [new]
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    shop: deploying
    --:--:--  shop  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Category  CREATE_IN_PROGRESS
    --:--:--  shop  Product  CREATE_IN_PROGRESS
    --:--:--  shop  Category  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  shop  Product  CREATE_FAILED  Resource handler returned message: "no"
    --:--:--  shop  Category  CREATE_FAILED  Resource creation cancelled
    --:--:--  shop  stack  ROLLBACK_IN_PROGRESS  The following resource(s) failed to create: [Category, Product]. Rollback requested by user.
    --:--:--  shop  Category  DELETE_IN_PROGRESS
    --:--:--  shop  Product  DELETE_COMPLETE
    --:--:--  shop  Category  DELETE_COMPLETE
    --:--:--  shop  stack  ROLLBACK_COMPLETE
    shop   failed: stack shop failed and was rolled back; it is in ROLLBACK_COMPLETE
    notes  not started: another stack failed
    error: stack shop failed and was rolled back; it is in ROLLBACK_COMPLETE
      Product (stacks/shop.rs:9) CREATE_FAILED: Resource handler returned message: "no"
      cancelled with it: Category
      help: a stack in ROLLBACK_COMPLETE can only be deleted: `tablewright deploy shop --sandbox` does that and creates it anew; `tablewright destroy shop --sandbox` only deletes it
    "#);
    // What was prepared and never begun is cleaned up, its empty stack with it.
    assert_eq!(cloud.status("demo-notes-dev"), None);
}

#[test]
fn what_aws_says_is_passed_on() {
    let project = Project::sample("failure-calls");
    let cloud = Cloud::quick(&project);
    let failing = |action: &str, failure| {
        cloud.set_faults(calls(action, 1, u64::MAX, failure));
        project.run(&DEPLOY)
    };
    assert_snapshot!(failing("CreateChangeSet", CallFailure::AccessDenied), @"
    exit code 3
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    error: cloudformation:CreateChangeSet is not allowed: User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: cloudformation:CreateChangeSet
      help: the credentials need the permission cloudformation:CreateChangeSet
    ");
    assert_snapshot!(failing("DescribeStacks", CallFailure::ExpiredToken), @"
    exit code 3
    --- stderr
    error: the credentials have expired: The security token included in the request is expired
      help: sign in again (`aws sso login`, `aws login`, or new keys), then run the same command
    ");
    assert_snapshot!(failing("ExecuteChangeSet", CallFailure::AccessDenied), @"
    exit code 3
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    notes: deploying
    error: cloudformation:ExecuteChangeSet is not allowed: User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: cloudformation:ExecuteChangeSet
      help: the credentials need the permission cloudformation:ExecuteChangeSet
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    assert_snapshot!(failing("DescribeTable", CallFailure::AccessDenied), @"
    exit code 3
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    notes: deploying
    --:--:--  notes  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  CREATE_IN_PROGRESS
    --:--:--  notes  Note  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  Note  CREATE_COMPLETE
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScaling  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScaling  CREATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  CREATE_COMPLETE
    --:--:--  notes  NoteReadScalingPolicy  CREATE_IN_PROGRESS
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScalingPolicy  CREATE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  CREATE_COMPLETE
    --:--:--  notes  stack  CREATE_COMPLETE
    ✓ notes: done, but its tables may not be usable yet.
    error: stack notes is deployed, but it is not known whether its tables can be used
      because: not allowed to read the state of table `demo-dev-notes`: User: arn:aws:iam::000000000000:user/sandbox is not authorized to perform: dynamodb:DescribeTable
      help: the credentials need the permission dynamodb:DescribeTable
    ");
}
