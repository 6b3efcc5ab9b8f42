//! The tera templates: built in, and overridden by a user's file of the same name.

use std::path::Path;

use tera::Tera;

use crate::render::Error;
use crate::render::scalar;

const BUILTIN: [(&str, &str); 6] = [
    ("builtin/global-table.yaml", include_str!("../../templates/global-table.yaml")),
    ("builtin/scalable-target.yaml", include_str!("../../templates/scalable-target.yaml")),
    ("builtin/scaling-policy.yaml", include_str!("../../templates/scaling-policy.yaml")),
    ("builtin/ssm-parameter.yaml", include_str!("../../templates/ssm-parameter.yaml")),
    ("builtin/stack.yaml", include_str!("../../templates/stack.yaml")),
    ("builtin/table.yaml", include_str!("../../templates/table.yaml")),
];

/// A set of templates, ready to render.
///
/// The built-in ones are `stack.yaml`, `table.yaml`, `global-table.yaml`, `scalable-target.yaml`, `scaling-policy.yaml`
/// and `ssm-parameter.yaml`. A file of the same name takes the place of one, and may extend it:
/// `{% extends "builtin/table.yaml" %}` with a block `properties`.
pub struct Templates(pub(super) Tera);

impl Templates {
    /// Returns the built-in templates.
    #[must_use]
    pub fn builtin() -> Self {
        Self::with_overrides(std::iter::empty()).expect("the built-in templates are well-formed")
    }

    /// Returns the built-in templates with the `.yaml` files of a folder in their place; a folder that does not exist overrides
    /// nothing.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, is not a template, or has a name that no template has.
    pub fn with_folder(folder: &Path) -> Result<Self, Error> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Unreadable { path, source }
        };
        let mut files = Vec::new();
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::builtin()),
            Err(error) => return Err(unreadable(folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(unreadable(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).map_err(unreadable(&path))?));
            }
        }
        files.sort();
        Self::with_overrides(files)
    }

    fn with_overrides(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let mut tera = Tera::default();
        tera.set_fallback_prefixes(["builtin/"]).expect("no template was added yet");
        // Every string that a template prints is escaped; a template cannot forget it.
        tera.autoescape_on([".yaml"]);
        tera.set_escape_fn(scalar::escape);
        let mut all: Vec<(String, String)> =
            BUILTIN.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        for (name, text) in files {
            if !BUILTIN.iter().any(|(builtin, _)| builtin.strip_prefix("builtin/") == Some(name.as_str())) {
                return Err(Error::UnknownTemplate { name });
            }
            all.push((name, text));
        }
        tera.add_raw_templates(all).map_err(Error::Template)?;
        Ok(Self(tera))
    }
}
