//! The folder `.tablewright`: what the tool keeps between runs; it can be deleted at any time.

use std::path::Path;
use std::{fs, io};

/// Makes the folder, with a `.gitignore` in it, so that it is never committed.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if ignore.exists() {
        Ok(())
    } else {
        fs::write(ignore, "# Made by tablewright; nothing in here is to be kept.\n*\n")
    }
}
