//! Definitions that do not compile: the compiler's own words go through, with file and line.

use insta::assert_snapshot;

use crate::support::Project;

/// Expects that `list` ends with 2, that the compiler's message names `place`, and says `message`.
#[track_caller]
fn check(project: &Project, place: &str, message: &str) {
    let output = project.run(&["list"]).ends_with(2).says(message).says(place);
    assert_eq!(output.stdout, "");
    // Our word comes last, below the compiler's.
    let ours =
        "error: cannot build the stacks crate [ROOT]/stacks\n  help: see the messages of cargo above\n";
    assert!(output.stderr.ends_with(ours), "{output}");
}

#[test]
fn keys_that_no_table_can_have() {
    let project = Project::sample("definitions");
    let good = project.read("stacks/notes.rs");
    let with = |old: &str, new: &str| {
        assert!(good.contains(old));
        project.write("stacks/notes.rs", &good.replace(old, new));
        &project
    };
    check(with("    #[ddb(partition)]\n", ""), "stacks/notes.rs:9:12", "`Note` has no partition key");
    check(with("#[ddb(sort)]", "#[ddb(partition)]"), "stacks/notes.rs:14:", "partition");
    check(
        with("user_id: String", "user_id: bool"),
        "stacks/notes.rs:12:18",
        "`bool` cannot be a DynamoDB key attribute",
    );
    check(with("user_id: String", "user_id: Option<String>"), "stacks/notes.rs:12:18", "Option");
    check(with("let mut stack", "let stack: u8"), "stacks/notes.rs:", "mismatched types");
    // And when it is mended, it goes on.
    project.write("stacks/notes.rs", &good);
    let _ = project.run(&["list"]).ends_with(0);
}

#[test]
fn a_stack_that_does_not_exist() {
    let project = Project::sample("definitions-stack");
    assert_snapshot!(project.run(&["render", "note"]), @"
    exit code 2
    --- stderr
    error: no stack `note`
      help: did you mean `notes`?
      help: the stacks are: shop, notes
    ");
    assert_snapshot!(project.run(&["deploy", "--sandbox", "shop", "customers"]), @"
    exit code 2
    --- stderr
    error: no stack `customers`
      help: the stacks are: shop, notes
    ");
    for command in ["diff", "outputs", "watch", "destroy"] {
        let _ = project.run(&[command, "--sandbox", "shpo"]).ends_with(2).says("did you mean `shop`?");
    }
}
