//! What git refuses, clones that lack the base, and checkouts with other line ends.

use std::process::Command;

use crate::support::{Output, Project};

const TABLE: &str =
    "Resources:\n  Notes:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      BillingMode: PROVISIONED\n";

fn git(project: &Project, folder: &str, args: &[&str]) {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
    let mut git = Command::new("git");
    let output =
        git.current_dir(project.root.join(folder)).env("HOME", &project.root).args(who).args(args).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository `origin` with a template, and a branch `topic` that has changed it.
fn with_branches(name: &str) -> Project {
    let project = Project::empty(name);
    project.write("origin/t.yaml", TABLE);
    git(&project, "origin", &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, "origin", &["add", "t.yaml"]);
    git(&project, "origin", &["commit", "--quiet", "--message", "one"]);
    git(&project, "origin", &["checkout", "--quiet", "-b", "topic"]);
    project.write("origin/t.yaml", &TABLE.replace("PROVISIONED", "PAY_PER_REQUEST"));
    git(&project, "origin", &["commit", "--quiet", "--all", "--message", "two"]);
    project
}

fn diff_in(project: &Project, folder: &str, against: &str) -> Output {
    let mut command = project.command(&["diff", "--of", "t.yaml", "--against", against]);
    project.finish(command.current_dir(project.root.join(folder)))
}

#[test]
fn the_hint_for_a_shallow_clone_works_as_printed() {
    let project = with_branches("revisions-shallow");
    let url = format!("file://{}", project.root.join("origin").display());
    git(&project, "", &["clone", "--quiet", "--depth", "1", "--branch", "topic", &url, "clone"]);
    let against = "origin/main...HEAD:t.yaml";
    let refused = diff_in(&project, "clone", against).ends_with(2).says("is a shallow clone");
    // The base alone is no help: what it has in common with HEAD is not there.
    git(&project, "clone", &["fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let unrelated = diff_in(&project, "clone", against).ends_with(2).says("have no common ancestor");
    for output in [refused, unrelated] {
        assert!(output.stderr.contains("`git fetch --unshallow"), "{output}");
    }
    let output = diff_in(&project, "clone", against);
    let start = output.stderr.find("git fetch").unwrap();
    let printed = output.stderr[start..].split('`').next().unwrap();
    let done =
        Command::new("sh").args(["-c", printed]).current_dir(project.root.join("clone")).output().unwrap();
    assert!(done.status.success(), "{printed}: {}", String::from_utf8_lossy(&done.stderr));
    let _ = diff_in(&project, "clone", against).ends_with(0).prints("PROVISIONED → PAY_PER_REQUEST");

    git(&project, "", &["clone", "--quiet", "--single-branch", "--branch", "topic", &url, "single"]);
    let _ = diff_in(&project, "single", against)
        .ends_with(2)
        .says("`git fetch origin main:refs/remotes/origin/main`");
}

#[test]
fn what_git_refuses_is_said_with_its_own_words() {
    let project = with_branches("revisions-refused");
    let mut command = project.command(&["diff", "--of", "t.yaml", "--against", "main:t.yaml"]);
    command.current_dir(project.root.join("origin")).env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let output =
        project.finish(&mut command).ends_with(3).says("fatal: detected dubious ownership in repository at");
    assert!(
        output
            .stderr
            .contains("help: if you trust the repository: `git config --global --add safe.directory")
    );
    let _ = project.finish(command.env("PATH", "")).ends_with(3).says("help: install git");

    project.write("outside/t.yaml", TABLE);
    let _ = diff_in(&project, "outside", "main:t.yaml").ends_with(2).says("is not in a git repository");
    let _ = diff_in(&project, "origin", "main:nosuch.yaml")
        .ends_with(2)
        .says("there is no file or folder nosuch.yaml at main");
    let new = ["diff", "--of", "t.yaml", "--against", "main:nosuch.yaml", "--allow-empty-base"];
    let mut command = project.command(&new);
    let _ = project
        .finish(command.current_dir(project.root.join("origin")))
        .ends_with(0)
        .prints("t against nothing: 1 new");
    // An object that is lost is not a file that was never there.
    let objects = project.root.join("origin/.git/objects");
    std::fs::rename(&objects, project.root.join("lost")).unwrap();
    std::fs::create_dir(&objects).unwrap();
    let _ = diff_in(&project, "origin", "main:t.yaml").ends_with(2);
}

#[test]
fn line_ends_of_windows_are_said_in_one_line() {
    let project = Project::sample("revisions-crlf");
    let render = ["render", "notes", "--env", "dev", "--out", "out"];
    let _ = project.run(&render).ends_with(0);
    let text = project.read("out/dev/notes.yaml");
    project.write("out/dev/notes.yaml", &text.replace('\n', "\r\n"));
    let said = "out/dev/notes.yaml has CRLF line ends, as git writes them with `core.autocrlf`";
    let check = project.run(&[&render[..], &["--check"]].concat()).ends_with(8).says(said);
    assert_eq!(check.stderr.lines().count(), 3, "{check}");
    let json =
        ["diff", "notes", "--of", "definitions", "--against", "out", "--env", "dev", "--format", "json"];
    let diff = project.run(&json).ends_with(0).says(&format!("note: {said}"));
    assert!(!diff.stdout.contains("text_diff"), "{diff}");

    // A change is shown without the lines that only end otherwise.
    project.write(
        "out/dev/notes.yaml",
        &text.replace("ReadCapacityUnits: 5", "ReadCapacityUnits: 6").replace('\n', "\r\n"),
    );
    let check = project.run(&[&render[..], &["--check"]].concat()).ends_with(8);
    assert!(check.stderr.lines().count() < 20, "{check}");
    let diff = project.run(&json).ends_with(0).says(&format!("note: {said}"));
    let json: serde_json::Value = serde_json::from_str(&diff.stdout).unwrap();
    assert!(json["comparisons"][0]["text_diff"].as_str().unwrap().lines().count() < 20, "{diff}");
}
