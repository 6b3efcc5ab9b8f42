//! `tablewright check`, and the problems that every command shows before it does anything.

use insta::assert_snapshot;
use tablewright_sandbox::{Faults, HookFault, HookMode, HookTarget};

use crate::support::{Cloud, Project, moments};

#[test]
fn every_environment_is_checked() {
    let project = Project::sample("check");
    assert_snapshot!(project.run(&["check"]), @"
    exit code 0
    --- stderr
    Environment dev: 2 stacks and 3 tables, no errors.
    Environment prod: 2 stacks and 3 tables, no errors.
    ");
    assert_snapshot!(project.run(&["check", "--env", "prod"]), @"
    exit code 0
    --- stderr
    Environment prod: 2 stacks and 3 tables, no errors.
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
    Environment dev: 2 stacks and 3 tables, no errors.
    error[N1]: table name `no` has 2 characters; 3 to 255 are allowed
     --> stacks/notes.rs:9
      = help: set another name with `.name(…)` or `.base_name(…)`, or change `table_name` in tablewright.toml
      = AWS would answer: Value 'no' at 'tableName' failed to satisfy constraint

    Environment prod: 2 stacks and 3 tables, 1 error.
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
      = help: set another name with `.name(…)` or `.base_name(…)`, or change `table_name` in tablewright.toml
      = AWS would answer: Value 'no' at 'tableName' failed to satisfy constraint

    error[R2]: the recovery period of table `Note` is 36 days
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
    error[stack-failed]: stack `notes` cannot be created: invalid digit found in string
     --> stacks/main.rs:5

    error: 1 problem in the definitions of environment dev
    ");
}

#[test]
fn policies_are_checked() {
    let project = Project::sample("check-policy");
    let _ = project.run(&["check", "--policy", "safe", "--quiet"]).ends_with(0);
    assert_snapshot!(project.run(&["check", "--policy", "hardened", "--env", "dev"]), @"
    exit code 2
    --- stderr
    error[H5]: termination protection of stack `shop` is off
     --> stacks/shop.rs:34
      = help: set `.termination_protection(true)`, or use the default of the environment; required by CloudFormation.3

    error[H6]: the stack policy of stack `shop` allows `Update:Replace` of table `Product`
     --> stacks/shop.rs:34
      = help: use `.keep_tables()`, or deny it in `.policy(…)`

    error[H7]: table `Product` is encrypted with an AWS owned key, not a customer managed key
     --> stacks/shop.rs:9
      = help: set `.encryption(Encryption::customer_key(…))`, or use the profile `hardened`, which creates a key; required by CKV_AWS_119, CT.DYNAMODB.PR.2, DYNAMODB_TABLE_ENCRYPTED_KMS, W74

    error[H4]: deletion protection of table `Product` is off
     --> stacks/shop.rs:9
      = help: set `.deletion_protection(true)`, or use the default of the environment; required by DynamoDB.6, DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED

    error[H7]: table `Category` is encrypted with an AWS owned key, not a customer managed key
     --> stacks/shop.rs:25
      = help: set `.encryption(Encryption::customer_key(…))`, or use the profile `hardened`, which creates a key; required by CKV_AWS_119, CT.DYNAMODB.PR.2, DYNAMODB_TABLE_ENCRYPTED_KMS, W74

    error[H4]: deletion protection of table `Category` is off
     --> stacks/shop.rs:25
      = help: set `.deletion_protection(true)`, or use the default of the environment; required by DynamoDB.6, DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED

    error[H5]: termination protection of stack `notes` is off
     --> stacks/notes.rs:25
      = help: set `.termination_protection(true)`, or use the default of the environment; required by CloudFormation.3

    error[H6]: the stack policy of stack `notes` allows `Update:Replace` of table `Note`
     --> stacks/notes.rs:25
      = help: use `.keep_tables()`, or deny it in `.policy(…)`

    error[H7]: table `Note` is encrypted with an AWS owned key, not a customer managed key
     --> stacks/notes.rs:9
      = help: set `.encryption(Encryption::customer_key(…))`, or use the profile `hardened`, which creates a key; required by CKV_AWS_119, CT.DYNAMODB.PR.2, DYNAMODB_TABLE_ENCRYPTED_KMS, W74

    error[H4]: deletion protection of table `Note` is off
     --> stacks/notes.rs:9
      = help: set `.deletion_protection(true)`, or use the default of the environment; required by DynamoDB.6, DYNAMODB_TABLE_DELETION_PROTECTION_ENABLED

    error: 10 problems in the definitions of environment dev
    ");
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
    assert_eq!(json["problems"][0]["environments"], serde_json::json!(["dev", "prod"]), "{json:#}");
    let markdown = project.run(&["check", "--policy", "safe", "--format", "markdown"]).ends_with(2);
    assert!(markdown.stdout.contains("\n**3 problems in the definitions**\n"), "{markdown}");
    assert_snapshot!(project.run(&["check", "--policy", "strict"]), @"
    exit code 2
    --- stderr
    error: invalid value 'strict' for '--policy <PROFILE>'
      [possible values: dev, safe, hardened]

    For more information, try '--help'.
    ");
}

#[test]
fn cloudformation_is_asked_without_executing_anything() {
    let project = Project::sample("check-online");
    let cloud = Cloud::quick(&project);
    let asked = project.run(&["check", "--online", "--sandbox"]);
    assert_snapshot!(asked, @r#"
    exit code 0
    --- stderr
    Environment dev: 2 stacks and 3 tables, no errors. CloudFormation was asked about 2 stacks.
    "#);
    assert_eq!((cloud.status("demo-notes-dev"), cloud.status("demo-shop-dev")), (None, None));

    // A second stack with tables of the same names.
    let _ = project.run(&["deploy", "notes", "--sandbox"]).ends_with(0);
    project.replace("notes.rs", "Stack::new(\"notes\")", "Stack::new(\"notes\").name(\"demo-memos-dev\")");
    assert_snapshot!(project.run(&["check", "--online", "--sandbox"]), @r#"
    exit code 2
    --- stderr
    error[CFN]: CloudFormation refuses `Note`: Resource of type 'AWS::DynamoDB::Table' with identifier 'demo-dev-notes' already exists.
     --> stacks/notes.rs:9
      = help: a table with this name already exists: one that was retained, or one of another stack; import it, delete it if its items are no longer needed, or use another name

    error: 1 problem in the definitions of environment dev
    "#);
    assert_eq!(cloud.status("demo-memos-dev"), None);
    let report = project.run(&["check", "--online", "--sandbox", "--format", "github"]).ends_with(2);
    let _ = report.prints("::error file=");

    // What the plan refuses, CloudFormation is not asked.
    project.replace("notes.rs", ".name(\"demo-memos-dev\")", "");
    project.replace("notes.rs", "    pub note_id: String,", "    pub note_id: u64,");
    assert_snapshot!(project.run(&["check", "--online", "--sandbox"]), @r#"
    exit code 0
    --- stderr
    warning[CFN]: stack notes: CloudFormation was not asked, because its plan is refused or needs consent, as `tablewright diff notes --sandbox` shows
     --> stacks/notes.rs:25

    Environment dev: 2 stacks and 3 tables, no errors. CloudFormation was asked about 1 stack.
    "#);
    assert_eq!(cloud.change_sets("demo-notes-dev"), Vec::<String>::new());

    let _ = project.run(&["check", "--sandbox"]).ends_with(2).says("--online");
    let _ = project.run(&["check", "--parameter", "A=b"]).ends_with(2).says("--online");
}

#[test]
fn hooks_are_asked() {
    let project = Project::sample("check-hooks");
    let hook = |mode| HookFault {
        type_name: "Private::Guard::Tables".to_owned(),
        target: HookTarget::ChangeSet,
        mode,
        reason: "tables need an owner".to_owned(),
        remediation: Some("add a tag".to_owned()),
    };
    let cloud =
        Cloud::new(&project, moments(), Faults { hooks: vec![hook(HookMode::Warn)], ..Faults::default() });
    assert_snapshot!(project.run(&["check", "--online", "--sandbox"]), @"
    exit code 0
    --- stderr
    warning[CFN]: hook Private::Guard::Tables warns of the template of stack shop: tables need an owner
     --> stacks/shop.rs:34
      = help: add a tag

    warning[CFN]: hook Private::Guard::Tables warns of the template of stack notes: tables need an owner
     --> stacks/notes.rs:25
      = help: add a tag

    Environment dev: 2 stacks and 3 tables, no errors. CloudFormation was asked about 2 stacks.
    ");
    cloud.set_faults(Faults { hooks: vec![hook(HookMode::Fail)], ..Faults::default() });
    assert_snapshot!(project.run(&["check", "--online", "--sandbox"]), @"
    exit code 2
    --- stderr
    error[CFN]: hook Private::Guard::Tables refuses the template of stack shop: tables need an owner
     --> stacks/shop.rs:34
      = help: add a tag

    error[CFN]: hook Private::Guard::Tables refuses the template of stack notes: tables need an owner
     --> stacks/notes.rs:25
      = help: add a tag

    error: 2 problems in the definitions of environment dev
    ");
    assert_eq!(cloud.change_sets("demo-notes-dev"), Vec::<String>::new());
}
