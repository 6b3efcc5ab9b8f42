//! `tablewright sandbox`, and what the sandbox's file can be.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Cloud, Project, moments};
use tablewright_sandbox::Faults;

#[test]
fn state_is_kept_in_a_file_until_reset() {
    let project = Project::sample("sandbox");
    assert_snapshot!(project.run(&["sandbox", "status"]), @"
    exit code 0
    --- stdout
    The sandbox is empty; it will be stored in [ROOT]/.tablewright/sandbox.json
    ");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["sandbox", "status"]), @"
    exit code 0
    --- stdout
    The sandbox is stored in [ROOT]/.tablewright/sandbox.json
    ");
    assert_snapshot!(project.run(&["sandbox", "reset"]), @"
    exit code 0
    --- stderr
    The sandbox is empty.
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    let _ = project.run(&["sandbox", "reset", "--quiet"]).ends_with(0);
}

#[test]
fn a_file_that_is_not_a_sandbox() {
    let project = Project::sample("sandbox-broken");
    for (text, words) in [
        ("{ \"tablewright_sandbox\": 1, ", "is not a sandbox state file"),
        ("[]", "is not a sandbox state file"),
        ("{ \"tablewright_sandbox\": 99 }", "sandbox state format 99"),
    ] {
        project.write(".tablewright/sandbox.json", text);
        for args in [&["deploy", "--sandbox", "--yes"][..], &["diff", "--sandbox"], &["sandbox", "serve"]] {
            let _ = project.run(args).ends_with(1).says(words).says("tablewright sandbox reset");
        }
        assert_eq!(project.read(".tablewright/sandbox.json"), text);
    }
    assert_snapshot!(project.run(&["diff", "--sandbox"]), @"
    exit code 1
    --- stderr
    error: [ROOT]/.tablewright/sandbox.json has sandbox state format 99, this version reads 2; start anew with `tablewright sandbox reset`
    ");
    let _ = project.run(&["sandbox", "reset"]).ends_with(0);
    let _ = project.run(&["diff", "--sandbox"]).ends_with(0);

    // No folder for it.
    fs::remove_dir_all(project.root.join(".tablewright")).unwrap();
    project.write(".tablewright", "a file");
    assert_snapshot!(project.run(&["diff", "--sandbox"]), @"
    exit code 1
    --- stderr
    error: cannot create [ROOT]/.tablewright, the directory of the sandbox
      because: File exists (os error 17)
    ");
}

#[test]
fn served_to_other_tools() {
    let project = Project::sample("sandbox-serve");
    let _ = Cloud::new(&project, moments(), Faults::default());
    let mut server = project.start(&["sandbox", "serve"]);
    let url = server.line_with("http://127.0.0.1:");
    let run = |args: &[&str]| {
        let at = ["--endpoint-url", &url, "--region", "us-east-1"];
        let mut command = project.command(&[args, &at].concat());
        project.finish(command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any"))
    };
    assert_snapshot!(run(&["deploy", "notes", "--yes"]), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for http://127.0.0.1:… (as given), us-east-1:
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
              notes  demo-dev-notes  ACTIVE
    ✓ notes: done, and the tables it changed can be used.
    ");
    // It is the same sandbox, over the wire and in the process.
    let _ = project.run(&["outputs", "notes", "--sandbox"]).ends_with(0);
    assert_snapshot!(run(&["outputs", "notes"]), @"
    exit code 0
    --- stdout
    NotesTable = demo-dev-notes
    NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    ");
    let port = url.rsplit_once(':').unwrap().1;
    assert_snapshot!(project.run(&["sandbox", "serve", "--port", port]), @"
    exit code 1
    --- stderr
    error: cannot listen on 127.0.0.1:…
      because: Address already in use (os error 98)
    ");
    server.signal("INT");
    assert_snapshot!(server.end(), @"
    exit code 0
    --- stdout
    http://127.0.0.1:…
    --- stderr
    The sandbox runs until Ctrl-C. Any credentials work:

      export AWS_ENDPOINT_URL=http://127.0.0.1:… AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox
    ");
}
