//! What guards a stack beside its template: termination protection and the stack policy.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

const DEPLOY: [&str; 4] = ["deploy", "notes", "--sandbox", "--yes"];

#[test]
fn a_protected_stack_is_deleted_after_its_protection_is_off() {
    let project = Project::sample("guard-termination");
    let cloud = Cloud::quick(&project);
    project.replace(
        "notes.rs",
        ".description(\"Notes of a user\")",
        ".description(\"Notes\").termination_protection(true)",
    );
    let _ = project.run(&DEPLOY).ends_with(0);
    assert!(cloud.call("DescribeStacks", "demo-notes-dev").contains("<EnableTerminationProtection>true<"));
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @"
    exit code 6
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      = Note (demo-dev-notes)  DynamoDB::Table  [retained, with its items]
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
    error: stack demo-notes-dev has termination protection
      help: deploy it with `.termination_protection(false)` first, if the stack is no longer needed
    ");
    assert!(cloud.status("demo-notes-dev").is_some());
    let _ = project.run(&DEPLOY).ends_with(0).says("✓ notes: nothing to change.");

    project.replace("notes.rs", "termination_protection(true)", "termination_protection(false)");
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]), @"
    exit code 8
    --- stdout
    notes: 1 in place, with risk
      ~ Stack.EnableTerminationProtection  true → false  [in place, with risk]
          the stack is no longer protected against deletion
          --> stacks/notes.rs:25
    ");
    let _ = project.run(&DEPLOY).ends_with(0);
    let _ = project.run(&["destroy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert!(cloud.status("demo-notes-dev").is_none());
}

#[test]
fn a_stack_policy_is_set_once_and_seen_by_diff() {
    let project = Project::sample("guard-policy");
    let cloud = Cloud::quick(&project);
    let policy = "tablewright::json!({\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"Update:*\", \
                  \"Principal\": \"*\", \"Resource\": \"*\"}]})";
    let with_policy = format!(".description(\"Notes of a user\").policy({policy})");
    let _ = project.run(&DEPLOY).ends_with(0);
    project.replace("notes.rs", ".description(\"Notes of a user\")", &with_policy);
    let diff = project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]).ends_with(8);
    assert!(diff.stdout.starts_with("notes: 1 in place\n  + Stack.StackPolicyBody  {"), "{diff}");
    let _ = project.run(&DEPLOY).ends_with(0);
    assert!(cloud.call("GetStackPolicy", "demo-notes-dev").contains("Update:*"));
    let _ = project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]).ends_with(0);
}
