//! Files as they were committed, read with the `git` that the user has.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::anyhow;

use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// A commit, seen from a folder of its repository.
#[derive(Debug)]
pub(crate) struct Git<'a> {
    folder: &'a Path,
    revision: &'a str,
}

/// What a path is in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    File,
    Folder,
}

impl<'a> Git<'a> {
    /// Finds a revision. Paths are then read from the root of the repository.
    pub(crate) fn at(folder: &'a Path, revision: &'a str) -> Result<Self> {
        let git = Self { folder, revision };
        // `^{commit}`: a tag or a branch, and not the hash of some file.
        let found = git.run(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
        if found.status.success() {
            return Ok(git);
        }
        if !git.run(&["rev-parse", "--git-dir"])?.status.success() {
            return Err(CommandError::usage(format!(
                "`{revision}` is no file, and {} is in no git repository",
                folder.display()
            ))
            .hint("a source is `definitions`, `deployed`, a file, a folder or a git revision"));
        }
        let mut error =
            CommandError::usage(format!("`{revision}` is neither a file nor a revision that git knows"))
                .hint("a source is `definitions`, `deployed`, a file, a folder or a git revision");
        if git.run(&["rev-parse", "--is-shallow-repository"])?.stdout.starts_with(b"true") {
            error = error.hint(format!(
                "the repository holds a part of its history only; fetch the rest, such as by `git fetch origin {revision}`, or `fetch-depth: 0` for actions/checkout"
            ));
        }
        Err(error)
    }

    /// Returns the path, from the root of the repository, of something in the folder.
    pub(crate) fn rooted(&self, path: &str) -> Result<String> {
        Ok(format!("{}{path}", self.text(&["rev-parse", "--show-prefix"])?.trim_end()))
    }

    /// Returns what a path is in the commit, or `None` where there is nothing.
    pub(super) fn object(&self, path: &str) -> Result<Option<Object>> {
        let output = self.run(&["cat-file", "-t", &self.name(path)])?;
        Ok(match output.stdout.trim_ascii() {
            b"blob" => Some(Object::File),
            b"tree" => Some(Object::Folder),
            _ => None,
        })
    }

    /// Lists the names in a folder of the commit.
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
                _ => "check that git can be run here",
            };
            CommandError::new(Exit::Access, error).context("cannot run `git`").hint(hint)
        })
    }
}
