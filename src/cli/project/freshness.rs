//! Whether the program that was built last is still what a build would make.
//!
//! Asking cargo costs it 50 ms, every time. Cargo writes down what a program is made of (dep-info); where none of that is
//! newer than the start of the last build, the program is run at once. `--fresh` asks cargo all the same.
//! The program is kept as a copy: two projects may share a target folder, and the next build there, of the other one, puts
//! its own program in the same place.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// The last build: what was made, of what, and when.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LastBuild {
    /// The tool that wrote this: another one may build otherwise.
    tool: String,
    /// The copy of the program.
    pub(super) program: PathBuf,
    /// What the program was made of.
    sources: Vec<PathBuf>,
    /// What else decides about it, each with the time of its last change: the build itself may write `Cargo.lock`.
    settings: Vec<(PathBuf, SystemTime)>,
    /// When the build began. A file edited while it ran is newer than this, though older than the program.
    began: SystemTime,
}

impl LastBuild {
    /// Returns the recorded build if its program is still what a build would make.
    pub(super) fn still_good(scratch: &Path) -> Option<Self> {
        let build: Self = serde_json::from_slice(&fs::read(record(scratch)).ok()?).ok()?;
        let unchanged = build.tool == env!("CARGO_PKG_VERSION")
            && build.program.is_file()
            && !build.sources.is_empty()
            // A file that is gone makes the build stale as well.
            && build.sources.iter().all(|path| modified(path).is_ok_and(|at| at < build.began))
            && build.settings.iter().all(|(path, then)| modified(path).is_ok_and(|at| at == *then));
        unchanged.then_some(build)
    }

    /// Keeps a copy of the program and writes down what it was made of.
    pub(super) fn keep(
        scratch: &Path,
        stacks: &Path,
        executable: &Path,
        began: SystemTime,
    ) -> io::Result<Self> {
        let program = scratch.join("program");
        // Another run may be executing the last copy; a new file in its place leaves that alone.
        let unfinished = scratch.join(format!("program-{}", std::process::id()));
        fs::copy(executable, &unfinished)?;
        fs::rename(&unfinished, &program)?;
        let sources = inputs(&fs::read_to_string(executable.with_extension("d"))?);
        let settings = settings(stacks, &sources);
        let settings = settings
            .into_iter()
            .map(|path| Ok((path.clone(), modified(&path)?)))
            .collect::<io::Result<_>>()?;
        let build = Self { tool: env!("CARGO_PKG_VERSION").to_owned(), program, sources, settings, began };
        fs::write(record(scratch), serde_json::to_vec(&build)?)?;
        Ok(build)
    }
}

fn modified(path: &Path) -> io::Result<SystemTime> {
    fs::metadata(path)?.modified()
}

fn record(scratch: &Path) -> PathBuf {
    scratch.join("last-build.json")
}

/// Reads the inputs of a dep-info file: `program: input input …`, with blanks in names escaped by `\`.
fn inputs(dep_info: &str) -> Vec<PathBuf> {
    let Some((_, inputs)) = dep_info.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let mut paths = vec![String::new()];
    let mut chars = inputs.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&' ') => paths.last_mut().expect("never empty").extend(chars.next()),
            ' ' => paths.push(String::new()),
            c => paths.last_mut().expect("never empty").push(c),
        }
    }
    paths.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect()
}

/// Returns the files that decide about a build without being sources: manifests, the lock file and cargo's configuration in
/// the folders of the sources and above.
fn settings(stacks: &Path, sources: &[PathBuf]) -> Vec<PathBuf> {
    const NAMES: [&str; 7] = [
        "Cargo.toml",
        "Cargo.lock",
        ".cargo/config.toml",
        ".cargo/config",
        "rust-toolchain.toml",
        "rust-toolchain",
        // Which variables of the environment a build gets.
        "tablewright.toml",
    ];
    let stacks = stacks.canonicalize().unwrap_or_else(|_| stacks.to_owned());
    let mut folders: Vec<&Path> = stacks.ancestors().collect();
    for source in sources {
        for folder in source.ancestors().skip(1) {
            if folders.contains(&folder) {
                break;
            }
            folders.push(folder);
        }
    }
    let candidates = folders.iter().flat_map(|folder| NAMES.map(|name| folder.join(name)));
    candidates.filter(|path| path.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::inputs;

    #[test]
    fn dep_info_is_read_with_blanks_in_names() {
        let text = "/t/debug/stacks: /p/my\\ stacks/main.rs /p/lib.rs\n";
        assert_eq!(inputs(text), ["/p/my stacks/main.rs", "/p/lib.rs"].map(std::path::PathBuf::from));
        assert!(inputs("").is_empty());
    }
}
