//! Where the state is kept: in memory, or in a file that several processes may share.
//!
//! A file is read, changed and replaced under an exclusive lock on a second file beside it; the new text is renamed into
//! place, so a reader never sees half of it. A file that is not ours is an error that says so, never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::state::{FORMAT, State};

/// Why the state cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The operating system refused.
    #[error("failed to {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// The file is torn, or was written by something else.
    #[error("{} is not a sandbox state file; move it away, or start anew with `tablewright sandbox reset`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with its text.
        source: serde_json::Error,
    },
    /// The file was written by another version.
    #[error(
        "{} has sandbox state format {found}, this version reads {FORMAT}; start anew with `tablewright sandbox reset`",
        path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// The format it names.
        found: u64,
    },
}

/// The keeper of the state.
#[derive(Debug)]
pub(crate) enum Store {
    Memory(Mutex<State>),
    File { path: PathBuf, initial: State },
}

impl Store {
    /// Lets `change` work on the state, and keeps what it did.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        match self {
            // A panic in another thread's test leaves a state that is at worst half a step ahead.
            Self::Memory(state) => Ok(change(&mut state.lock().unwrap_or_else(PoisonError::into_inner))),
            Self::File { path, initial } => with_file(path, initial, change),
        }
    }
}

fn with_file<T>(path: &Path, initial: &State, change: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
    let _lock = lock(path)?;
    let (before, mut state) = match fs::read(path) {
        Ok(bytes) => {
            let state = read(path, &bytes)?;
            (bytes, state)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), initial.clone()),
        Err(source) => return Err(io_error("read", path, source)),
    };
    let result = change(&mut state);
    let after = serde_json::to_vec(&state).expect("the state is plain data with string keys");
    if after != before {
        replace(path, &after)?;
    }
    Ok(result)
}

/// Writes a file of its own beside `path` and renames it into place.
///
/// The state holds parameters that templates mark as secret, so only its owner may read it.
fn replace(path: &Path, text: &[u8]) -> Result<(), StoreError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // What lies under that name was left by a killed process, or is a link that leads elsewhere: neither is written to.
    match fs::remove_file(&beside) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(io_error("remove", &beside, source));
        }
        _ => {}
    }
    private()
        .create_new(true)
        .open(&beside)
        .and_then(|mut file| file.write_all(text))
        .map_err(|source| io_error("write", &beside, source))?;
    fs::rename(&beside, path).map_err(|source| io_error("replace", path, source))
}

/// Opens files for writing; those that it creates are their owner's alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Reads the text of a state file.
fn read(path: &Path, bytes: &[u8]) -> Result<State, StoreError> {
    let foreign = |source| StoreError::Foreign { path: path.to_owned(), source };
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(foreign)?;
    match value.get("tablewright_sandbox").and_then(serde_json::Value::as_u64) {
        Some(found) if found != u64::from(FORMAT) => Err(StoreError::Format { path: path.to_owned(), found }),
        _ => serde_json::from_value(value).map_err(foreign),
    }
}

/// Removes the state file. What is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    let _lock = lock(path)?;
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(io_error("remove", path, source)),
        _ => Ok(()),
    }
}

/// Waits for the lock beside the file; it ends with the handle, also when the process is killed.
fn lock(path: &Path) -> Result<File, StoreError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|source| io_error("create", folder, source))?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let beside = PathBuf::from(beside);
    let file = private()
        .create(true)
        .truncate(false)
        .open(&beside)
        .map_err(|source| io_error("open", &beside, source))?;
    file.lock().map_err(|source| io_error("lock", &beside, source))?;
    Ok(file)
}

fn io_error(what: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { what, path: path.to_owned(), source }
}
