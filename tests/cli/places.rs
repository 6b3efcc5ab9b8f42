//! Places in reports: paths that a code host finds in its repository, whatever directory the command runs in.

use serde_json::Value;

use crate::support::{Output, Project};

/// A project whose stacks are a crate of their own, in a folder with a blank and an umlaut, in a git repository.
fn standalone(name: &str) -> Project {
    let project = Project::sample(name);
    // A package can be the root of its own workspace.
    let workspace = project.read("Cargo.toml").replace("members = [\"stacks\"]\n", "");
    let manifest = format!("{}\n{workspace}", project.read("stacks/Cargo.toml"));
    for file in ["main.rs", "notes.rs", "shop.rs", "tablewright.toml"] {
        project.write(&format!("my stäcks/{file}"), &project.read(&format!("stacks/{file}")));
    }
    project.write("my stäcks/Cargo.toml", &manifest);
    project.write("my stäcks/Cargo.lock", &project.read("Cargo.lock"));
    for path in ["stacks", "Cargo.toml", "Cargo.lock"] {
        let path = project.root.join(path);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    project.write(".git/HEAD", "");
    project.write("web/app.js", "");
    project
}

fn run_in(project: &Project, folder: &str, args: &[&str]) -> Output {
    project.finish(project.command(args).current_dir(project.root.join(folder)))
}

fn uris(sarif: &str) -> Vec<Value> {
    let log: Value = serde_json::from_str(sarif).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap().clone();
    let uri = |result: &Value| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
    results.iter().map(uri).collect()
}

#[test]
fn reports_name_files_from_the_root_of_the_repository() {
    let project = standalone("places");
    let notes = project.read("my stäcks/notes.rs");
    project.write("my stäcks/notes.rs", &notes.replace("Days(35)", "Days(36)"));
    let places = [
        ("", "my stäcks", "my stäcks/notes.rs"),
        ("my stäcks", ".", "notes.rs"),
        ("web", "../my stäcks", "../my stäcks/notes.rs"),
    ];
    for (folder, stacks, shown) in places {
        let check = |args: &[&str]| {
            run_in(&project, folder, &[&["check", "--env", "dev", "--stacks", stacks], args].concat())
                .ends_with(2)
        };
        // What is printed can be opened from the directory that it is printed in.
        let _ = check(&[]).says(&format!("--> {shown}:9\n"));
        let annotations = check(&["--format", "github"]).stdout;
        assert!(annotations.starts_with("::error file=my stäcks/notes.rs,line=9,"), "{annotations}");
        let sarif = check(&["--format", "sarif"]).stdout;
        assert_eq!(uris(&sarif), ["my%20st%C3%A4cks/notes.rs"], "{sarif}");
        let json: Value = serde_json::from_str(&check(&["--format", "json"]).stdout).unwrap();
        assert_eq!(json["problems"][0]["at"]["file"], "my stäcks/notes.rs");
    }
    // Outside of any repository, the project is what paths are relative to.
    std::fs::remove_dir_all(project.root.join(".git")).unwrap();
    let check = ["check", "--env", "dev", "--format", "github"];
    let annotations = run_in(&project, "my stäcks", &check).stdout;
    assert!(annotations.starts_with("::error file=my stäcks/notes.rs,line=9,"), "{annotations}");
}

#[test]
fn a_stack_that_is_gone_is_missed_where_the_stacks_are_listed() {
    let project = Project::sample("places-gone");
    let _ = project.run(&["render", "--out", "stacks/rendered"]).ends_with(0);
    let _ = project.run(&["render", "--out", "old"]).ends_with(0);
    let line = 1 + project.read("stacks/main.rs").lines().position(|line| line.contains("stacks!(")).unwrap();
    project.replace("main.rs", "stacks!(shop, notes)", "stacks!(notes)");
    let against_old = ["diff", "--against", "old", "--format", "github"];
    let annotation = project.run(&against_old).ends_with(0).stdout;
    assert!(annotation.contains(&format!(" file=stacks/main.rs,line={line},")), "{annotation}");

    let _ = project.run(&["render", "--out", "stacks/rendered"]).ends_with(0);
    let rendered = ["--of", "stacks/rendered", "--format", "sarif"];
    let sarif = project.run(&[&against_old[..3], &rendered].concat()).ends_with(0).stdout;
    assert_eq!(uris(&sarif), ["stacks/rendered/dev/manifest.json"], "{sarif}");
    // Without a manifest, the file that is gone is all there is.
    project.write("new/notes.yaml", &project.read("stacks/rendered/dev/notes.yaml"));
    let sarif = project.run(&["diff", "--against", "old/dev", "--of", "new", "--format", "sarif"]).stdout;
    assert_eq!(uris(&sarif), ["old/dev/shop.yaml"], "{sarif}");
}
