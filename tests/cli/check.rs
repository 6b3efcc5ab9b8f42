//! `tablewright check`, and the problems that every command shows before it does anything.

use insta::assert_snapshot;

use crate::support::Project;

#[test]
fn every_environment_is_checked() {
    let project = Project::sample("check");
    assert_snapshot!(project.run(&["check"]), @"
    exit code 0
    --- stderr
    Environment dev: 2 stacks and 3 tables are sound.
    Environment prod: 2 stacks and 3 tables are sound.
    ");
    assert_snapshot!(project.run(&["check", "--env", "prod"]), @"
    exit code 0
    --- stderr
    Environment prod: 2 stacks and 3 tables are sound.
    ");
    assert_snapshot!(project.run(&["check", "--quiet"]), @"
    exit code 0
    ");

    // A mistake that only one environment has.
    project.replace(
        "notes.rs",
        ".base_name(\"notes\")",
        ".name(if env.protected() { \"no\" } else { \"notes\" })",
    );
    let _ = project.run(&["check", "--env", "dev"]).ends_with(0);
    assert_snapshot!(project.run(&["check"]), @"
    exit code 2
    --- stderr
    Environment dev: 2 stacks and 3 tables are sound.
    error[N1]: table name `no` has 2 characters; 3 to 255 are allowed
     --> stacks/notes.rs:9
      = help: set another with `.name(…)` or `.base_name(…)`, or change `table_name` in tablewright.toml
      = AWS would answer: Value 'no' at 'tableName' failed to satisfy constraint

    error: 1 problem in the definitions of environment prod
    ");
}

#[test]
fn two_problems_are_said_at_once() {
    let project = Project::sample("check-two");
    project.replace("notes.rs", ".base_name(\"notes\")", ".name(\"no\")");
    project.replace("notes.rs", "Days(35)", "Days(36)");
    assert_snapshot!(project.run(&["check", "--env", "dev"]), @"
    exit code 2
    --- stderr
    error[N1]: table name `no` has 2 characters; 3 to 255 are allowed
     --> stacks/notes.rs:9
      = help: set another with `.name(…)` or `.base_name(…)`, or change `table_name` in tablewright.toml
      = AWS would answer: Value 'no' at 'tableName' failed to satisfy constraint

    error[R2]: point-in-time recovery of table `Note` reaches back 36 days
     --> stacks/notes.rs:9
      = help: 1 to 35 days are allowed
      = AWS would answer: Member must have value less than or equal to 35

    error: 2 problems in the definitions of environment dev
    ");
    // Nothing is made of definitions with problems.
    for command in [&["render"][..], &["list"], &["deploy", "--sandbox", "--yes"], &["diff", "--sandbox"]] {
        let output = project.run(command).ends_with(2).says("error[N1]");
        assert_eq!(output.stdout, "");
    }
    assert!(!project.root.join(".tablewright/sandbox.json").exists());
}

#[test]
fn a_stack_function_that_fails_is_a_problem_with_its_cause() {
    let project = Project::sample("check-stack");
    project.replace("notes.rs", "let mut stack", "let _: u8 = \"many\".parse()?;\n    let mut stack");
    assert_snapshot!(project.run(&["check", "--env", "dev"]), @"
    exit code 2
    --- stderr
    error[stack-failed]: stack `notes` cannot be made: invalid digit found in string
     --> stacks/main.rs:5

    error: 1 problem in the definitions of environment dev
    ");
}

#[test]
fn a_policy_is_held_to() {
    let project = Project::sample("check-policy");
    let _ = project.run(&["check", "--policy", "safe", "--quiet"]).ends_with(0);
    assert_snapshot!(project.run(&["check", "--policy", "hardened", "--env", "dev"]), @"");
    // Tags that the organisation asks for.
    project.replace("tablewright.toml", "[project]", "[project]\nrequired_tags = [\"owner\"]");
    let output =
        project.run(&["check", "--policy", "safe", "--env", "dev", "--format", "github"]).ends_with(2);
    assert!(output.stdout.lines().all(|line| line.starts_with("::error file=stacks/")), "{output}");
    assert!(output.stdout.contains("owner"), "{output}");
    let json = project.run(&["check", "--policy", "safe", "--format", "json"]).ends_with(2);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["problems"][0]["rule"], "H12", "{json:#}");
    // Both environments have it, and it is told once.
    assert_eq!(json["problems"].as_array().unwrap().len(), 3, "{json:#}");
    assert_snapshot!(project.run(&["check", "--policy", "strict"]), @"");
}
