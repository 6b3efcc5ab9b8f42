//! `tablewright list`.

use insta::assert_snapshot;

use crate::support::Project;

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
