//! Reads templates from a file, or from a directory in the layout of `render --out`, on disk or in a commit.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use tablewright::render::{Manifest, ManifestStack};
use tablewright_plan::StackSettings;

use crate::error::{CommandError, Result};
use crate::exit::Exit;
use crate::report::printable;
use crate::source::children::children;
use crate::source::git::{Git, Object};
use crate::source::side::Side;
use crate::source::template::Template;

/// The location of files.
#[derive(Debug)]
pub(crate) enum Files<'a> {
    Disk,
    Commit { git: Git<'a>, revision: &'a str },
}

/// Reads the template at a path, or all templates of a directory, or of its subdirectory for the environment if it has one. File
/// names are stack ids. Returns `None` if the path does not exist.
///
/// A mistake in the old side of a comparison is no error, so that it does not stand in the way of its repair.
pub(crate) fn templates(
    files: &Files<'_>,
    path: &str,
    env: Option<&str>,
    is_old: bool,
) -> Result<Option<Side>> {
    let folder = match files.object(path)? {
        None => return Ok(None),
        Some(Object::File) => return Ok(Some(Side::One(Box::new(files.template(path, is_old)?)))),
        Some(Object::Folder) => path.trim_end_matches('/'),
    };
    let of_env = env.map(|env| format!("{folder}/{env}"));
    let folder = match of_env.as_deref() {
        Some(of_env) if files.object(of_env)? == Some(Object::Folder) => of_env,
        Some(_) | None => folder,
    };
    let mut templates = BTreeMap::new();
    for name in files.list(folder)? {
        if let Some(id) = stack_id(&name) {
            // Reports begin lines with it, which a log can take for a command.
            if id.contains(char::is_control) || id.starts_with("::") {
                let shown = printable(&name);
                return Err(CommandError::usage(format!("`{shown}` in {folder} cannot name a stack"))
                    .hint("rename the file after its stack, such as `notes.yaml`"));
            }
            let template = files.template(&format!("{folder}/{name}"), is_old)?;
            if let Some(other) = templates.insert(id.to_owned(), template) {
                let error = CommandError::usage(format!("there are two templates of stack {id} in {folder}"));
                return Err(error.hint(format!("remove {} or {name}", other.name)));
            }
        }
    }
    for stack in files.manifest(folder)? {
        let ManifestStack { id, tags, termination_protection, policy, .. } = stack;
        if let Some(template) = templates.get_mut(&id) {
            let settings = StackSettings { tags, termination_protection, policy, ..StackSettings::default() };
            template.settings = Some(settings);
        }
    }
    Ok(Some(Side::Many(templates)))
}

impl Files<'_> {
    fn object(&self, path: &str) -> Result<Option<Object>> {
        match self {
            Self::Disk => match fs::metadata(path) {
                Ok(found) if found.is_dir() => Ok(Some(Object::Folder)),
                Ok(_) => Ok(Some(Object::File)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unreadable(path, error)),
            },
            Self::Commit { git, .. } => git.object(path),
        }
    }

    /// Returns the stacks of the manifest in a directory; none where there is no manifest that can be read.
    fn manifest(&self, folder: &str) -> Result<Vec<ManifestStack>> {
        let path = format!("{folder}/{}", Manifest::FILE);
        if !self.is_file(&path)? {
            return Ok(Vec::new());
        }
        let bytes = match self {
            Self::Disk => read(&path)?,
            Self::Commit { git, .. } => git.read(&path)?,
        };
        let manifest = Manifest::read(&bytes);
        Ok(manifest.map(|manifest| manifest.stacks).unwrap_or_default())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>> {
        match self {
            Self::Disk => {
                let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
                let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
                names.collect::<io::Result<_>>().map_err(|error| unreadable(folder, error))
            }
            Self::Commit { git, .. } => git.list(folder),
        }
    }

    /// Returns whether a directory has templates of environments, each in a directory of its own.
    pub(super) fn has_environments(&self, folder: &str) -> Result<bool> {
        let folder = folder.trim_end_matches('/');
        for name in self.list(folder)? {
            let below = format!("{folder}/{name}");
            let is_folder = self.object(&below)? == Some(Object::Folder);
            if is_folder && self.list(&below)?.iter().any(|name| stack_id(name).is_some()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn template(&self, path: &str, is_old: bool) -> Result<Template> {
        self.template_below(path, &[], is_old)
    }

    /// Reads a template with those that are nested in it; `above` are the files that led here.
    pub(super) fn template_below(&self, path: &str, above: &[String], is_old: bool) -> Result<Template> {
        let (bytes, name) = match self {
            Self::Disk => (read(path)?, path.to_owned()),
            Self::Commit { git, revision } => (git.read(path)?, format!("{path} at {revision}")),
        };
        let shown = self.shown(path)?;
        let mut template = match is_old {
            true => Template::of_old_file(name, shown, &bytes),
            false => Template::of_file(name, shown, bytes)?,
        };
        let below: Vec<String> = above.iter().cloned().chain([path.to_owned()]).collect();
        template.children = children(self, &template.value, &below, is_old)?;
        // What is wrong with a nested template is told where that of its parent is told.
        for (id, child) in &template.children {
            template.notes.extend(child.notes.iter().cloned());
            template
                .broken
                .extend(child.broken.iter().map(|reason| format!("in nested stack `{id}`, {reason}")));
        }
        Ok(template)
    }

    /// Returns the path of a file from the current directory.
    fn shown(&self, path: &str) -> Result<String> {
        match self {
            Self::Disk => Ok(path.to_owned()),
            Self::Commit { git, .. } => git.shown(path),
        }
    }

    pub(super) fn is_file(&self, path: &str) -> Result<bool> {
        Ok(self.object(path)? == Some(Object::File))
    }
}

/// Reads a file. Returns an error if it is too large for a template.
fn read(path: &str) -> Result<Vec<u8>> {
    let found = fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if found.len() > tablewright_template::MAX_BYTES as u64 {
        return Err(CommandError::usage(format!("{path} has {} bytes", found.len()))
            .hint("CloudFormation accepts templates of up to 1 MB; check that this is the right file"));
    }
    fs::read(path).map_err(|error| unreadable(path, error))
}

fn unreadable(path: &str, error: io::Error) -> CommandError {
    CommandError::new(Exit::Usage, error).context(format!("cannot read {path}"))
}

/// Returns the note about a rendered file whose lines end in CR LF.
pub(crate) fn crlf(file: &str) -> String {
    format!(
        "{file} has CRLF line ends, as git writes them with `core.autocrlf`: put `* text eol=lf` into a .gitattributes beside it, and check it out again"
    )
}

/// Returns the stack id of a template file; `None` for other files.
fn stack_id(name: &str) -> Option<&str> {
    let path = Path::new(name);
    let extension = path.extension()?.to_str()?;
    // `manifest.json` is in the same directory, but not a template.
    let is_template = matches!(extension, "yaml" | "yml" | "json" | "template") && name != "manifest.json";
    is_template.then(|| path.file_stem()?.to_str()).flatten()
}
