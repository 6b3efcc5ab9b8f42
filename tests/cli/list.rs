//! `tablewright list`.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

#[test]
fn stacks_tables_and_keys_at_a_glance() {
    let project = Project::sample("list");
    project.replace(
        "shop.rs",
        "pub struct Product",
        "#[ddb(index(name = \"byCategory\", partition(category), sort(price)))]\npub struct Product",
    );
    assert_snapshot!(project.run(&["list"]), @"
    exit code 0
    --- stdout
    shop  demo-shop-dev
      Product  demo-dev-product  [Id S]  on demand  stacks/shop.rs:10
        byCategory  [Category S, Price N]
      Category  demo-dev-category  [Id S]  on demand  stacks/shop.rs:26
    notes  demo-notes-dev
      Note  demo-dev-notes  [userId S, noteId S]  5..10 reads, 5..10 writes  stacks/notes.rs:9
    ");
    // Other environment, other names; the folder below the project is as good as the project's own.
    let below = project.root.join("stacks/rendered");
    std::fs::create_dir_all(&below).unwrap();
    let mut command = project.command(&["list", "--env", "prod"]);
    assert_snapshot!(project.finish(command.current_dir(&below)), @"
    exit code 0
    --- stdout
    shop  demo-shop-prod
      Product  demo-prod-product  [Id S]  on demand  stacks/shop.rs:10
        byCategory  [Category S, Price N]
      Category  demo-prod-category  [Id S]  on demand  stacks/shop.rs:26
    notes  demo-notes-prod
      Note  demo-prod-notes  [userId S, noteId S]  5..500 reads, 5..500 writes  stacks/notes.rs:9
    ");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = Project::sample("list-pipe");
    let mut list = project.command(&["list"]);
    let mut child =
        list.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}

#[test]
fn a_stack_that_is_deployed_and_no_longer_defined_is_named() {
    let project = Project::sample("list-undefined");
    let _cloud = Cloud::quick(&project);
    let _ = project.run(&["deploy", "--sandbox"]).ends_with(0);
    let _ = project.run(&["deploy", "shop", "--env", "prod", "--sandbox"]).ends_with(0);
    let list = ["list", "--deployed", "--sandbox"];
    assert!(!project.run(&list).ends_with(0).stdout.contains("not defined"));
    project.replace("main.rs", "shop, notes", "notes");
    assert_snapshot!(project.run(&list), @"
    exit code 0
    --- stdout
    notes  demo-notes-dev
      Note  demo-dev-notes  [userId S, noteId S]  5..10 reads, 5..10 writes  stacks/notes.rs:9
    demo-shop-dev  not defined  CREATE_COMPLETE
    ");
    assert_snapshot!(project.run(&["diff", "--sandbox"]), @"
    exit code 0
    --- stdout
    notes: nothing to change
    --- stderr
    note: stack demo-shop-dev has a name of this project, is deployed (CREATE_COMPLETE), and is not defined: define it again, or delete it with `tablewright destroy --stack-name demo-shop-dev --sandbox`
    ");
    assert_snapshot!(project.run(&["deploy", "--sandbox"]), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): nothing to change
    note: stack demo-shop-dev has a name of this project, is deployed (CREATE_COMPLETE), and is not defined: define it again, or delete it with `tablewright destroy --stack-name demo-shop-dev --sandbox`
    ✓ notes: nothing to change.
    ");
    // A selection says nothing of the others.
    assert_snapshot!(project.run(&["deploy", "notes", "--sandbox"]), @"
    exit code 0
    --- stdout
    notes.NotesTable = demo-dev-notes
    notes.NotesTableArn = arn:aws:dynamodb:us-east-1:000000000000:table/demo-dev-notes
    --- stderr
    Plan for the sandbox, us-east-1:
    notes (demo-notes-dev): nothing to change
    ✓ notes: nothing to change.
    ");
    // The folder that is deployed knows its stacks as well.
    let _ = project.run(&["render", "--out", "out"]).ends_with(0);
    let from = ["deploy", "--from", "out/dev", "--sandbox"];
    let _ = project.run(&from).ends_with(0).says("note: stack demo-shop-dev has a name of this project");
    let _ = project
        .run(&[&from[..], &["--output", "ndjson"]].concat())
        .ends_with(0)
        .prints(r#"{"stack":"demo-shop-dev","status":"CREATE_COMPLETE","type":"not_defined","v":1}"#);
    let _ = project.run(&["destroy", "--stack-name", "demo-shop-dev", "--sandbox", "--yes"]).ends_with(0);
    assert!(!project.run(&from).ends_with(0).stderr.contains("has a name of this project"));
}
