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
    error: there is no stack demo-notes-dev in the sandbox, us-east-1
      help: `tablewright deploy notes --sandbox` makes it
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
