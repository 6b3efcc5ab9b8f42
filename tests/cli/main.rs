//! The tests of the `tablewright` command: each runs the binary as a user would, in a project of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

mod access;
mod ascii;
mod check;
mod config;
mod definitions;
mod deploy;
mod destroy;
mod diff;
mod failure;
mod from;
mod guard;
mod interrupt;
mod killed;
mod list;
mod local;
mod ndjson;
mod options;
mod outputs;
mod places;
mod program;
mod refused;
mod render;
mod revisions;
mod sam;
mod sandbox;
mod update;
mod usage;
mod watch;

#[test]
fn no_file_of_this_folder_is_forgotten() {
    let folder = support::repository().join("tests/cli");
    let main = std::fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|extension| extension != "rs") {
            continue;
        }
        assert!(
            module == "main" || main.contains(&format!("\nmod {module};\n")),
            "{} is not compiled",
            path.display()
        );
    }
}
