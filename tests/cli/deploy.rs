//! `tablewright deploy --sandbox` of a new project: the first command of the README.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn the_first_run_and_the_second() {
    // The sandbox as a user meets it, with its own times.
    let project = Project::sample("deploy");
    let first = project.run(&["deploy", "shop", "notes", "--sandbox", "--yes"]);
    assert_snapshot!(first, @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): 4 new
      + output CategoryTable  [new]
      + output ProductTable  [new]
      + Category  DynamoDB::Table  [new]
      + Product  DynamoDB::Table  [new]
    notes (demo-notes-dev): 7 new
      + output NotesTable  [new]
      + output NotesTableArn  [new]
      + Note  DynamoDB::Table  [new]
      + NoteReadScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteReadScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
      + NoteWriteScaling  ApplicationAutoScaling::ScalableTarget  [new]
      + NoteWriteScalingPolicy  ApplicationAutoScaling::ScalingPolicy  [new]
    shop: deploying
    --:--:--  shop  stack  CREATE_IN_PROGRESS  User Initiated
    --:--:--  shop  Category  CREATE_IN_PROGRESS
    --:--:--  shop  Product  CREATE_IN_PROGRESS
    --:--:--  shop  Category  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  shop  Product  CREATE_IN_PROGRESS  Resource creation Initiated
    --:--:--  shop  Category  CREATE_COMPLETE
    --:--:--  shop  Product  CREATE_COMPLETE
    --:--:--  shop  stack  CREATE_COMPLETE
              shop  demo-dev-category  ACTIVE
              shop  demo-dev-product  ACTIVE
    ✓ shop: done, and the tables it changed can be used.
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
    let second = project.run(&["deploy", "shop", "notes", "--sandbox", "--yes"]);
    assert_snapshot!(second, @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    shop (demo-shop-dev): nothing to change
    notes (demo-notes-dev): nothing to change
    ✓ shop: nothing to change.
    ✓ notes: nothing to change.
    ");
    // With nothing to change there is nothing to ask: no terminal, no flag, and all is well.
    assert_eq!(project.run(&["deploy", "--sandbox"]).ends_with(0), second);
    assert_snapshot!(project.run(&["deploy", "--sandbox", "--quiet"]), @"
    exit code 0
    --- stdout
    shop.CategoryTable = demo-dev-category
    shop.ProductTable = demo-dev-product
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    ");
    // What is kept between runs is not for git.
    assert!(project.read(".tablewright/.gitignore").contains("\n*\n"));
}

#[test]
fn without_a_terminal_a_deployment_needs_yes() {
    let project = Project::sample("deploy-ask");
    let cloud = Cloud::quick(&project);
    let mut server = project.start(&["sandbox", "serve"]);
    let url = server.line_with("http://127.0.0.1:");
    // As to AWS: at an endpoint nobody knows what is at stake.
    let deploy = |yes: &[&str]| {
        let mut command = project
            .command(&[&["deploy", "notes", "--endpoint-url", &url, "--region", "us-east-1"], yes].concat());
        project.finish(command.env("AWS_ACCESS_KEY_ID", "any").env("AWS_SECRET_ACCESS_KEY", "any"))
    };
    assert_snapshot!(deploy(&[]), @"
    exit code 6
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
    error: cannot ask for confirmation: stdin is not a terminal
      help: pass `--yes` to continue without confirmation
    ");
    assert_eq!(cloud.status("demo-notes-dev"), None);
    let _ = project.run(&["watch", "notes", "--sandbox"]).ends_with(2).says("no stack demo-notes-dev");

    // Nor in a stack that is there.
    let _ = deploy(&["--yes"]).ends_with(0);
    project.replace("notes.rs", "5..=most", "6..=most");
    assert_snapshot!(deploy(&[]), @r#"
    exit code 6
    --- stderr
    Plan for http://127.0.0.1:… (as given), us-east-1:
    notes (demo-notes-dev): 2 in place, 1 in place, with risk
      ~ NoteReadScaling.MinCapacity  5 → 6  [in place]
      ~ NoteWriteScaling.MinCapacity  5 → 6  [in place]
      ~ Note.ProvisionedThroughput  {"ReadCapacityUnits":5,"WriteCapacityUnits":5} → {"ReadCapacityUnits":6,"WriteCapacityUnits":6}  [in place, with risk]
          the values in the template replace those that auto scaling (`NoteReadScaling`) has set, which can cause throttling
          --> stacks/notes.rs:9
    error: cannot ask for confirmation: stdin is not a terminal
      help: pass `--yes` to continue without confirmation
    "#);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(cloud.change_sets("demo-notes-dev"), Vec::<String>::new());
    server.signal("INT");
    let _ = server.end().ends_with(0);
}

#[test]
fn the_sandbox_asks_for_no_confirmation() {
    let project = Project::sample("deploy-sandbox");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox"]).ends_with(0);
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
    // What deletes is asked all the same: that is what the sandbox is there to rehearse.
    let _ = project.run(&["destroy", "notes", "--sandbox"]).ends_with(6).says("cannot ask for confirmation");
}

#[test]
fn environments_have_stacks_of_their_own() {
    let project = Project::sample("deploy-env");
    let cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "notes", "--sandbox", "--yes"]).ends_with(0);
    let prod = project.run(&["deploy", "notes", "--sandbox", "--yes", "--env", "prod"]).ends_with(0);
    assert_eq!(
        prod.stdout,
        "notes.NotesTable = demo-prod-notes\nnotes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-prod-notes\n"
    );
    assert_eq!(cloud.table("demo-dev-notes")["DeletionProtectionEnabled"], false);
    assert_eq!(cloud.table("demo-prod-notes")["DeletionProtectionEnabled"], true);
}

#[test]
fn a_closed_pipe_does_not_end_a_deployment() {
    let project = Project::sample("deploy-pipe");
    let cloud = Cloud::quick(&project);
    let mut command = project.command(&["deploy", "notes", "--sandbox", "--yes", "--output", "ndjson"]);
    let mut child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(cloud.status("demo-notes-dev").as_deref(), Some("CREATE_COMPLETE"));
}

#[test]
fn colour_only_where_it_is_wanted() {
    let project = Project::sample("deploy-colour");
    let _ = Cloud::quick(&project);
    let plain = project.run(&["deploy", "--sandbox"]).ends_with(0);
    assert!(!plain.to_string().contains('\x1b'), "{plain}");
    let mut command = project.command(&["deploy", "--sandbox", "--color", "always"]);
    let coloured = project.finish(command.env_remove("NO_COLOR")).ends_with(0);
    assert!(coloured.stderr.contains("\x1b["), "{coloured}");
    // Data has none.
    assert!(!coloured.stdout.contains('\x1b'), "{coloured}");
}
