//! A project of its own: a copy of the sample in `stacks/`, to be edited and to be run in.
//!
//! *Invariant:* the tool sees nothing of the machine but PATH, cargo and the compiler. Every project's crate has a name of its
//! own, since all are built into one target folder, so that the library is compiled once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Output, Running};

pub(crate) struct Project {
    /// The folder that `stacks` is in.
    pub(crate) root: PathBuf,
    /// Keeps a second run of the tests out of the folder.
    _lock: File,
}

impl Project {
    /// Makes a project from the sample, in a folder of this name.
    pub(crate) fn sample(name: &str) -> Self {
        let project = Self::empty(name);
        let repository = repository();
        for entry in fs::read_dir(repository.join("stacks")).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let text = fs::read_to_string(&path).unwrap();
                project.write(&format!("stacks/{}", file_name(&path)), &text);
            }
        }
        let named = format!("name = \"stacks-{name}\"");
        project.replace("Cargo.toml", "name = \"stacks\"", &named);
        project.write("Cargo.toml", &workspace_manifest(&repository));
        // The versions that the repository builds with: nothing is to be looked up.
        fs::copy(repository.join("Cargo.lock"), project.root.join("Cargo.lock")).unwrap();
        project
    }

    /// Makes a folder without a project in it.
    pub(crate) fn empty(name: &str) -> Self {
        let projects = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/projects");
        fs::create_dir_all(&projects).unwrap();
        let lock = File::create(projects.join(format!("{name}.lock"))).unwrap();
        lock.lock().unwrap();
        let root = projects.join(name);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        fs::create_dir_all(root.join("home")).unwrap();
        fs::create_dir_all(root.join("tmp")).unwrap();
        Self { root, _lock: lock }
    }

    /// Writes a file of the project, with its folders.
    pub(crate) fn write(&self, path: &str, text: &str) {
        self.write_bytes(path, text.as_bytes());
    }

    /// Writes a file that need not be UTF-8.
    pub(crate) fn write_bytes(&self, path: &str, bytes: &[u8]) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.root.join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Edits a file of the stacks crate: every `old`, of which there must be one at least, becomes `new`.
    #[track_caller]
    pub(crate) fn replace(&self, file: &str, old: &str, new: &str) {
        let path = format!("stacks/{file}");
        let text = self.read(&path);
        assert!(text.contains(old), "{path} has no `{old}`:\n{text}");
        self.write(&path, &text.replace(old, new));
    }

    /// Runs the tool here, to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.finish(&mut self.command(args))
    }

    /// Runs a command made by [`command`](Self::command), to its end.
    pub(crate) fn finish(&self, command: &mut Command) -> Output {
        let output = Output::of(command.output().unwrap(), self);
        let left: Vec<_> = fs::read_dir(self.root.join("tmp")).unwrap().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        output
    }

    /// Begins to run the tool here.
    pub(crate) fn start(&self, args: &[&str]) -> Running<'_> {
        Running::start(self, &mut self.command(args))
    }

    /// Returns the tool's command line, to be changed before it is run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tablewright"));
        command.args(args).current_dir(&self.root).stdin(Stdio::null()).env_clear();
        let home = std::env::home_dir().unwrap();
        for (name, usual) in
            [("PATH", None), ("CARGO_HOME", Some(".cargo")), ("RUSTUP_HOME", Some(".rustup"))]
        {
            let value = std::env::var_os(name).or_else(|| Some(home.join(usual?).into()));
            command.env(name, value.unwrap_or_default());
        }
        command
            .env("HOME", self.root.join("home"))
            .env("TMPDIR", self.root.join("tmp"))
            .env("CARGO_TARGET_DIR", target())
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_TERM_COLOR", "never")
            .env("NO_COLOR", "1")
            // The repository that the tests are in is not that of the project.
            .env("GIT_CEILING_DIRECTORIES", self.root.parent().unwrap())
            // No question to the machine's metadata service, which takes seconds where there is none.
            .env("AWS_EC2_METADATA_DISABLED", "true");
        command
    }
}

/// The folder that all projects are built into. Not the workspace's own: an editor that checks the workspace holds its lock,
/// and every test would wait for it.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/target")
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// What the sample takes from the repository's own manifest.
fn workspace_manifest(repository: &Path) -> String {
    let manifest = fs::read_to_string(repository.join("Cargo.toml")).unwrap();
    let line = |key: &str| {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{key} = ")));
        line.unwrap_or_else(|| panic!("the repository's manifest has no `{key}`")).to_owned()
    };
    format!(
        "[workspace]\nmembers = [\"stacks\"]\nresolver = \"3\"\n\n\
         [workspace.package]\n{}\n{}\n\n\
         [workspace.dependencies]\n{}\ntablewright = {{ path = {repository:?} }}\n\n\
         [profile.dev.package.\"*\"]\ndebug = false\n",
        line("edition"),
        line("rust-version"),
        line("serde"),
    )
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}
