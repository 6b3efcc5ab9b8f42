//! The user's program, when it does something else than to hand over a manifest.

use insta::assert_snapshot;

use crate::support::{Output, Project};

/// Lists the stacks of a project whose program is `body`, with the response file's path in `response`.
fn list(project: &Project, body: &str) -> Output {
    project.write(
        "stacks/main.rs",
        &format!(
            "#![allow(unreachable_code, unused_variables)]\n\n\
             fn main() {{\n    let response = std::env::var(\"TABLEWRIGHT_RESPONSE\").unwrap();\n    {body};\n}}\n"
        ),
    );
    project.run(&["list"])
}

/// Lists the stacks of a project whose program writes this by hand.
fn list_of(project: &Project, manifest: &str) -> Output {
    list(project, &format!("std::fs::write(&response, {manifest:?}).unwrap()"))
}

#[test]
fn a_program_that_hands_over_no_manifest() {
    let project = Project::sample("program");
    assert_snapshot!(list(&project, "println!(\"hello\")"), @"
    exit code 2
    --- stderr
    hello
    error: the stacks program wrote no manifest ([ROOT]/.tablewright/program)
      help: its main.rs must be `tablewright::stacks!(…);`
    ");
    let panicked = list(&project, "panic!(\"no idea\")").ends_with(2);
    let _ = panicked
        .says("panicked at stacks/main.rs:5:5:\nno idea\n")
        .says("the stacks program failed (exit status: 101)");
    assert_snapshot!(list(&project, "eprintln!(\"sorry\"); std::process::exit(7)"), @"
    exit code 2
    --- stderr
    sorry
    error: the stacks program failed (exit status: 7)
      help: see its output above
    ");
    assert_snapshot!(list(&project, "std::process::abort()"), @"
    exit code 2
    --- stderr
    error: the stacks program failed (signal: 6 (SIGABRT))
      help: see its output above
    ");
    assert_snapshot!(list_of(&project, "hello"), @"
    exit code 2
    --- stderr
    error: the stacks program wrote an invalid manifest
      because: the manifest is malformed
      because: expected value at line 1 column 1
      help: its main.rs must be `tablewright::stacks!(…);`, and nothing else may write the manifest
    ");
    assert_snapshot!(list_of(&project, ""), @"
    exit code 2
    --- stderr
    error: the stacks program wrote an invalid manifest
      because: the manifest is malformed
      because: EOF while parsing a value at line 1 column 0
      help: its main.rs must be `tablewright::stacks!(…);`, and nothing else may write the manifest
    ");
    assert_snapshot!(list_of(&project, r#"{"tablewright":{"format":1,"library":"0.1.0"},"env":"dev"}"#), @"
    exit code 2
    --- stderr
    error: the stacks program wrote an invalid manifest
      because: the manifest is malformed
      because: missing field `stacks` at line 1 column 58
      help: its main.rs must be `tablewright::stacks!(…);`, and nothing else may write the manifest
    ");
}

#[test]
fn a_manifest_of_another_version() {
    let project = Project::sample("program-version");
    assert_snapshot!(list_of(&project, r#"{"tablewright":{"format":2,"library":"9.0.0"},"anything":true}"#), @"
    exit code 2
    --- stderr
    error: this is tablewright 0.1.0, but the stacks crate uses another version
      because: the manifest is of format 2 (tablewright 9.0.0); this version reads format 1
      help: use the same version of the library and the tool
    ");
    let manifest = r#"{"tablewright":{"format":1,"library":"0.9.0"},"requires":["global-tables","vectors"],"env":"dev","stacks":[]}"#;
    assert_snapshot!(list_of(&project, manifest), @"
    exit code 2
    --- stderr
    error: this is tablewright 0.1.0, but the stacks crate uses another version
      because: the project uses global-tables, vectors (tablewright 0.9.0), which this version does not support
      help: use the same version of the library and the tool
    ");
    // What a later version adds and an older one may ignore is ignored.
    let manifest =
        r#"{"tablewright":{"format":1,"library":"0.9.0","of":"x"},"later":1,"env":"dev","stacks":[]}"#;
    let _ = list_of(&project, manifest).ends_with(0);
}

#[test]
fn a_crate_without_one_program() {
    let project = Project::sample("program-none");
    std::fs::remove_file(project.root.join("stacks/main.rs")).unwrap();
    let manifest = project.read("stacks/Cargo.toml");
    let bins = manifest.find("[[bin]]").unwrap();
    project.write("stacks/Cargo.toml", &format!("{}\n[lib]\npath = \"lib.rs\"\n", &manifest[..bins]));
    project.write("stacks/lib.rs", "");
    assert_snapshot!(project.run(&["list"]), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/Cargo.toml has no binary target
      help: add a main.rs with `tablewright::stacks!(…);`
    ");

    let second = "[[bin]]\nname = \"program-none-second\"\npath = \"second.rs\"\n";
    project.write("stacks/Cargo.toml", &format!("{manifest}\n{second}"));
    project.write("stacks/main.rs", "fn main() {}");
    project.write("stacks/second.rs", "fn main() {}");
    assert_snapshot!(project.run(&["list"]), @"
    exit code 2
    --- stderr
    error: [ROOT]/stacks/Cargo.toml has several binary targets
      help: move the stacks to a separate crate with one binary target
    ");
}

#[test]
fn what_the_program_prints_stays_out_of_the_template() {
    let project = Project::sample("program-prints");
    let quiet = project.run(&["render", "notes"]).ends_with(0);
    project.replace(
        "notes.rs",
        "let mut stack",
        "println!(\"to stdout\");\n    eprintln!(\"to stderr\");\n    let mut stack",
    );
    let loud = project.run(&["render", "notes"]).ends_with(0);
    assert_eq!(quiet.stdout, loud.stdout);
    assert_eq!((quiet.stderr.as_str(), loud.stderr.as_str()), ("", "to stdout\nto stderr\n"));
}

#[test]
fn the_build_is_given_no_credentials() {
    let project = Project::sample("program-build");
    let seen = project.root.join("seen");
    let script = format!(
        "fn main() {{\n    println!(\"cargo:rerun-if-changed=none\");\n    \
         let seen = |name: &str| format!(\"{{name}}={{:?}}\\n\", std::env::var(name).ok());\n    \
         let names = [\"AWS_SECRET_ACCESS_KEY\", \"GITHUB_TOKEN\", \"CARGO_REGISTRY_TOKEN\", \"OUR_SDK\", \"LC_ALL\"];\n    \
         std::fs::write({seen:?}, names.map(seen).concat()).unwrap();\n}}\n"
    );
    project.write("stacks/build.rs", &script);
    let run = || {
        let mut command = project.command(&["list"]);
        for name in ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CARGO_REGISTRY_TOKEN", "OUR_SDK", "LC_ALL"] {
            command.env(name, "value");
        }
        let _ = project.finish(&mut command).ends_with(0);
        std::fs::read_to_string(&seen).unwrap()
    };
    let secrets = "AWS_SECRET_ACCESS_KEY=None\nGITHUB_TOKEN=None\nCARGO_REGISTRY_TOKEN=None\n";
    assert_eq!(run(), format!("{secrets}OUR_SDK=None\nLC_ALL=Some(\"value\")\n"));
    let config = project.read("stacks/tablewright.toml");
    project.write("stacks/tablewright.toml", &format!("{config}\n[build]\nenv = [\"OUR_*\"]\n"));
    std::fs::remove_file(&seen).unwrap();
    assert_eq!(run(), format!("{secrets}OUR_SDK=Some(\"value\")\nLC_ALL=Some(\"value\")\n"));
    project.write("stacks/tablewright.toml", &format!("{config}\n[build]\nenv = [\"*\"]\n"));
    let _ = project.run(&["list"]).ends_with(2).says("`build.env` has `*`");
}

#[test]
fn the_program_is_given_no_credentials() {
    let project = Project::sample("program-credentials");
    project.replace(
        "notes.rs",
        "let mut stack",
        "eprintln!(\"key: {:?}\", std::env::var_os(\"AWS_SECRET_ACCESS_KEY\"));\n    let mut stack",
    );
    let mut command = project.command(&["render", "notes"]);
    let output = project.finish(command.env("AWS_SECRET_ACCESS_KEY", "secret")).ends_with(0);
    assert_eq!(output.stderr, "key: None\n");
}

#[test]
fn without_cargo() {
    let project = Project::sample("program-cargo");
    let mut command = project.command(&["list"]);
    assert_snapshot!(project.finish(command.env("PATH", "/nowhere")), @"
    exit code 2
    --- stderr
    error: cannot run cargo to build the stacks crate
      because: No such file or directory (os error 2)
      help: install Rust (https://rustup.rs)
    ");
}

#[test]
fn an_edit_is_seen_and_nothing_is_built_without_one() {
    let project = Project::sample("program-fresh");
    // Twice: the first build also writes the lock file, which is newer than the beginning of that build.
    let _ = project.run(&["list"]).ends_with(0);
    let _ = project.run(&["list"]).ends_with(0);
    // Without cargo it can only be the program of the last build that runs.
    let without_cargo = |args: &[&str]| project.finish(project.command(args).env("PATH", "/nowhere"));
    let _ = without_cargo(&["list"]).ends_with(0);
    let _ = without_cargo(&["list", "--fresh"]).ends_with(2).says("cannot run cargo");
    project.replace("notes.rs", "Stack::new(\"notes\")", "Stack::new(\"memos\")");
    let _ = without_cargo(&["list"]).ends_with(2).says("cannot run cargo");
    let output = project.run(&["list"]).ends_with(0);
    assert!(output.stdout.contains("demo-memos-dev"), "{output}");
    // A record that nobody can read costs a build, nothing else.
    project.write(".tablewright/last-build.json", "{");
    let _ = project.run(&["list"]).ends_with(0);
}

#[test]
fn projects_that_share_a_target_folder_are_told_apart() {
    // As with `build.target-dir` in cargo's configuration: two crates, and one `debug/stacks-program-shared` for both.
    let (one, other) = (Project::sample("program-shared"), Project::sample("program-shared-other"));
    other.replace("Cargo.toml", "stacks-program-shared-other", "stacks-program-shared");
    other.replace("Cargo.toml", "version = \"0.0.0\"", "version = \"0.0.1\"");
    other.replace("notes.rs", "Stack::new(\"notes\")", "Stack::new(\"memos\")");
    for _ in 0..3 {
        let output = one.run(&["list"]).ends_with(0);
        assert!(output.stdout.contains("demo-notes-dev"), "{output}");
        let output = other.run(&["list"]).ends_with(0);
        assert!(output.stdout.contains("demo-memos-dev"), "{output}");
    }
}

#[test]
fn in_ci_the_lock_file_is_not_to_change() {
    let project = Project::sample("program-locked");
    let lock = project.read("Cargo.lock");
    let in_ci = || project.finish(project.command(&["list"]).env("CI", "true"));
    let _ = in_ci().ends_with(2).says("--locked");
    assert_eq!(project.read("Cargo.lock"), lock);
    let _ = project.run(&["list"]).ends_with(0);
    let _ = in_ci().ends_with(0);
}

#[test]
fn the_program_of_another_project_is_not_taken_for_this_ones() {
    // Cargo can hand it over, where both crates have one name, one version and one target folder.
    let (project, other) = (Project::sample("program-foreign"), Project::sample("program-foreign-other"));
    let foreign = other.root.join("stacks").display().to_string();
    project.replace("main.rs", "tablewright::stacks!(shop, notes);", "mod shop;\nmod notes;\n");
    let main = project.read("stacks/main.rs");
    let call = format!(
        "tablewright::program::main({foreign:?}, &[(\"shop\", shop::stack), (\"notes\", notes::stack)])"
    );
    project.write("stacks/main.rs", &format!("{main}\nfn main() -> std::process::ExitCode {{ {call} }}\n"));
    let output = project.run(&["list"]).ends_with(2);
    assert_eq!(output.stdout, "");
    let _ = output.says("cargo returned the program of another project").says("change the `name`");
    // A project that was moved is its own all the same.
    std::fs::remove_dir_all(&other.root).unwrap();
    let _ = project.run(&["list"]).ends_with(0);
}
