//! What would lose items is refused before anything is changed, with what to do instead.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn another_key() {
    let project = Project::sample("refused-key");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    let before = (cloud.call("DescribeStackEvents", "demo-notes-dev"), cloud.table("demo-dev-notes"));
    project.replace("notes.rs", "    pub note_id: String,", "    pub note_id: u64,");
    assert_snapshot!(project.run(&["deploy", "notes", "--sandbox", "--yes"]), @r#"
    exit code 6
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 1 refused
      ~ Note.AttributeDefinitions.noteId  {"AttributeName":"noteId","AttributeType":"S"} → {"AttributeName":"noteId","AttributeType":"N"}  [refused]
          `noteId` is part of the table's key, and the type of a key is fixed when it is created, and CloudFormation does not replace a table that has an explicit name
          AWS would answer: CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename demo-dev-notes and update the stack again.
          --> stacks/notes.rs:9
          to change the type of a key and keep the items:
            1. Define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
            2. Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
            3. Let readers and writers use the new table, and compare.
            4. Remove `Note` and deploy with `--allow-replacement ENV/STACK/Note`: its `DeletionPolicy` retains the table with its items.
    error: the plan of stack notes is refused; nothing was changed: Note: `noteId` is part of the table's key, and the type of a key is fixed when it is created, and CloudFormation does not replace a table that has an explicit name
      help: the plan above shows what to do instead
    "#);
    assert_eq!(cloud.change_sets("demo-notes-dev"), Vec::<String>::new());
    let without_ids = |xml: &str| xml.split("<ResponseMetadata>").next().unwrap().to_owned();
    let after = (cloud.call("DescribeStackEvents", "demo-notes-dev"), cloud.table("demo-dev-notes"));
    assert_eq!(without_ids(&before.0), without_ids(&after.0));
    assert_eq!(before.1, after.1);

    // One stack that is refused stops the others too, before they begin.
    let _ = project.run(&["deploy", "--sandbox", "--yes"]).ends_with(6);
    assert_eq!(cloud.status("demo-shop-dev"), None);
    // Nothing to ask where all is refused: no terminal makes no difference.
    let _ = project
        .run(&["deploy", "notes", "--sandbox"])
        .ends_with(6)
        .says("the plan of stack notes is refused");
}

