//! Ctrl-C: before anything began nothing is left; afterwards the operation goes on, and can be followed again.

use insta::assert_snapshot;
use tablewright_sandbox::{Faults, Timings};

use crate::support::{AGES, Cloud, Project, moments};

const DEPLOY: [&str; 6] = ["deploy", "notes", "--sandbox", "--yes", "--output", "ndjson"];

/// Only what the tests of this file have to say: the end, and what people read of it.
fn words(output: &crate::support::Output) -> String {
    format!("exit code {}\n{}", output.code, output.stderr)
}

#[test]
fn before_anything_began() {
    let project = Project::sample("interrupt-before");
    // A change set that is never worked out.
    let cloud = Cloud::new(&project, Timings { change_set_creation: AGES, ..moments() }, Faults::default());
    // A terminal sends the one, a CI system the other.
    for signal in ["INT", "TERM"] {
        let mut deploy = project.start(&DEPLOY);
        deploy.line_with("change_set_created");
        deploy.signal(signal);
        let output = deploy.end().ends_with(130);
        assert_eq!(output.stderr, "error: interrupted before anything was changed\n");
        assert_eq!(cloud.status("demo-notes-dev"), None);
    }
}

#[test]
fn after_it_began() {
    let project = Project::sample("interrupt-after");
    // A table that takes longer than anybody waits.
    let cloud = Cloud::new(&project, Timings { table_create: AGES, ..moments() }, Faults::default());
    let mut deploy = project.start(&DEPLOY);
    deploy.line_with("execution_started");
    deploy.signal("INT");
    let output = deploy.end();
    assert_snapshot!(words(&output), @"
    exit code 9
    error: detached; the operation continues in CloudFormation
      help: `tablewright watch notes --sandbox` follows it again
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_IN_PROGRESS"));

    // Watching can be left as well.
    let mut watch = project.start(&["watch", "notes", "--sandbox", "--output", "ndjson"]);
    watch.line_with("CREATE_IN_PROGRESS");
    watch.signal("INT");
    assert_snapshot!(words(&watch.end()), @"
    exit code 9
    error: detached; the operation continues in CloudFormation
      help: `tablewright watch notes --sandbox` follows it again
    ");

    cloud.pass(2 * AGES);
    assert_snapshot!(project.run(&["watch", "notes", "--sandbox"]), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    notes: watching
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
}

#[test]
fn the_stacks_that_were_not_reached_are_named() {
    let project = Project::sample("interrupt-several");
    let cloud = Cloud::new(&project, Timings { table_create: AGES, ..moments() }, Faults::default());
    let mut deploy = project.start(&["deploy", "--sandbox", "--output", "ndjson"]);
    deploy.line_with("execution_started");
    deploy.signal("INT");
    assert_snapshot!(words(&deploy.end()), @"
    exit code 9
    error: detached; the operation continues in CloudFormation
      help: `tablewright watch shop --sandbox` follows it again
      help: not deployed: notes; run the same command again when the operation has ended
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
}

#[test]
fn a_second_deploy_does_not_get_in_its_way() {
    let project = Project::sample("interrupt-twice");
    let cloud = Cloud::new(&project, Timings { table_create: AGES, ..moments() }, Faults::default());
    let mut deploy = project.start(&DEPLOY);
    deploy.line_with("execution_started");
    deploy.signal("INT");
    let _ = deploy.end().ends_with(9);
    let busy = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(6);
    let _ = busy
        .says("CREATE_IN_PROGRESS")
        .says("`tablewright watch notes --sandbox`")
        .says("`--wait-for-idle 30m`");
    // Nor one that would change something.
    project.replace("notes.rs", "5..=most", "6..=most");
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(6).says("CREATE_IN_PROGRESS");
    assert_eq!(cloud.change_sets("demo-notes-dev"), Vec::<String>::new());
}

#[test]
fn while_a_stack_is_deleted() {
    let project = Project::sample("interrupt-delete");
    let cloud = Cloud::new(&project, Timings { table_delete: AGES, ..moments() }, Faults::default());
    project.replace(
        "notes.rs",
        ".base_name(\"notes\")",
        ".base_name(\"notes\").deletion_policy(tablewright::DeletionPolicy::Delete)",
    );
    let _ = project.run(&DEPLOY).ends_with(0);
    let mut destroy = project.start(&[
        "destroy",
        "notes",
        "--sandbox",
        "--yes",
        "--allow-data-loss",
        "dev/notes/Note",
        "--output",
        "ndjson",
    ]);
    destroy.line_with("deletion_started");
    destroy.signal("INT");
    assert_snapshot!(words(&destroy.end()), @"
    exit code 9
    error: detached; the operation continues in CloudFormation
      help: `tablewright watch notes --sandbox` follows it again
    ");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("DELETE_IN_PROGRESS"));
    let mut watch = project.start(&["watch", "notes", "--sandbox", "--output", "ndjson"]);
    watch.line_with("DELETE_IN_PROGRESS");
    cloud.pass(2 * AGES);
    let output = watch.end().ends_with(0);
    assert!(output.stdout.contains("\"outcome\":\"deleted\""), "{output}");
}

/// Nobody reads the pipe, so that the command hangs in its first line and cannot hear a signal.
#[cfg(target_os = "linux")]
#[test]
fn the_second_signal_ends_a_command_that_hangs_in_a_full_pipe() {
    use std::io::Write as _;

    let project = Project::sample("interrupt-pipe");
    let cloud = Cloud::quick(&project);
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // As much as a pipe holds.
    writer.write_all(&[b' '; 65_536]).unwrap();
    let mut command = project.command(&DEPLOY);
    let mut deploy = command.stdout(writer).stderr(std::process::Stdio::null()).spawn().unwrap();
    drop(command);
    // It writes to its stdout, and does not come back from that.
    let calls = format!("/proc/{}/syscall", deploy.id());
    let write = if cfg!(target_arch = "x86_64") { "1 0x1 " } else { "64 0x1 " };
    let is_writing = |call: String| call.starts_with(write);
    while !std::fs::read_to_string(&calls).is_ok_and(is_writing) {
        assert_eq!(deploy.try_wait().unwrap(), None, "it has not ended before");
        std::thread::yield_now();
    }
    for signal in ["INT", "TERM"] {
        let kill = format!("kill -{signal} {}", deploy.id());
        assert!(std::process::Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
    assert_eq!(deploy.wait().unwrap().code(), Some(130));
    assert_eq!(cloud.status("demo-notes-dev"), None);
}
