//! What a deployment takes along, and how far and how long it is followed.

use insta::assert_snapshot;
use tablewright_sandbox::{Faults, HandlerOperation, Timings};

use crate::failure::failing;
use crate::support::{AGES, Cloud, Project, moments};

/// The sample, with a parameter that names the point in time that it recovers to.
fn with_parameter(name: &str) -> Project {
    let project = Project::sample(&format!("options-{name}"));
    project.replace("notes.rs", "use tablewright::{", "use tablewright::{Expression, Parameter, ");
    project.replace(
        "notes.rs",
        "    stack.output(\"NotesTableArn\", notes.arn());\n",
        "    let stage = stack.parameter(Parameter::string(\"Stage\"));\n    \
         let size = stack.parameter(Parameter::number(\"Size\").default(\"1\"));\n    \
         stack.output(\"NotesTableArn\", notes.arn());\n    stack.output(\"Stage\", stage);\n    \
         stack.output(\"Size\", size);\n    let _ = Expression::Ref(String::new());\n",
    );
    project
}

fn deploy(project: &Project, args: &[&str]) -> crate::support::Output {
    project.run(&[&["deploy", "notes", "--sandbox"], args].concat())
}

#[test]
fn parameters_from_flags_files_and_settings() {
    let project = with_parameter("parameters");
    let _ = Cloud::quick(&project);
    // What is missing and what nobody knows is said at once, before anything is made.
    assert_snapshot!(deploy(&project, &[]).stderr, @"
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): 9 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + output Size  [new]
      + output Stage  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    error: the deployment request is invalid: parameter `Stage` has no value
      help: pass it with `--parameter NAME=VALUE`, `--parameters-file FILE` or `parameters` in tablewright.toml
    ");
    assert_snapshot!(deploy(&project, &["--parameter", "Stag=a", "--parameter", "Siz=2"]), @"
    exit code 2
    --- stderr
    error: no template has the parameter `Siz`, `Stag`
      help: did you mean `Size` for `Siz`?
      help: did you mean `Stage` for `Stag`?
      help: the parameters are: Size, Stage
    ");
    assert_snapshot!(deploy(&project, &["--parameter", "Stage=a", "--parameter", "Stage=b"]), @"
    exit code 2
    --- stderr
    error: `Stage` is given twice
    ");
    assert_snapshot!(deploy(&project, &["--parameter", "Stage"]), @"
    exit code 2
    --- stderr
    error: invalid value 'Stage' for '--parameter <NAME=VALUE>': expected NAME=VALUE

    For more information, try '--help'.
    ");

    let outputs = |args: &[&str]| deploy(&project, args).ends_with(0).stdout;
    project.replace("tablewright.toml", "[env.dev]", "[env.dev]\nparameters = { Stage = \"from-toml\" }");
    assert!(outputs(&[]).contains("notes.Stage = from-toml\n"));
    project.write(
        "p.json",
        r#"{ "Parameters": { "Stage": "from-file", "Size": "5" }, "Tags": { "team": "blue" } }"#,
    );
    let with_file = outputs(&["--parameters-file", "p.json"]);
    assert!(
        with_file.contains("notes.Stage = from-file\n") && with_file.contains("notes.Size = 5\n"),
        "{with_file}"
    );
    assert!(
        outputs(&["--parameters-file", "p.json", "--parameter", "Stage=flag"])
            .contains("notes.Stage = flag\n")
    );
    // A plan is made with the same.
    let stage = ["--parameter", "Stage=planned"];
    let _ = project
        .run(&[&["diff", "notes", "--sandbox", "--report", "json=plan.json"], &stage[..]].concat())
        .ends_with(0);
    let _ = deploy(&project, &["--plan", "plan.json"])
        .ends_with(7)
        .says("what is to be deployed has changed since");
    assert!(outputs(&[&["--plan", "plan.json"], &stage[..]].concat()).contains("notes.Stage = planned\n"));
    // What is left out stays as it is.
    let kept = outputs(&[]);
    assert!(kept.contains("notes.Size = 5\n"), "{kept}");
    project.write("cli.json", r#"[{ "ParameterKey": "Size", "ParameterValue": "7" }, { "ParameterKey": "Stage", "UsePreviousValue": true }]"#);
    assert!(outputs(&["--parameters-file", "cli.json"]).contains("notes.Size = 7\n"));

    project.write("bad.json", r#"{ "Parameter": {} }"#);
    assert_snapshot!(deploy(&project, &["--parameters-file", "bad.json"]), @"
    exit code 2
    --- stderr
    error: bad.json is invalid
      because: unknown field `Parameter`, expected one of `Parameters`, `Tags`, `StackPolicy`
      help: expected an object with `Parameters`, `Tags` (strings by name) and `StackPolicy`, or a list of objects with `ParameterKey` and `ParameterValue`
    ");
    project.write("bad.json", "{");
    assert_snapshot!(deploy(&project, &["--parameters-file", "bad.json"]), @"
    exit code 2
    --- stderr
    error: bad.json is not JSON
      because: EOF while parsing an object at line 1 column 1
    ");
    let _ = deploy(&project, &["--parameters-file", "nowhere.json"]).ends_with(2);

    // A byte order mark is not a part of the text.
    let parameters = r#"{ "Parameters": { "Size": "8", "Stage": "é" } }"#;
    project.write("marked.json", &format!("\u{feff}{parameters}"));
    let marked = outputs(&["--parameters-file", "marked.json"]);
    assert!(marked.contains("notes.Size = 8\n") && marked.contains("notes.Stage = é\n"), "{marked}");
    let utf_16 = |of: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{parameters}").encode_utf16().flat_map(of).collect::<Vec<u8>>()
    };
    let latin: Vec<u8> = parameters.chars().map(|c| u8::try_from(c).unwrap()).collect();
    for (bytes, what) in
        [(utf_16(u16::to_le_bytes), "UTF-16"), (utf_16(u16::to_be_bytes), "UTF-16"), (latin, "not UTF-8")]
    {
        project.write_bytes("bad.json", &bytes);
        let _ = deploy(&project, &["--parameters-file", "bad.json"])
            .ends_with(2)
            .says(&format!("error: bad.json is {what}\n  help: save the file as UTF-8\n"));
    }
}

#[test]
fn a_plan_that_was_reviewed() {
    let project = Project::sample("options-plan");
    let cloud = Cloud::quick(&project);
    let plan = || project.run(&["diff", "notes", "--sandbox", "--report", "json=plan.json"]).ends_with(0);
    let _ = plan();
    project.replace("notes.rs", "5..=most", "6..=most");
    assert_snapshot!(deploy(&project, &["--plan", "plan.json"]).ends_with(7).stderr.lines().last().unwrap().trim(), @"help: nothing was changed; create the plan again (`tablewright diff --report json=FILE`) and have it reviewed");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    let _ = plan();
    let _ = deploy(&project, &["--plan", "plan.json"]).ends_with(0);
    // A job can be run again: what is as it was reviewed by now is done.
    let _ = deploy(&project, &["--plan", "plan.json"]).ends_with(0).says("nothing to change");
    project.replace("notes.rs", "6..=most", "7..=most");
    let _ =
        deploy(&project, &["--plan", "plan.json"]).ends_with(7).says("what is deployed has changed since");
    let _ = project
        .run(&["deploy", "shop", "--sandbox", "--plan", "plan.json"])
        .ends_with(7)
        .says("the stack is not in the plan");

    let text = project.read("plan.json");
    project.write("plan.json", &text.replace("\"schema\": 2", "\"schema\": 1"));
    assert_snapshot!(deploy(&project, &["--plan", "plan.json"]), @"
    exit code 7
    --- stderr
    error: cannot use plan plan.json
      because: the plan has schema 1, and this version reads schema 2
      help: create the plan with the version that deploys it
    ");
    project.write("plan.json", "[]");
    let _ = deploy(&project, &["--plan", "plan.json"]).ends_with(2).says("cannot use plan plan.json");
    let _ = deploy(&project, &["--plan", "nowhere.json"]).ends_with(2);
}

#[test]
fn denied_verdicts() {
    let project = Project::sample("options-deny");
    let cloud = Cloud::quick(&project);
    let _ = deploy(&project, &["--deny", "in-place-with-risk"]).ends_with(0);
    project.replace("notes.rs", "5..=most", "6..=most");
    let denied = deploy(&project, &["--deny", "data-loss,in-place-with-risk"]).ends_with(6);
    assert!(denied.stderr.ends_with(
        "error: stack notes has a change with verdict in-place-with-risk, which is denied; nothing was changed\n"
    ), "{denied}");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
    let _ = deploy(&project, &["--deny", "refused"]).ends_with(0);
    let _ = deploy(&project, &["--deny", "bad"]).ends_with(2);
}

#[test]
fn wait_says_how_far_a_deployment_is_followed() {
    let project = Project::sample("options-wait");
    let cloud = Cloud::quick(&project);
    let stack = deploy(&project, &["--wait", "stack"]).ends_with(0);
    assert!(!stack.stderr.contains("ACTIVE") && stack.stdout.contains("NotesTable"), "{stack}");
    project.replace("notes.rs", "5..=most", "6..=most");
    assert_snapshot!(deploy(&project, &["--wait", "none"]).ends_with(9).stderr.lines().skip(6).collect::<Vec<_>>().join("\n"), @"
          --> stacks/notes.rs:9
    notes: deploying
    error: detached; the operation continues in CloudFormation
      help: `tablewright watch notes --sandbox` follows it again
    ");
    let _ = project.run(&["watch", "notes", "--sandbox"]).ends_with(0);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_COMPLETE"));
}

#[test]
fn on_timeout() {
    let project = Project::sample("options-timeout");
    let cloud = Cloud::new(&project, Timings { table_update: AGES, ..moments() }, Faults::default());
    let _ = deploy(&project, &[]).ends_with(0);
    project.replace("notes.rs", "5..=most", "6..=most");
    let detached = deploy(&project, &["--timeout", "1s"]).ends_with(9);
    assert!(detached.stderr.contains("still running"), "{detached}");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_IN_PROGRESS"));
    // Busy: not now, and not after waiting either.
    let _ = deploy(&project, &[]).ends_with(6).says("busy");
    let _ = deploy(&project, &["--wait-for-idle", "1s"]).ends_with(6).says("still busy");
    assert_snapshot!(deploy(&project, &["--timeout", "10"]), @"
    exit code 2
    --- stderr
    error: invalid value '10' for '--timeout <TIME>': expected a duration such as 90s, 10m or 1h30m

    For more information, try '--help'.
    ");
}

#[test]
fn cancelled_by_an_interrupt() {
    let project = Project::sample("options-cancel");
    let cloud = Cloud::new(&project, Timings { table_update: 3_000_000, ..moments() }, Faults::default());
    let _ = deploy(&project, &[]).ends_with(0);
    assert_snapshot!(project.run(&["cancel", "notes", "--sandbox"]), @"
    exit code 6
    --- stderr
    error: stack demo-notes-dev has no operation to cancel: it is in CREATE_COMPLETE
    ");
    project.replace("notes.rs", "5..=most", "6..=most");
    let mut running =
        project.start(&["deploy", "notes", "--sandbox", "--output", "ndjson", "--on-interrupt", "cancel"]);
    running.line_with("execution_started");
    running.signal("INT");
    running.line_with("cancelled");
    cloud.pass(10_000_000);
    let ended = running.end();
    assert_eq!(ended.code, 4, "{ended}");
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_ROLLBACK_COMPLETE"));
}

#[test]
fn cancelled_by_another_command() {
    let project = Project::sample("options-cancel-other");
    let cloud = Cloud::new(&project, Timings { table_update: 3_000_000, ..moments() }, Faults::default());
    let _ = deploy(&project, &[]).ends_with(0);
    project.replace("notes.rs", "5..=most", "6..=most");
    let _ = deploy(&project, &["--wait", "none"]).ends_with(9);
    let mut cancel = project.start(&["cancel", "notes", "--sandbox", "--output", "ndjson"]);
    cancel.line_with("cancelled");
    cloud.pass(10_000_000);
    let ended = cancel.end().ends_with(0);
    assert!(ended.stdout.contains("\"outcome\":\"undone\""), "{ended}");
}

#[test]
fn a_creation_is_cancelled_only_by_deleting() {
    let project = Project::sample("options-cancel-create");
    let cloud = Cloud::new(&project, Timings { table_create: 3_000_000, ..moments() }, Faults::default());
    let _ = deploy(&project, &["--wait", "none"]).ends_with(9);
    assert_snapshot!(project.run(&["cancel", "notes", "--sandbox"]), @"
    exit code 9
    --- stderr
    error: stack demo-notes-dev is being created; cancelling a creation deletes the stack
      help: it continues; `tablewright watch notes --sandbox` follows it
      help: `tablewright cancel --delete notes --sandbox` deletes it
    ");
    let mut cancel = project.start(&["cancel", "notes", "--sandbox", "--delete", "--output", "ndjson"]);
    cancel.line_with("deletion_started");
    cloud.pass(10_000_000);
    let _ = cancel.end().ends_with(0);
    assert_eq!(cloud.status("demo-notes-dev"), None);
}

#[test]
fn a_stack_whose_last_operation_failed_is_rolled_back() {
    let project = Project::sample("options-rollback");
    let cloud = Cloud::quick(&project);
    let _ = deploy(&project, &[]).ends_with(0);
    cloud.set_faults(failing("NoteWriteScaling", HandlerOperation::Update));
    project.replace("notes.rs", "5..=most", "6..=most");
    let failed = deploy(&project, &["--on-failure", "do-nothing"]).ends_with(5);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("UPDATE_FAILED"), "{failed}");
    cloud.set_faults(Faults::default());
    let undone = project.run(&["rollback", "notes", "--sandbox"]).ends_with(0);
    assert_snapshot!(undone.stderr.lines().last().unwrap().trim(), @"
    ✓ notes: rolled back (UPDATE_ROLLBACK_COMPLETE).
    ");
    let _ = project.run(&["rollback", "notes", "--sandbox"]).ends_with(6).says("cannot be rolled back");
}

#[test]
fn a_template_that_is_too_large_goes_by_a_bucket() {
    let project = Project::sample("options-bucket");
    let cloud = Cloud::quick(&project);
    let tables = "for number in 0..120 {\n        stack.table(Table::define(&format!(\"Extra{number}\")).partition(\"id\", \
                  tablewright::Scalar::S).tag(\"why\", \"so that the template is larger than a request may be\"));\n    }\n    ";
    project.replace(
        "notes.rs",
        "    stack.output(\"NotesTable\"",
        &format!("    {tables}stack.output(\"NotesTable\""),
    );
    let refused = deploy(&project, &[]).ends_with(2);
    assert!(refused.stderr.contains("--bucket"), "{refused}");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    let _ = deploy(&project, &["--bucket", "No"]).ends_with(2).says("`No` is not a valid bucket name");
    let _ = deploy(&project, &["--bucket", "templates"]).ends_with(2).says("does not exist");
}

#[test]
fn logs_for_github() {
    let project = Project::sample("options-github");
    let cloud = Cloud::new(&project, moments(), failing("NoteWriteScaling", HandlerOperation::Create));
    let mut command = project.command(&["deploy", "notes", "--sandbox", "--yes", "--output", "github"]);
    // Wherever it runs, an annotation names the file from the root of the repository.
    let failed = project.finish(command.current_dir(project.root.join("stacks"))).ends_with(4);
    assert!(failed.stderr.contains("\n::group::notes: deploying\n"), "{failed}");
    assert!(failed.stderr.contains("\n::endgroup::\n"), "{failed}");
    let annotation = failed.stderr.lines().last().unwrap();
    assert!(
        annotation.starts_with("::error file=stacks/notes.rs,line=9,title=tablewright::stack notes failed"),
        "{failed}"
    );
    let _ = cloud;
}

#[test]
fn several_environments() {
    let project = Project::sample("options-envs");
    let cloud = Cloud::new(&project, moments(), failing("NoteWriteScaling", HandlerOperation::Create));
    let all = ["deploy", "--sandbox", "--envs", "dev,prod", "--concurrency", "4", "--keep-going"];
    let failed = project.run(&all).ends_with(4);
    for line in [
        "dev/shop    done",
        "dev/notes   failed: stack notes failed",
        "prod/shop   done",
        "prod/notes  failed:",
    ] {
        assert!(failed.stderr.contains(line), "{line}\n{failed}");
    }
    assert_eq!(cloud.status("demo-shop-prod").as_deref(), Some("CREATE_COMPLETE"));
    let _ = project.run(&["deploy", "--sandbox", "--envs", "dev,prdo"]).ends_with(2).says("did you mean");
    let _ = project.run(&["deploy", "--sandbox", "--concurrency", "0"]).ends_with(2);
    let _ = project.run(&["deploy", "--sandbox", "--env", "dev", "--envs", "dev"]).ends_with(2);
}

#[test]
fn a_stack_waits_for_what_it_imports() {
    let project = Project::sample("options-order");
    let cloud = Cloud::quick(&project);
    project.replace(
        "notes.rs",
        "stack.output(\"NotesTable\", notes.name())",
        "stack.output(\"NotesTable\", notes.name()).export(\"notes-table\")",
    );
    project.replace(
        "shop.rs",
        "    Ok(stack)",
        "    stack.output(\"Imported\", tablewright::Expression::import_value(\"notes-table\"));\n    Ok(stack)",
    );
    let deployed = project.run(&["deploy", "--sandbox", "--concurrency", "2"]).ends_with(0);
    assert!(deployed.stdout.contains("shop.Imported = demo-dev-notes\n"), "{deployed}");
    let place = |text: &str| deployed.stderr.find(text).unwrap_or_else(|| panic!("{text}\n{deployed}"));
    assert!(place("✓ notes:") < place("shop: deploying"), "{deployed}");
    let _ = cloud;
}
