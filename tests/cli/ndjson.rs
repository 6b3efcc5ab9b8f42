//! `--output ndjson`: what programs read.

use serde_json::Value;

use crate::support::{Cloud, Output, Project};

/// Every line is an object with version, type and stack; returns them.
fn objects(output: &Output) -> Vec<Value> {
    let objects: Vec<Value> = output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for object in &objects {
        assert_eq!(object["v"], 1, "{object}");
        // The last one of a command that failed is about no stack.
        assert!(object["type"] == "error" || object["stack"].is_string(), "{object}");
    }
    objects
}

fn types(objects: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    types.dedup();
    types
}

#[test]
fn a_deploy_from_the_plan_to_the_end() {
    let project = Project::sample("ndjson");
    let _ = Cloud::quick(&project);
    let deploy = ["deploy", "notes", "--sandbox", "--yes", "--output", "ndjson"];
    let output = project.run(&deploy).ends_with(0);
    // A program reads stdout; people are told nothing.
    assert_eq!(output.stderr, "");
    let first = objects(&output);
    assert_eq!(
        types(&first),
        [
            "planned",
            "change_set_created",
            "changes_described",
            "began",
            "execution_started",
            "stack",
            "resource",
            "stack",
            "settled",
            "table",
            "ended"
        ]
    );
    assert_eq!(first[0]["verdict"], "in-place");
    assert_eq!(first[0]["steps"], 1);
    let changes = first[0]["changes"].as_array().unwrap();
    assert!(
        changes.iter().any(|change| change["logical_id"] == "Note" && change["action"] == "add"),
        "{changes:?}"
    );
    let last = first.last().unwrap();
    assert_eq!(last["outcome"], "done");
    assert_eq!(last["outputs"]["NotesTable"], "demo-dev-notes");
    let resource = first.iter().find(|object| object["type"] == "resource").unwrap();
    assert_eq!(resource["logical_id"], "Note");
    assert_eq!(resource["status"], "CREATE_IN_PROGRESS");
    assert!(resource["at"].as_str().unwrap().ends_with('Z'), "{resource}");

    let second = objects(&project.run(&deploy).ends_with(0));
    assert_eq!(types(&second), ["planned", "ended"]);
    assert_eq!(second.last().unwrap()["outcome"], "unchanged");

    let watch = objects(&project.run(&["watch", "notes", "--sandbox", "--output", "ndjson"]).ends_with(0));
    assert_eq!(watch.last().unwrap()["outcome"], "done");
    let destroy =
        objects(&project.run(&["destroy", "notes", "--sandbox", "--yes", "--output", "ndjson"]).ends_with(0));
    assert_eq!(destroy.last().unwrap()["outcome"], "deleted");
    assert_eq!(destroy.last().unwrap()["retained"][0]["physical_id"], "demo-dev-notes");
}

#[test]
fn a_deploy_that_fails() {
    let project = Project::sample("ndjson-fails");
    let cloud = Cloud::quick(&project);
    cloud.set_faults(crate::failure::failing(
        "NoteReadScaling",
        tablewright_sandbox::HandlerOperation::Create,
    ));
    let output = project.run(&["deploy", "notes", "--sandbox", "--yes", "--output", "ndjson"]).ends_with(4);
    let objects = objects(&output);
    let [.., last, error] = &objects[..] else { panic!("{objects:?}") };
    assert_eq!(
        (&last["type"], &last["outcome"], &last["status"]),
        (&"ended".into(), &"failed".into(), &"ROLLBACK_COMPLETE".into())
    );
    assert_eq!((&error["type"], &error["exit"]), (&"error".into(), &4.into()));
    assert_eq!(last["failure"]["causes"][0]["logical_id"], "NoteReadScaling");
    // The reason is said to people as well: nobody has to read JSON to learn why a job failed.
    let _ = output.says("error: stack notes failed");
}
