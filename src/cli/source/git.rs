//! Reads committed files with the user's `git`.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::anyhow;

use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// A commit, and a directory of its repository.
#[derive(Debug)]
pub(crate) struct Git<'a> {
    folder: &'a Path,
    revision: &'a str,
}

/// The type of a path in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    File,
    Folder,
}

impl<'a> Git<'a> {
    /// Looks up a revision. Paths are relative to the root of the repository.
    pub(crate) fn at(folder: &'a Path, revision: &'a str) -> Result<Self> {
        let git = Self { folder, revision };
        // `^{commit}`, so that the hash of a file is not accepted.
        let found = git.run(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
        if found.status.success() {
            return Ok(git);
        }
        if !git.run(&["rev-parse", "--git-dir"])?.status.success() {
            return Err(CommandError::usage(format!(
                "`{revision}` is not a file, and {} is not in a git repository",
                folder.display()
            ))
            .hint("a source is `definitions`, `deployed`, a file, a directory or a git revision"));
        }
        let mut error = CommandError::usage(format!("`{revision}` is neither a file nor a git revision"))
            .hint("a source is `definitions`, `deployed`, a file, a directory or a git revision");
        if git.run(&["rev-parse", "--is-shallow-repository"])?.stdout.starts_with(b"true") {
            error = error.hint(format!(
                "the repository is a shallow clone; fetch the revision, for example with `git fetch origin {revision}`, or `fetch-depth: 0` for actions/checkout"
            ));
        }
        Err(error)
    }

    /// Converts a path relative to the directory to one relative to the root of the repository.
    pub(crate) fn rooted(&self, path: &str) -> Result<String> {
        Ok(format!("{}{path}", self.text(&["rev-parse", "--show-prefix"])?.trim_end()))
    }

    /// Returns the type of a path in the commit, or `None` if it does not exist.
    pub(super) fn object(&self, path: &str) -> Result<Option<Object>> {
        let output = self.run(&["cat-file", "-t", &self.name(path)])?;
        Ok(match output.stdout.trim_ascii() {
            b"blob" => Some(Object::File),
            b"tree" => Some(Object::Folder),
            _ => None,
        })
    }

    /// Lists the names in a directory of the commit.
    pub(super) fn list(&self, path: &str) -> Result<Vec<String>> {
        let output = self.text(&["ls-tree", "-z", "--name-only", "--full-tree", &self.name(path)])?;
        Ok(output.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Reads a file of the commit.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        self.checked(&["show", &self.name(path)])
    }

    fn name(&self, path: &str) -> String {
        format!("{}:{}", self.revision, path.trim_end_matches('/'))
    }

    fn text(&self, args: &[&str]) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.checked(args)?).into_owned())
    }

    fn checked(&self, args: &[&str]) -> Result<Vec<u8>> {
        let output = self.run(args)?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(CommandError::new(Exit::Internal, anyhow!("{words}"))
                .context(format!("`git {}` failed", args.join(" "))));
        }
        Ok(output.stdout)
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        Command::new("git").arg("-C").arg(self.folder).args(args).output().map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => "install git, or compare with a file instead of a revision",
                _ => "check that git can be run",
            };
            CommandError::new(Exit::Access, error).context("cannot run `git`").hint(hint)
        })
    }
}
