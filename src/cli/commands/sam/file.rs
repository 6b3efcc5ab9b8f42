//! Reads the user's template file, and replaces it atomically.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::anyhow;

use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// The path and content of a file.
pub(super) struct TemplateFile {
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl TemplateFile {
    /// Reads a file that is to be replaced later. Returns an error if it is a symbolic link or too large for a template.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let unreadable =
            |error| CommandError::new(Exit::Usage, error).context(format!("cannot read {}", path.display()));
        let found = fs::symlink_metadata(path).map_err(unreadable)?;
        if found.is_symlink() {
            let target = fs::read_link(path).map_err(unreadable)?;
            return Err(CommandError::usage(format!("{} is a link to {}", path.display(), target.display()))
                .hint("name the file itself: a link would be replaced by a file"));
        }
        if found.len() > tablewright_template::MAX_BYTES as u64 {
            return Err(CommandError::usage(format!("{} has {} bytes", path.display(), found.len()))
                .hint("CloudFormation accepts templates of up to 1 MB; check that this is the right file"));
        }
        Ok(Self { path: path.to_owned(), bytes: fs::read(path).map_err(unreadable)? })
    }

    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Replaces the file atomically and keeps its permissions. Returns an error if it was changed since it was read.
    pub(super) fn replace(&self, text: &str) -> Result<()> {
        let failed = |error: io::Error| {
            CommandError::new(Exit::Internal, error).context(format!("cannot write {}", self.path.display()))
        };
        let permissions = fs::metadata(&self.path).map_err(failed)?.permissions();
        if permissions.readonly() {
            return Err(CommandError::usage(format!("{} is read-only", self.path.display()))
                .hint("make it writable, if it is meant to be changed"));
        }
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = self.path.with_file_name(format!(".{name}.unfinished"));
        let written = fs::write(&unfinished, text)
            .and_then(|()| fs::set_permissions(&unfinished, permissions))
            .and_then(|()| fs::read(&self.path))
            .and_then(|now| {
                if now != self.bytes {
                    return Ok(false);
                }
                fs::rename(&unfinished, &self.path).map(|()| true)
            });
        match written {
            Ok(true) => Ok(()),
            Ok(false) => {
                let _ = fs::remove_file(&unfinished);
                Err(CommandError::new(
                    Exit::Refused,
                    anyhow!("{} was modified by another process; it was not written", self.path.display()),
                )
                .hint("run the same command again"))
            }
            Err(error) => {
                let _ = fs::remove_file(&unfinished);
                Err(failed(error))
            }
        }
    }
}
