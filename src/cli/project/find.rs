//! Finds the project.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, Result};
use crate::project::config::Config;

/// A project: the directory of the stacks crate, and its configuration.
#[derive(Debug)]
pub(crate) struct Project {
    /// The directory with the `Cargo.toml` and `main.rs` of the stacks crate.
    pub(crate) stacks: PathBuf,
    /// The configuration in its `tablewright.toml`.
    pub(crate) config: Config,
}

impl Project {
    /// Finds the project: `--stacks DIR`, else `stacks/` in `here` or a parent directory.
    pub(crate) fn find(stacks: Option<&Path>, here: &Path) -> Result<Self> {
        let stacks = match stacks {
            // Absolute, as the program runs in another directory.
            Some(folder) if is_stacks(folder) => here.join(folder),
            Some(folder) => {
                return Err(CommandError::usage(format!("{} has no Cargo.toml", folder.display()))
                    .hint("`--stacks` must be the directory of the stacks crate"));
            }
            None => nearest(here).ok_or_else(|| {
                CommandError::usage(format!("no stacks crate: stacks/Cargo.toml not found in {} or a parent directory", here.display()))
                    .hint("run the command in a project, or pass the directory of the crate with `--stacks DIR`")
                    .hint("to create a project, copy the directory `stacks` of the tablewright repository; see the README")
            })?,
        };
        let config = Config::read(&stacks.join("tablewright.toml"))?;
        Ok(Self { stacks, config })
    }

    /// Returns the scratch directory: see [`scratch`](crate::project::scratch).
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root().join(".tablewright")
    }

    /// Returns the root of the project, the parent directory of the stacks crate.
    pub(crate) fn root(&self) -> &Path {
        match self.stacks.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

fn nearest(here: &Path) -> Option<PathBuf> {
    here.ancestors().map(|folder| folder.join("stacks")).find(|folder| is_stacks(folder)).or_else(|| {
        // In the crate itself, if it has another name or no parent project.
        here.ancestors()
            .find(|folder| is_stacks(folder) && folder.join("tablewright.toml").is_file())
            .map(Path::to_owned)
    })
}

fn is_stacks(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}
