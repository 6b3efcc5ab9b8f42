//! Killed outright, at every step: nothing of it can be cleaned up by who was killed, so the next run has to come to the end.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Command, Stdio};

use tablewright_sandbox::{Faults, Timings};

use crate::support::{Cloud, Project, moments};

const SANDBOX: &str = ".tablewright/sandbox.json";

/// Long enough for a run to be killed in the middle, and for the next one to find CloudFormation at work.
const A_WHILE: i64 = 3_000;

/// From templates that are rendered already: what is killed here is the deployment, not the compiler.
fn deploy(stack: &str) -> [&str; 7] {
    ["deploy", stack, "--from", "rendered/dev", "--sandbox", "--output", "ndjson"]
}

/// Runs a command and kills it when it has written the line that is waited for.
#[track_caller]
fn kill_at(is_it: impl FnMut(&String) -> bool, mut command: Command, stream: Stream) {
    let pipe = |wanted| if stream == wanted { Stdio::piped() } else { Stdio::null() };
    let mut child = command.stdout(pipe(Stream::Stdout)).stderr(pipe(Stream::Stderr)).spawn().unwrap();
    let told: Box<dyn Read> = match stream {
        Stream::Stdout => Box::new(child.stdout.take().unwrap()),
        Stream::Stderr => Box::new(child.stderr.take().unwrap()),
    };
    let mut told = BufReader::new(told).lines().map(Result::unwrap);
    let line = told.find(is_it);
    // SIGKILL, which nothing can be done about.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(line.is_some(), "it ended before that line");
}

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Stdout,
    Stderr,
}

/// Makes a project whose templates are rendered, and its sandbox.
fn project(name: &str) -> (Project, Cloud) {
    let project = Project::sample(name);
    render(&project);
    let timings = Timings { table_create: A_WHILE, index_backfill: A_WHILE, ..moments() };
    let cloud = Cloud::new(&project, timings, Faults::default());
    (project, cloud)
}

fn render(project: &Project) {
    let _ = project.run(&["render", "--out", "rendered"]).ends_with(0);
}

/// Runs the deployment that was killed before once more, and does what it says where CloudFormation is still at it.
#[track_caller]
fn come_to_the_end(project: &Project, stack: &str, step: &str) {
    let again = project.run(&deploy(stack));
    if again.code == 6 {
        // As it is said, and without the definitions.
        let name = format!("demo-{stack}-dev");
        let _ = again.says(&format!("`tablewright watch --stack-name {name} --sandbox`"));
        let _ = project.run(&["watch", "--stack-name", &name, "--sandbox"]).ends_with(0);
        let _ = project.run(&deploy(stack)).ends_with(0);
    } else {
        assert_eq!(again.code, 0, "killed after {step}, then {again}");
    }
}

/// Asserts that nothing is left of a run that was killed, neither at CloudFormation nor in the project's folder.
#[track_caller]
fn is_well(project: &Project, cloud: &Cloud, stack: &str, status: &str, step: &str) {
    let name = format!("demo-{stack}-dev");
    assert_eq!(cloud.status(&name).as_deref(), Some(status), "killed after {step}");
    assert_eq!(cloud.change_sets(&name), Vec::<String>::new(), "killed after {step}");
    // No temporary file of the sandbox's, and what is kept can be read.
    let kept = [".gitignore", "last-build.json", "program", "sandbox.json", "sandbox.json.lock"];
    assert_eq!(files(project, ".tablewright"), kept, "killed after {step}");
    let _: serde_json::Value = serde_json::from_str(&project.read(SANDBOX)).unwrap();
}

