//! `tablewright destroy`: deletion policy and deletion protection are honoured and explained.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn a_retained_table() {
    let project = Project::sample("destroy");
    let cloud = Cloud::quick(&project);
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @"
    exit code 0
    --- stderr
    No stack demo-notes-dev in the sandbox, us-east-1; nothing to do.
    ");
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox"]), @"
    exit code 6
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      = Note (demo-dev-notes)  DynamoDB::Table  [retained, with its items]
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
    error: cannot ask for confirmation: stdin is not a terminal
      help: pass `--yes` to continue without confirmation
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @"
    exit code 0
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
    --:--:--  notes  NoteReadScaling  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  Note  DELETE_SKIPPED
    --:--:--  notes  stack  DELETE_COMPLETE
    ✓ notes: the stack is deleted.
      Note (demo-dev-notes) is retained outside the stack, by its policy.
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    assert_eq!(cloud.table("demo-dev-notes")["TableStatus"], "ACTIVE");
    let _ =
        project.run(&["destroy", "notes", "--sandbox", "--yes"]).ends_with(0).says("No stack demo-notes-dev");

    // Its name is taken: another stack cannot have it, and says what can be done.
    assert_snapshot!(project.run(&["deploy", "notes", "--sandbox", "--yes"]), @"
    exit code 6
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
    error: CloudFormation refused the change set of stack notes; nothing was changed
      Note (stacks/notes.rs:9): Resource of type 'AWS::DynamoDB::Table' with identifier 'demo-dev-notes' already exists.
      help: a table with this name already exists: one that was retained, or one of another stack; import it, delete it if its items are no longer needed, or use another name
    ");
    assert_eq!(cloud.table("demo-dev-notes")["TableStatus"], "ACTIVE");
}

#[test]
fn a_protected_table() {
    let project = Project::sample("destroy-protected");
    let cloud = Cloud::quick(&project);
    let given_up = ".base_name(\"notes\").deletion_policy(tablewright::DeletionPolicy::Delete)";
    project.replace("notes.rs", ".base_name(\"notes\")", &format!("{given_up}.deletion_protection(true)"));
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @"
    exit code 6
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - Note (demo-dev-notes)  DynamoDB::Table  [deleted, with its items]
          about 0 items, 0 bytes (DynamoDB counts about every six hours)
          point-in-time recovery: from [TIME] to [TIME]
          last backup: none
          deletion protection: on
    error: table `Note` has deletion protection, so deleting the stack would fail
      help: deploy it with `.deletion_protection(false)` first, if its items are no longer needed
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));

    project.replace("notes.rs", ".deletion_protection(true)", ".deletion_protection(false)");
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes"]), @"
    exit code 6
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - Note (demo-dev-notes)  DynamoDB::Table  [deleted, with its items]
          about 0 items, 0 bytes (DynamoDB counts about every six hours)
          point-in-time recovery: from [TIME] to [TIME]
          last backup: none
    error: deleting the stack would delete tables with their items: Note
      help: to allow it: `--allow-data-loss dev/notes/Note`
      help: `--backup-first` makes backups before; `.deletion_policy(…)`, deployed first, retains a table
    ");
    assert_snapshot!(project.run(&["destroy", "notes", "--sandbox", "--yes", "--allow-data-loss", "dev/notes/Notes"]), @"
    exit code 2
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - Note (demo-dev-notes)  DynamoDB::Table  [deleted, with its items]
          about 0 items, 0 bytes (DynamoDB counts about every six hours)
          point-in-time recovery: from [TIME] to [TIME]
          last backup: none
    error: there is no resource `dev/notes/Notes` in this deployment whose loss could be allowed
      help: did you mean `dev/notes/Note`?
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_COMPLETE"));
    let destroy =
        ["destroy", "notes", "--sandbox", "--yes", "--allow-data-loss", "dev/notes/Note", "--backup-first"];
    assert_snapshot!(project.run(&destroy), @"
    exit code 0
    --- stderr
    Stack notes (demo-notes-dev) in the sandbox, us-east-1:
      - NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [deleted]
      - NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [deleted]
      - Note (demo-dev-notes)  DynamoDB::Table  [deleted, with its items]
          about 0 items, 0 bytes (DynamoDB counts about every six hours)
          point-in-time recovery: from [TIME] to [TIME]
          last backup: none
              notes  demo-dev-notes is backed up: [BACKUP]
    notes: destroying
    --:--:--  notes  stack  DELETE_IN_PROGRESS  User Initiated
    --:--:--  notes  NoteReadScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteReadScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  Note  DELETE_IN_PROGRESS
    --:--:--  notes  Note  DELETE_COMPLETE
    --:--:--  notes  stack  DELETE_COMPLETE
    ✓ notes: the stack is deleted.
    ");
    assert!(cloud.table("demo-dev-notes").is_null());
    let backups = cloud.dynamodb("ListBackups", &serde_json::json!({ "TableName": "demo-dev-notes" }));
    assert!(backups.contains("before-destroy-demo-notes-dev"), "{backups}");
    // And the name can be had again.
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
}
