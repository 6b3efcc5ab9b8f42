//! Decides whether the program of the last build is up to date, without running cargo.
//!
//! Running cargo takes 50 ms. Instead, the inputs in cargo's dep-info file are compared by their modification times with the
//! start of the last build. `--fresh` always runs cargo. A copy of the program is kept, as another project that shares the target
//! directory would overwrite it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// The record of the last build.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LastBuild {
    /// Version of the tool that wrote the record; another version may build differently.
    tool: String,
    /// The copy of the program.
    pub(super) program: PathBuf,
    /// The source files of the program.
    sources: Vec<PathBuf>,
    /// Other inputs of the build, with their modification times, as the build itself may write `Cargo.lock`.
    settings: Vec<(PathBuf, SystemTime)>,
    /// Start of the build. A file that was edited during the build is newer than this, although it is older than the program.
    began: SystemTime,
}

impl LastBuild {
    /// Returns the last build if it is up to date.
    pub(super) fn still_good(scratch: &Path) -> Option<Self> {
        let build: Self = serde_json::from_slice(&fs::read(record(scratch)).ok()?).ok()?;
        let unchanged = build.tool == env!("CARGO_PKG_VERSION")
            && build.program.is_file()
            && !build.sources.is_empty()
            // A deleted file makes the build outdated as well.
            && build.sources.iter().all(|path| modified(path).is_ok_and(|at| at < build.began))
            && build.settings.iter().all(|(path, then)| modified(path).is_ok_and(|at| at == *then));
        unchanged.then_some(build)
    }

    /// Copies the program and writes the record of the build.
    pub(super) fn keep(
        scratch: &Path,
        stacks: &Path,
        executable: &Path,
        began: SystemTime,
    ) -> io::Result<Self> {
        let program = scratch.join("program");
        // Renamed, as another process may be executing the last copy.
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

/// Parses the inputs of a dep-info file: `program: input input …`, with spaces in names escaped by `\`.
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

/// Returns other inputs of the build: manifests, lock file and cargo configuration in the directories of the sources and their
/// parents.
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
    fn dep_info_is_parsed_with_spaces_in_names() {
        let text = "/t/debug/stacks: /p/my\\ stacks/main.rs /p/lib.rs\n";
        assert_eq!(inputs(text), ["/p/my stacks/main.rs", "/p/lib.rs"].map(std::path::PathBuf::from));
        assert!(inputs("").is_empty());
    }
}