#[test]
fn another_name() {
    let project = Project::sample("refused-name");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    project.replace("notes.rs", ".base_name(\"notes\")", ".base_name(\"memos\")");
    assert_snapshot!(project.run(&["deploy", "notes", "--sandbox", "--yes"]), @r#"
    exit code 6
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 4 in place, with risk, 1 old table retained
      ~ output NotesTable.Value  [in place]
      ~ output NotesTableArn.Value  [in place]
      ~ NoteReadScaling.ResourceId  [in place, with risk]
          it refers to `Note`, which changes: `ResourceId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteWriteScaling.ResourceId  [in place, with risk]
          it refers to `Note`, which changes: `ResourceId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteReadScalingPolicy.ScalingTargetId  [in place, with risk]
          it refers to `NoteReadScaling`, which changes: `ScalingTargetId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteWriteScalingPolicy.ScalingTargetId  [in place, with risk]
          it refers to `NoteWriteScaling`, which changes: `ScalingTargetId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ Note.TableName  demo-dev-notes → demo-dev-memos  [old table retained]
          a table cannot be renamed, so CloudFormation creates a new, empty table; `UpdateReplacePolicy` retains the old one outside the stack
          --> stacks/notes.rs:9
          to give the table another name and keep the items:
            1. Keep its name: the `.base_name(…)` or the struct's name that led to `demo-dev-notes`.
            2. Or define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
            3. Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
            4. Let readers and writers use the new table, and compare.
            5. Remove `Note` and deploy with `--allow-replacement ENV/STACK/Note`: its `DeletionPolicy` retains the table with its items.
    note: Note (demo-dev-notes) has about 0 items, 0 bytes (DynamoDB counts about every six hours)
    note: Note (demo-dev-notes): point-in-time recovery: from [TIME] to [TIME]
    note: Note (demo-dev-notes): last backup: none
    error: the plan of stack notes is refused; nothing was changed: Note: a table cannot be renamed, so CloudFormation creates a new, empty table; `UpdateReplacePolicy` retains the old one outside the stack
      help: the plan above shows what to do instead
      help: to allow it: `--allow-replacement dev/notes/Note`
    "#);
    assert_eq!(cloud.table("demo-dev-notes")["TableStatus"], "ACTIVE");
    assert!(cloud.table("demo-dev-memos").is_null());
    let _ = project
        .run(&["deploy", "notes", "--sandbox", "--yes", "--allow-replacement", "dev/notes/Nota"])
        .ends_with(2)
        .says("did you mean `dev/notes/Note`?");
    // Meant, and said so by name: the old table stays, with its items.
    assert_snapshot!(project.run(&["deploy", "notes", "--sandbox", "--yes", "--allow-replacement", "dev/notes/Note"]), @r#"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-memos
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-memos
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 2 in place, 4 in place, with risk, 1 old table retained
      ~ output NotesTable.Value  [in place]
      ~ output NotesTableArn.Value  [in place]
      ~ NoteReadScaling.ResourceId  [in place, with risk]
          it refers to `Note`, which changes: `ResourceId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteWriteScaling.ResourceId  [in place, with risk]
          it refers to `Note`, which changes: `ResourceId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteReadScalingPolicy.ScalingTargetId  [in place, with risk]
          it refers to `NoteReadScaling`, which changes: `ScalingTargetId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ NoteWriteScalingPolicy.ScalingTargetId  [in place, with risk]
          it refers to `NoteWriteScaling`, which changes: `ScalingTargetId` is fixed when it is created: a new resource is created and the old one deleted; the capacity stays at the value that auto scaling set last
          --> stacks/notes.rs:9
      ~ Note.TableName  demo-dev-notes → demo-dev-memos  [old table retained]
          a table cannot be renamed, so CloudFormation creates a new, empty table; `UpdateReplacePolicy` retains the old one outside the stack
          --> stacks/notes.rs:9
          to give the table another name and keep the items:
            1. Keep its name: the `.base_name(…)` or the struct's name that led to `demo-dev-notes`.
            2. Or define the new table beside the old one, with a struct of its own such as `Note2` and `stack.table(Table::of::<Note2>())`, and deploy.
            3. Write to both tables, and backfill the items. Or export the old table to S3 first, and let `.import_data(…)` fill the new one when it is created.
            4. Let readers and writers use the new table, and compare.
            5. Remove `Note` and deploy with `--allow-replacement ENV/STACK/Note`: its `DeletionPolicy` retains the table with its items.
    note: Note (demo-dev-notes) has about 0 items, 0 bytes (DynamoDB counts about every six hours)
    note: Note (demo-dev-notes): point-in-time recovery: from [TIME] to [TIME]
    note: Note (demo-dev-notes): last backup: none
    notes: deploying
    --:--:--  notes  stack  UPDATE_IN_PROGRESS  User Initiated
    --:--:--  notes  Note  UPDATE_IN_PROGRESS  Requested update requires the creation of a new physical resource; hence creating one.
    --:--:--  notes  Note  UPDATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  Note  UPDATE_COMPLETE
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS  Requested update requires the creation of a new physical resource; hence creating one.
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS  Requested update requires the creation of a new physical resource; hence creating one.
    --:--:--  notes  NoteReadScaling  UPDATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScaling  UPDATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScaling  UPDATE_COMPLETE
    --:--:--  notes  NoteWriteScaling  UPDATE_COMPLETE
    --:--:--  notes  NoteReadScalingPolicy  UPDATE_IN_PROGRESS  Requested update requires the creation of a new physical resource; hence creating one.
    --:--:--  notes  NoteWriteScalingPolicy  UPDATE_IN_PROGRESS  Requested update requires the creation of a new physical resource; hence creating one.
    --:--:--  notes  NoteReadScalingPolicy  UPDATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteWriteScalingPolicy  UPDATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  notes  NoteReadScalingPolicy  UPDATE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  UPDATE_COMPLETE
    --:--:--  notes  stack  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScalingPolicy  DELETE_COMPLETE
    --:--:--  notes  NoteReadScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteWriteScaling  DELETE_IN_PROGRESS
    --:--:--  notes  NoteReadScaling  DELETE_COMPLETE
    --:--:--  notes  NoteWriteScaling  DELETE_COMPLETE
    --:--:--  notes  Note  DELETE_SKIPPED
    --:--:--  notes  stack  UPDATE_COMPLETE
              notes  demo-dev-memos  ACTIVE
    ✓ notes: done, and the tables it changed can be used.
      Note (demo-dev-notes) is retained outside the stack, by its policy.
    "#);
    assert_eq!(cloud.table("demo-dev-notes")["TableStatus"], "ACTIVE");
    assert_eq!(cloud.table("demo-dev-memos")["TableStatus"], "ACTIVE");
}

#[test]
fn a_name_that_is_taken() {
    let project = Project::sample("refused-taken");
    let cloud = Cloud::quick(&project);
    let table = serde_json::json!({
        "TableName": "demo-dev-notes",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "a", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "a", "KeyType": "HASH" }],
    });
    let made = cloud.dynamodb("CreateTable", &table);
    assert!(made.contains("demo-dev-notes"), "{made}");
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
    assert_eq!(cloud.status("demo-notes-dev"), None);
}
