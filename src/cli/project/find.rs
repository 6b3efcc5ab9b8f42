//! Finds the project.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use tablewright::{Place, Problem, Stack};

use crate::error::{CommandError, Result};
use crate::project::config::Config;
use crate::project::places::Workspace;

/// A project: the directory of the stacks crate, and its configuration.
#[derive(Debug)]
pub(crate) struct Project {
    /// The directory with the `Cargo.toml` and `main.rs` of the stacks crate.
    pub(crate) stacks: PathBuf,
    /// The configuration in its `tablewright.toml`.
    pub(crate) config: Config,
    /// Where the crate was compiled; set when its program has run.
    pub(super) workspace: OnceCell<Workspace>,
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
        Ok(Self { stacks, config, workspace: OnceCell::new() })
    }

    /// Returns the scratch directory: see [`scratch`](crate::project::scratch).
    pub(crate) fn scratch(&self) -> PathBuf {
        self.root().join(".tablewright")
    }

    /// Sets the places of problems relative to the current directory; the compiler names files relative to its workspace.
    pub(crate) fn show_here(&self, problems: &mut [Problem]) {
        if let Some(workspace) = self.workspace.get() {
            workspace.show_here(problems);
        }
    }

    /// Like [`show_here`](Self::show_here), for the places of a stack whose template is rendered.
    pub(crate) fn show_stack_here(&self, stack: &mut Stack) {
        if let Some(workspace) = self.workspace.get() {
            workspace.show_stack_here(stack);
        }
    }

    /// Returns the line that lists the stacks, relative to the current directory; the configuration while it is not known.
    pub(crate) fn listed_at(&self) -> Place {
        let of_config =
            || Place { file: self.stacks.join("tablewright.toml").display().to_string(), line: 1 };
        self.workspace.get().map_or_else(of_config, Workspace::listed_at)
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
    here.ancestors().find_map(|folder| {
        let below = folder.join("stacks");
        // In the crate itself, which may have another name, or none of its kind beside it.
        let is_itself = || is_stacks(folder) && folder.join("tablewright.toml").is_file();
        if is_stacks(&below) { Some(below) } else { is_itself().then(|| folder.to_owned()) }
    })
}

fn is_stacks(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file()
}
