//! `tablewright diff`.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn before_and_after_a_deploy() {
    let project = Project::sample("diff");
    let cloud = Cloud::quick(&project);
    assert_snapshot!(project.run(&["diff", "--sandbox"]), @"
    exit code 0
    --- stdout
    shop: 4 new
      + output CategoryTable  [new]
      + output ProductTable  [new]
      + Category  DynamoDB::Table  [new]
      + Product  DynamoDB::Table  [new]
    notes: 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    ");
    let _ = project.run(&["diff", "--sandbox", "--detailed-exitcode"]).ends_with(8);
    // A look makes nothing.
    assert_eq!(cloud.status("demo-notes-dev"), None);

    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]), @"
    exit code 0
    --- stdout
    notes: nothing to change
    ");
    let _ = project.run(&["diff", "--sandbox", "--detailed-exitcode"]).ends_with(8);

    project.replace(
        "notes.rs",
        "Billing::provisioned(Capacity::auto(5..=most), Capacity::auto(5..=most))",
        "Billing::on_demand()",
    );
    project.replace("notes.rs", "Billing, Capacity, Days", "Billing, Days");
    project.replace(
        "notes.rs",
        "    let most = if env.protected() { 500 } else { 10 };\n",
        "    let _ = env;\n",
    );
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]), @r#"
    exit code 8
    --- stdout
    notes: 4 removed, 2 staged, in 2 steps
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [removed]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [removed]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [removed]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [removed]
      ~ Note.BillingMode  PROVISIONED → PAY_PER_REQUEST  [staged]
          a table can be switched to on-demand four times in 24 hours
      - Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → (none)  [staged]
          capacity comes and goes with the billing mode
    "#);
}

#[test]
fn tags_alone() {
    let project = Project::sample("diff-tags");
    let _ = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    project.replace(
        "notes.rs",
        "stack = Stack::new(\"notes\")",
        "stack = Stack::new(\"notes\").tag(\"team\", \"blue\")",
    );
    let output = project.run(&["diff", "notes", "--sandbox", "--detailed-exitcode"]).ends_with(8);
    assert!(output.stdout.contains("its tags change"), "{output}");
}
