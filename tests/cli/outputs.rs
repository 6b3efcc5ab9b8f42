//! `tablewright outputs`.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn as_text_and_as_json() {
    let project = Project::sample("outputs");
    let _ = Cloud::quick(&project);
    assert_snapshot!(project.run(&["outputs", "notes", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: no stack demo-notes-dev in the sandbox, us-east-1
      help: `tablewright deploy notes --sandbox` creates it
    ");
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["outputs", "notes", "--sandbox"]), @"
    exit code 0
    --- stdout
    NotesTable = demo-dev-notes
    NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    ");
    assert_snapshot!(project.run(&["outputs", "notes", "--sandbox", "--format", "json"]), @r#"
    exit code 0
    --- stdout
    {
      "NotesTable": "demo-dev-notes",
      "NotesTableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes"
    }
    "#);
}

#[test]
fn advice_names_the_environment() {
    let project = Project::sample("outputs-env");
    let _ = Cloud::quick(&project);
    let output = project.run(&["outputs", "notes", "--sandbox", "--env", "prod"]).ends_with(2);
    // Taken from the screen and run, it must not work in another environment.
    let _ = output.says("`tablewright deploy notes").says("--env prod").says("--sandbox");
}

#[test]
fn for_shells_and_for_github() {
    let project = Project::sample("outputs-forms");
    let _ = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    assert_snapshot!(project.run(&["outputs", "notes", "--sandbox", "--format", "dotenv"]), @r#"
    exit code 0
    --- stdout
    NotesTable="demo-dev-notes"
    NotesTableArn="arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes"
    "#);
    let args = ["outputs", "notes", "--sandbox", "--format", "github"];
    assert_snapshot!(project.run(&args), @"
    exit code 2
    --- stderr
    error: GITHUB_OUTPUT is not set
      help: it is set in the steps of a GitHub Actions job; use another `--format` elsewhere
    ");
    project.write("output.txt", "before=1\n");
    let mut command = project.command(&args);
    let _ = project.finish(command.env("GITHUB_OUTPUT", project.root.join("output.txt"))).ends_with(0);
    let written = project.read("output.txt");
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!((lines[0], lines[2]), ("before=1", "demo-dev-notes"), "{written}");
    let delimiter = lines[1].strip_prefix("NotesTable<<").unwrap();
    assert_eq!(lines[3], delimiter);
    assert_eq!(lines.len(), 7);
}

#[test]
fn of_any_stack_by_its_name() {
    let project = Project::sample("outputs-name");
    let _ = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    // Nothing is built: the definitions may be broken.
    project.write("stacks/notes.rs", "broken");
    let of_name =
        project.run(&["outputs", "--stack-name", "demo-notes-dev", "--sandbox", "--format", "json"]);
    assert!(of_name.clone().ends_with(0).stdout.contains("\"NotesTable\": \"demo-dev-notes\""));
    let _ = project.run(&["watch", "--stack-name", "demo-notes-dev", "--sandbox"]).ends_with(0);
    assert_snapshot!(project.run(&["outputs", "--stack-name", "nosuch", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: no stack nosuch in the sandbox, us-east-1
      help: it may be in another Region or account; see `--env`, `--region` and `--profile`
    ");
    assert_snapshot!(project.run(&["outputs", "notes", "--stack-name", "nosuch", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: the argument '[STACK]' cannot be used with '--stack-name <NAME>'

    Usage: tablewright outputs --sandbox <STACK|--stack-name <NAME>>

    For more information, try '--help'.
    ");
    assert_snapshot!(project.run(&["outputs", "--sandbox"]), @"
    exit code 2
    --- stderr
    error: the following required arguments were not provided:
      <STACK|--stack-name <NAME>>

    Usage: tablewright outputs --sandbox <STACK|--stack-name <NAME>>

    For more information, try '--help'.
    ");
    for command in [&["destroy", "--yes"][..], &["outputs"], &["watch"], &["rollback", "--yes"]] {
        let typo = project.run(&[command, &["--stack-name", "demo-note-dev", "--sandbox"]].concat());
        let text = typo.stderr.to_lowercase();
        assert!(text.contains("did you mean `demo-notes-dev`?"), "{typo}");
    }
    let _ = project.run(&["destroy", "--stack-name", "demo-notes-dev", "--sandbox", "--yes"]).ends_with(0);
}
