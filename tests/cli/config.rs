//! `stacks/tablewright.toml`, whole and broken.

use insta::assert_snapshot;

use crate::support::{Cloud, Project};

/// A project whose configuration is `text`; nothing is compiled, since the configuration comes first.
fn list(project: &Project, text: &str) -> crate::support::Output {
    project.write("stacks/tablewright.toml", text);
    project.run(&["list"])
}

#[test]
fn errors_name_the_place_in_the_configuration() {
    let project = Project::sample("config");
    let list = |text: &str| list(&project, text);
    assert_snapshot!(list("[project\nname = \"demo\"\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml is invalid
      because: TOML parse error at line 1, column 9
          |
        1 | [project
          |         ^
        unclosed table, expected `]`
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\ndefault-env = \"dev\"\n[env.dev]\n"), @r#"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml is invalid
      because: TOML parse error at line 3, column 1
          |
        3 | default-env = "dev"
          | ^^^^^^^^^^^
        unknown field `default-env`, expected one of `name`, `default_env`, `table_name`, `stack_name`, `rendered`, `required_tags`
    "#);
    assert_snapshot!(list("[project]\n[env.dev]\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml is invalid
      because: TOML parse error at line 1, column 1
          |
        1 | [project]
          | ^^^^^^^^^
        missing field `name`
    ");
    assert_snapshot!(list("[project]\nname = 7\n[env.dev]\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml is invalid
      because: TOML parse error at line 2, column 8
          |
        2 | name = 7
          |        ^
        invalid type: integer `7`, expected a string
    ");
    assert_snapshot!(list("[env.dev]\n"), @r#"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml has no section [project]
      help: a minimal file has: [project], name = "…", and a section [env.dev]
    "#);
    assert_snapshot!(list(""), @r#"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml has no section [project]
      help: a minimal file has: [project], name = "…", and a section [env.dev]
    "#);
    assert_snapshot!(list("[project]\nname = \"demo\"\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml: no environment is defined; add a section such as [env.dev]
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\n[env.dev]\nprotect = true\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml is invalid
      because: TOML parse error at line 4, column 1
          |
        4 | protect = true
          | ^^^^^^^
        unknown field `protect`, expected one of `region`, `account`, `aws_profile`, `protected`, `profile`, `bucket`, `role_arn`, `parameters`, `config`
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\ndefault_env = \"prod\"\n[env.prod]\nprotected = true\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml: `default_env` is `prod`, which is protected; a protected environment must be selected with `--env`
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\ndefault_env = \"def\"\n[env.dev]\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml: `default_env` is `def`, which is not one of: dev
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\ntable_name = \"{project}\"\n[env.dev]\n"), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/tablewright.toml: `table_name` must contain `{table}`, as each name must be unique
    ");
    assert_snapshot!(list("[project]\nname = \"demo\"\n[env.dev]\n"), @"
    exit code 2
    --- stderr
    error: no environment selected
      help: pass `--env NAME` with one of: dev
      help: or set `default_env` under [project] in [ROOT]/stacks/tablewright.toml
    ");
}

#[test]
fn a_configuration_that_cannot_be_read() {
    let project = Project::sample("config-missing");
    let path = project.root.join("stacks/tablewright.toml");
    std::fs::remove_file(&path).unwrap();
    assert_snapshot!(project.run(&["list"]), @r#"
    exit code 2
    --- stderr
    error: cannot read [ROOT]/stacks/tablewright.toml
      because: No such file or directory (os error 2)
      help: a minimal file has: [project], name = "…", and a section [env.dev]
    "#);
    std::fs::create_dir(&path).unwrap();
    let _ = project.run(&["list"]).ends_with(2).says("cannot read [ROOT]/stacks/tablewright.toml");
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, [b'#', 0xff]).unwrap();
    let _ = project.run(&["list"]).ends_with(2).says("cannot read [ROOT]/stacks/tablewright.toml");
}

#[test]
fn an_environment_that_does_not_exist() {
    let project = Project::sample("config-env");
    assert_snapshot!(project.run(&["list", "--env", "prd"]), @"
    exit code 2
    --- stderr
    error: no environment `prd`
      help: did you mean `prod`?
      help: [ROOT]/stacks/tablewright.toml has: dev, prod
    ");
    assert_snapshot!(project.run(&["deploy", "--sandbox", "--env", "elsewhere"]), @"
    exit code 2
    --- stderr
    error: no environment `elsewhere`
      help: [ROOT]/stacks/tablewright.toml has: dev, prod
    ");
}

#[test]
fn a_region_of_its_own_is_not_overruled() {
    let project = Project::sample("config-region");
    project.replace("tablewright.toml", "[env.dev]", "[env.dev]\nregion = \"eu-west-1\"");
    assert_snapshot!(project.run(&["diff", "notes", "--sandbox", "--region", "us-east-1"]), @"
    exit code 6
    --- stderr
    error: the environment is in Region eu-west-1, but `--region` is us-east-1
      help: omit `--region`, or change the environment's `region` in tablewright.toml
    ");
    let _ = Cloud::quick(&project);
    let output = project.run(&["deploy", "notes", "--sandbox"]).ends_with(0);
    assert!(output.stderr.contains("the sandbox, eu-west-1"), "{output}");
}

/// The stacks' program runs in the folder above its crate, and the tool finds it from here.
#[test]
fn a_stacks_crate_that_is_named_from_here() {
    let project = Project::sample("config-folder");
    let manifest = project.read("Cargo.toml").replace("[\"stacks\"]", "[\"infra/tables\"]");
    project.write("Cargo.toml", &manifest);
    std::fs::create_dir(project.root.join("infra")).unwrap();
    std::fs::rename(project.root.join("stacks"), project.root.join("infra/tables")).unwrap();
    let listed = project.run(&["list", "--stacks", "infra/tables"]).ends_with(0);
    assert!(listed.stdout.contains("demo-dev-notes"), "{listed}");
}

#[test]
fn no_stacks_crate() {
    // Outside of every project: the test's own folder lies within the repository, which is one.
    let outside = std::env::temp_dir().join(format!("tablewright-outside-{}", std::process::id()));
    std::fs::create_dir_all(&outside).unwrap();
    let project = Project::empty("config-outside");
    let run = |args: &[&str]| project.finish(project.command(args).current_dir(&outside));
    let named =
        |output: crate::support::Output| output.to_string().replace(outside.to_str().unwrap(), "[OUTSIDE]");
    assert_snapshot!(named(run(&["list"])), @"
    exit code 2
    --- stderr
    error: no stacks crate: stacks/Cargo.toml not found in [OUTSIDE] or a parent directory
      help: run the command in a project, or pass the directory of the crate with `--stacks DIR`
      help: to create a project, copy the directory `stacks` of the tablewright repository; see the README
    ");
    assert_snapshot!(named(run(&["list", "--stacks", "elsewhere"])), @"
    exit code 2
    --- stderr
    error: elsewhere has no Cargo.toml
      help: `--stacks` must be the directory of the stacks crate
    ");
    for command in [
        &["render"][..],
        &["check"],
        &["diff", "--sandbox"],
        &["deploy", "--sandbox"],
        &["sandbox", "status"],
    ] {
        let _ = run(command).ends_with(2).says("no stacks crate");
    }
    std::fs::remove_dir(&outside).unwrap();
}
