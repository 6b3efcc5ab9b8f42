//! Reads committed files with the user's `git`.

use std::io;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::anyhow;

use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::project::from_here;
use crate::source::children::beside;

/// A commit, and a directory of its repository.
#[derive(Debug)]
pub(crate) struct Git<'a> {
    folder: &'a Path,
    revision: String,
}

/// The type of a path in a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Object {
    File,
    Folder,
}

/// Returns whether the repository of the current directory has a commit of this name.
pub(super) fn is_revision(name: &str) -> bool {
    let git = Git { folder: Path::new("."), revision: String::new() };
    let found =
        git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
    found.is_ok_and(|found| found.status.success())
}

/// How many links a path may lead through.
const MOST_LINKS: usize = 10;

impl<'a> Git<'a> {
    /// Looks up a revision. Paths are relative to the root of the repository. `A...B` is the merge base of the two, as `git diff` and a
    /// pull request mean it: what came to A since is no change of B.
    pub(crate) fn at(folder: &'a Path, revision: &str) -> Result<Self> {
        let Some((base, tip)) = revision.split_once("...") else { return Self::found(folder, revision) };
        if base.is_empty() {
            // `${BASE}...HEAD` with a variable that is not set would compare HEAD with itself.
            return Err(CommandError::usage(format!("`{revision}` names no base")).hint(SOURCES));
        }
        let or_head =
            |revision: &str| if revision.is_empty() { "HEAD".to_owned() } else { revision.to_owned() };
        let (base, tip) = (Self::found(folder, &or_head(base))?, Self::found(folder, &or_head(tip))?);
        let merge_base = base.run(&["merge-base", &base.revision, &tip.revision])?;
        if merge_base.status.success() {
            let revision = String::from_utf8_lossy(&merge_base.stdout).trim().to_owned();
            return Ok(Self { revision, ..base });
        }
        // Without a common ancestor, git says nothing.
        if !merge_base.stderr.is_empty() {
            return Err(refused("merge-base", &merge_base));
        }
        let error = CommandError::usage(format!(
            "`{}` and `{}` have no common ancestor in this repository",
            base.revision, tip.revision
        ));
        Err(if base.is_shallow()? { error.hint(FETCH_THE_REST) } else { error })
    }

