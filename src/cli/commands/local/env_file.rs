//! The file for `sam local --env-vars`, which may have other entries than table names.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::{Value as Json, json};

use crate::commands::render::write_whole;
use crate::error::{CommandError, Result};
use crate::exit::Exit;

/// The path and content of the file.
pub(super) struct EnvFile {
    pub(super) path: PathBuf,
    text: Option<String>,
    found: Json,
}

impl EnvFile {
    /// Reads the file, if it exists.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let text = match fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                return Err(CommandError::new(Exit::Usage, error).context(format!("cannot read {shown}")));
            }
        };
        let strange = |error: CommandError| {
            error
                .context(format!("cannot update {shown}: it is not a file for `sam local --env-vars`"))
                .hint("use another file, or delete it")
        };
        let found: Json = serde_json::from_str(text.as_deref().unwrap_or("{}"))
            .map_err(|error| strange(CommandError::new(Exit::Usage, error)))?;
        let is_object = |value: &Json| value.is_object();
        if !is_object(&found) || !found.get("Parameters").is_none_or(is_object) {
            return Err(strange(CommandError::usage("`Parameters` is not an object in an object")));
        }
        Ok(Self { path: path.to_owned(), text, found })
    }

    /// Merges `Parameters` of `names` into the file and replaces it atomically; returns whether it changed.
    pub(super) fn write(&self, names: &Json) -> Result<bool> {
        let mut wanted = self.found.clone();
        if wanted.get("Parameters").is_none() {
            wanted["Parameters"] = json!({});
        }
        for (name, value) in names["Parameters"].as_object().into_iter().flatten() {
            wanted["Parameters"][name] = value.clone();
        }
        if self.text.is_some() && wanted == self.found {
            return Ok(false);
        }
        write_whole(&self.path, &format!("{wanted:#}\n")).map_err(|error| {
            CommandError::new(Exit::Internal, error).context(format!("cannot write {}", self.path.display()))
        })?;
        Ok(true)
    }
}