fn files(project: &Project, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project.root.join(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Returns the kind of a line: its type, with the step or the status that it tells. How often a table that is on its way is
/// told of differs from run to run.
fn kind(line: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    let name = line["type"].as_str().unwrap();
    match (name, &line["number"], line["status"].as_str()) {
        ("step", number, _) => format!("step {number}"),
        ("stack" | "resource", _, Some(status)) => format!("{name} {status}"),
        _ => name.to_owned(),
    }
}

/// Returns the kinds of lines, in the order in which they come first.
fn kinds(ndjson: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    ndjson.lines().map(kind).filter(|kind| seen.insert(kind.clone())).collect()
}

/// Runs a deployment undisturbed, and then from the same sandbox once for every step of it, killed there.
fn at_every_step(
    project: &Project,
    cloud: &Cloud,
    stack: &str,
    status: &str,
    check: impl Fn(&str),
) -> Vec<String> {
    let before = project.read(SANDBOX);
    let undisturbed = project.run(&deploy(stack)).ends_with(0);
    let steps = kinds(&undisturbed.stdout);
    for step in &steps {
        project.write(SANDBOX, &before);
        kill_at(|line| kind(line) == *step, project.command(&deploy(stack)), Stream::Stdout);
        come_to_the_end(project, stack, step);
        is_well(project, cloud, stack, status, step);
        check(step);
    }
    steps
}

#[test]
fn a_creation_at_every_step() {
    let (project, cloud) = project("killed-creation");
    let steps = at_every_step(&project, &cloud, "notes", "CREATE_COMPLETE", |step| {
        assert_eq!(cloud.table("demo-dev-notes")["TableStatus"], "ACTIVE", "killed after {step}");
    });
    assert_eq!(
        steps,
        [
            "planned",
            "change_set_created",
            "changes_described",
            "began",
            "execution_started",
            "stack CREATE_IN_PROGRESS",
            "resource CREATE_IN_PROGRESS",
            "resource CREATE_COMPLETE",
            "stack CREATE_COMPLETE",
            "settled",
            "table",
            "ended"
        ]
    );
}

/// Two new indexes are two updates, since DynamoDB takes one at a time.
#[test]
fn a_ladder_at_every_step() {
    let (project, cloud) = project("killed-ladder");
    let _ = project.run(&deploy("shop")).ends_with(0);
    let index = |name: &str, field: &str| format!("#[ddb(index(name = \"{name}\", partition({field})))]\n");
    let item = "pub struct Product";
    let two = index("byName", "name") + &index("byCategory", "category");
    project.replace("shop.rs", item, &format!("{two}{item}"));
    render(&project);
    let steps = at_every_step(&project, &cloud, "shop", "UPDATE_COMPLETE", |step| {
        // Where the last update was done, nothing is left to change, and what it began may still be in the making.
        let _ = project.run(&["watch", "shop", "--sandbox"]).ends_with(0);
        let indexes = cloud.table("demo-dev-product")["GlobalSecondaryIndexes"].clone();
        let active = indexes.as_array().unwrap().iter().filter(|index| index["IndexStatus"] == "ACTIVE");
        assert_eq!(active.count(), 2, "killed after {step}");
    });
    for step in ["step 1", "step 2"] {
        assert!(steps.iter().any(|seen| seen == step), "{steps:?}");
    }
}

#[test]
fn a_change_set_that_is_no_longer_wanted() {
    let (project, cloud) = project("killed-unwanted");
    let _ = project.run(&deploy("notes")).ends_with(0);
    project.replace("notes.rs", "5..=most", "6..=most");
    render(&project);
    kill_at(|line| kind(line) == "changes_described", project.command(&deploy("notes")), Stream::Stdout);
    assert_eq!(cloud.change_sets("demo-notes-dev").len(), 1);
    // Somebody else's, under a name of their own, is theirs to delete.
    cloud.make_change_set("demo-notes-dev", "theirs");
    project.replace("notes.rs", "6..=most", "5..=most");
    render(&project);
    let output = project.run(&deploy("notes")).ends_with(0);
    assert!(output.stdout.contains("\"outcome\":\"unchanged\""), "{output}");
    // Nor is one of ours deleted that can still be executed: another run may be waiting for its approval. It is named.
    let left = cloud.change_sets("demo-notes-dev");
    assert!(left.len() == 2 && left.iter().any(|name| name == "theirs"), "{left:?}");
    assert!(output.stdout.contains("\"change_set_waiting\""), "{output}");
}

#[test]
fn files_are_written_whole_or_not_at_all() {
    let project = Project::sample("killed-render");
    let render = ["render", "--out", "rendered"];
    let undisturbed = project.run(&render).ends_with(0);
    let folders = ["rendered/dev", "rendered/prod"];
    let whole: Vec<Vec<(String, String)>> = folders.iter().map(|folder| texts(&project, folder)).collect();
    let count = undisturbed.stderr.lines().filter(|line| line.starts_with("Wrote ")).count();
    assert_eq!(count, whole.iter().map(Vec::len).sum::<usize>());
    for lines in 1..=count {
        std::fs::remove_dir_all(project.root.join("rendered")).unwrap();
        let mut left = lines;
        let is_it = |_: &String| {
            left -= 1;
            left == 0
        };
        kill_at(is_it, project.command(&render), Stream::Stderr);
        for (folder, whole) in folders.iter().zip(&whole) {
            if !project.root.join(folder).exists() {
                continue;
            }
            for (name, text) in texts(&project, folder) {
                // What was being written has a name of its own until it is whole.
                assert!(name.ends_with(".unfinished") || whole.contains(&(name.clone(), text)), "{name}");
            }
        }
        let _ = project.run(&render).ends_with(0);
        let now: Vec<_> = folders.iter().map(|folder| texts(&project, folder)).collect();
        assert_eq!(now, whole);
    }
}

/// Returns the files of a folder, each with its text.
fn texts(project: &Project, folder: &str) -> Vec<(String, String)> {
    let text = |name: String| {
        let text = project.read(&format!("{folder}/{name}"));
        (name, text)
    };
    files(project, folder).into_iter().map(text).collect()
}
