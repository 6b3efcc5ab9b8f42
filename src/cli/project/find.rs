//! Where the project is.

use std::path::{Path, PathBuf};

use crate::error::{CommandError, Result};
use crate::project::config::Config;

/// A project: the folder of the `stacks` crate and what its configuration says.
#[derive(Debug)]
pub(crate) struct Project {
    /// The folder with the `Cargo.toml` and `main.rs` of the stacks.
    pub(crate) stacks: PathBuf,
    /// `tablewright.toml` in it.
    pub(crate) config: Config,
}

impl Project {
    /// Finds the project: `--stacks DIR`, else `stacks/` here or in a folder above.
    pub(crate) fn find(stacks: Option<&Path>, here: &Path) -> Result<Self> {
        let stacks = match stacks {
            // Whole, since the program runs in another folder, and is itself found by way of this one.
            Some(folder) if is_stacks(folder) => here.join(folder),
            Some(folder) => {
                return Err(CommandError::usage(format!("{} has no Cargo.toml", folder.display()))
                    .hint("`--stacks` names the folder of the crate that makes the stacks"));
            }
            None => nearest(here).ok_or_else(|| {
                CommandError::usage(format!("no stacks crate: there is no stacks/Cargo.toml in {} or above", here.display()))
                    .hint("run it inside a project, or name the crate's folder with `--stacks DIR`")
                    .hint("a new project copies the folder `stacks` of tablewright's own repository; the README shows it")
            })?,
        };
        let config = Config::read(&stacks.join("tablewright.toml"))?;
        Ok(Self { stacks, config })
    }

    /// Returns the folder where the tool keeps what it may lose: the record of the last build, the sandbox.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root().join(".tablewright")
    }

    /// Returns the folder that the stacks crate is in: the project's root.
    pub(crate) fn root(&self) -> &Path {
        match self.stacks.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

fn nearest(here: &Path) -> Option<PathBuf> {
    here.ancestors().map(|folder| folder.join("stacks")).find(|folder| is_stacks(folder)).or_else(|| {
        // Inside the crate itself, where it has another name or stands alone.
        here.ancestors()
            .find(|folder| is_stacks(folder) && folder.join("tablewright.toml").is_file())
            .map(Path::to_owned)
    })
}

fn is_stacks(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}