    fn found(folder: &'a Path, revision: &str) -> Result<Self> {
        let git = Self { folder, revision: revision.to_owned() };
        // `^{commit}`, so that the hash of a file is not accepted.
        let found = git.run(&["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])?;
        if found.status.success() {
            return Ok(git);
        }
        let repository = git.run(&["rev-parse", "--git-dir"])?;
        if !repository.status.success() {
            let words = String::from_utf8_lossy(&repository.stderr);
            return Err(if words.contains("not a git repository") {
                CommandError::usage(format!(
                    "`{revision}` is not a file, and {} is not in a git repository",
                    folder.display()
                ))
                .hint(SOURCES)
            } else {
                refused("rev-parse", &repository)
            });
        }
        if !found.stderr.is_empty() {
            return Err(refused("rev-parse", &found).context(format!("git cannot tell what `{revision}` is")));
        }
        let error =
            CommandError::usage(format!("`{revision}` is neither a file nor a git revision")).hint(SOURCES);
        if git.is_shallow()? {
            return Err(error.hint(FETCH_THE_REST));
        }
        Err(match revision.strip_prefix("origin/") {
            // A clone of a single branch has no other.
            Some(branch) => error.hint(format!(
                "if {branch} is a branch of the remote repository: `git fetch origin {branch}:refs/remotes/{revision}`"
            )),
            None => error,
        })
    }

    fn is_shallow(&self) -> Result<bool> {
        Ok(self.run(&["rev-parse", "--is-shallow-repository"])?.stdout.starts_with(b"true"))
    }

    /// Converts a path relative to the directory to one relative to the root of the repository.
    pub(crate) fn rooted(&self, path: &str) -> Result<String> {
        let prefix = self.text(&["rev-parse", "--show-prefix"])?;
        let rooted = format!("{}{path}", prefix.trim_end());
        Ok(beside("", &rooted).unwrap_or(rooted))
    }

    /// Converts a path relative to the root of the repository to one relative to the current directory.
    pub(super) fn shown(&self, path: &str) -> Result<String> {
        let root = self.text(&["rev-parse", "--show-cdup"])?;
        let root = self.folder.join(root.trim_end());
        Ok(from_here(&root.canonicalize().unwrap_or(root).join(path)))
    }

    /// Returns the type of a path in the commit, or `None` if it does not exist.
    pub(super) fn object(&self, path: &str) -> Result<Option<Object>> {
        let output = self.run(&["cat-file", "-t", &self.name(path)])?;
        let words = String::from_utf8_lossy(&output.stderr);
        let is_missing = ["does not exist", "exists on disk, but not in", "Not a valid object name"];
        match output.stdout.trim_ascii() {
            b"blob" => Ok(Some(Object::File)),
            b"tree" => Ok(Some(Object::Folder)),
            // A submodule, whose commit is in another repository.
            _ if output.status.success() || is_missing.iter().any(|text| words.contains(text)) => Ok(None),
            // Such as an object that a partial clone cannot fetch.
            _ => Err(refused("cat-file", &output)),
        }
    }

    /// Lists the names in a directory of the commit.
    pub(super) fn list(&self, path: &str) -> Result<Vec<String>> {
        let output = self.text(&["ls-tree", "-z", "--name-only", "--full-tree", &self.name(path)])?;
        Ok(output.split('\0').filter(|name| !name.is_empty()).map(str::to_owned).collect())
    }

    /// Reads a file of the commit; a symbolic link as the file that it leads to.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            let bytes = self.checked(&["show", &self.name(&path)])?;
            // A link is the path that it leads to, in one line.
            if bytes.contains(&b'\n') || !self.is_link(&path)? {
                return Ok(bytes);
            }
            let target = String::from_utf8_lossy(&bytes).into_owned();
            path = beside(&path, &target).filter(|path| !path.starts_with("..")).ok_or_else(|| {
                CommandError::usage(format!(
                    "{path} at {} is a symbolic link out of the repository",
                    self.revision
                ))
            })?;
        }
        Err(CommandError::usage(format!("{path} at {} leads through too many symbolic links", self.revision)))
    }

    fn is_link(&self, path: &str) -> Result<bool> {
        Ok(self.text(&["ls-tree", "--full-tree", &self.revision, "--", path])?.starts_with("120000 "))
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
            return Err(refused(args[0], &output));
        }
        Ok(output.stdout)
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        // In English, since some refusals are told apart by their words.
        let mut git = Command::new("git");
        git.arg("-C").arg(self.folder).args(args).env("LC_ALL", "C");
        git.output().map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => "install git, or compare with a file instead of a revision",
                _ => "check that git can be run",
            };
            CommandError::new(Exit::Access, error).context("cannot run `git`").hint(hint)
        })
    }
}

const SOURCES: &str = "a source is `definitions`, `deployed`, a file, a directory or a git revision";

/// With the branches, since a shallow clone has often only one.
const FETCH_THE_REST: &str = "the repository is a shallow clone; fetch the rest by `git fetch --unshallow --tags origin '+refs/heads/*:refs/remotes/origin/*'`, or have all cloned: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab CI";

/// Returns what git said, as it is, with the setting that helps.
fn refused(command: &str, output: &Output) -> CommandError {
    let words = String::from_utf8_lossy(&output.stderr);
    let mut lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("git said nothing");
    // git ends its refusal of a repository of another user with the command that allows it.
    let setting = lines.find(|line| line.starts_with("git config"));
    let error =
        CommandError::new(Exit::Access, anyhow!("{first}")).context(format!("`git {command}` failed"));
    match setting {
        Some(setting) => error.hint(format!("if you trust the repository: `{setting}`")),
        None => error,
    }
}
