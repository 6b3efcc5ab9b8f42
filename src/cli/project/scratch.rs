//! The scratch directory `.tablewright`: state between runs, which can be deleted at any time.

use std::path::Path;
use std::{fs, io};

/// Creates the directory, with a `.gitignore` that excludes it.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
        Ok(())
    } else {
        fs::write(ignore, "# Made by tablewright; nothing in here is to be kept.\n*\n")
    }
}
