//! The manifest of a directory of rendered templates, for a deployment without Rust and the definitions.
//!
//! A [`Manifest`] has the same bytes on every machine and date, and a digest of all of it, so that a pipeline deploys exactly
//! what was approved. It has no source locations, as they would change with every edit of a comment. No file is read or written
//! here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::program::env::Env;
use crate::render::checksum::sha256;
use crate::render::{Rendered, RenderedText, size};
use crate::stack::Stack;

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// The rendered templates of an environment, in deployment order.
///
/// ```
/// use tablewright::render::{Manifest, Templates, render};
/// use tablewright::{Assembly, Env, Scalar, Stack, Table};
///
/// let env = Env::new("demo", "dev");
/// let assembly = Assembly::new(&env, &[("notes", |_| {
///     let mut stack = Stack::new("notes");
///     stack.table(Table::define("Note").partition("id", Scalar::S));
///     Ok(stack)
/// })]);
/// let rendered = render(&assembly.stacks[0], env.name(), &Templates::builtin())?;
///
/// let manifest = Manifest::new(&env, [(&assembly.stacks[0], &rendered)]);
/// assert_eq!(manifest.stacks[0].file, "notes.yaml");
///
/// // On another machine, with only the directory:
/// let read = Manifest::read(manifest.to_json().as_bytes())?;
/// assert_eq!(read.digest(), manifest.digest());
/// assert_eq!(read.verify("notes.yaml", rendered.text.as_bytes())?.name, "demo-notes-dev");
/// assert!(read.verify("notes.yaml", b"Resources: {}").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The version of tablewright that rendered the templates.
    pub tablewright: String,
    format: u32,
    /// The environment.
    pub environment: ManifestEnv,
    /// The stacks, in deployment order.
    pub stacks: Vec<ManifestStack>,
    digest: String,
}

/// The environment that templates were rendered for.
///
/// See [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestEnv {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub name: String,
    /// Whether the environment is protected.
    pub protected: bool,
    /// The Region, if one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account id, if one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A stack, its template, and its settings outside of the template.
///
/// See [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestStack {
    /// The id of the stack on the command line.
    pub id: String,
    /// `StackName`
    pub name: String,
    /// The file name of the template, in the directory of the manifest.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The size of the file, in bytes.
    pub bytes: usize,
    /// The number of resources.
    pub resources: usize,
    /// Tags of the stack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Termination protection; `None` leaves it unchanged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_protection: Option<bool>,
    /// The stack policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Value>,
}

/// Why a manifest cannot be read.
///
/// See [`Manifest::read`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// It is not JSON, or does not match the format.
    #[error("the manifest is malformed")]
    Malformed(#[source] serde_json::Error),
    /// It has a format that this version does not read.
    #[error("the manifest has format {found}; this version reads format {FORMAT}")]
    Format {
        /// The manifest's format.
        found: u64,
    },
    /// It requires capabilities, in `requires`, that this version does not support. There are none yet.
    #[error("the manifest requires capabilities that this version does not support: {}", words.join(", "))]
    Requires {
        /// The unsupported capabilities.
        words: Vec<String>,
    },
    /// It was edited: the digest does not match.
    #[error("the manifest was changed after it was written: its digest is {found}, but it states {stated}")]
    Edited {
        /// The digest in the manifest.
        stated: String,
        /// The actual digest.
        found: String,
    },
    /// A file is not in the directory of the manifest, or is listed twice.
    #[error("the manifest lists `{file}`, which {why}")]
    File {
        /// The file.
        file: String,
        /// Why it is invalid.
        why: &'static str,
    },
    /// A name has a control character, such as a line break, that no definition can give it. In a log it could pass for a line of its own.
    #[error("the manifest has the name {name:?}, which has a control character")]
    ControlCharacter {
        /// The name of the environment, or the id, the name or the file of a stack.
        name: String,
    },
}

/// Why a file is not the rendered template.
///
/// See [`Manifest::verify`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The manifest does not list the file.
    #[error("the manifest does not list `{file}`")]
    Unknown {
        /// The file.
        file: String,
    },
    /// The file was changed after it was rendered.
    #[error(
        "`{file}` was changed after it was rendered: its SHA-256 is {found}, but the manifest states {stated}"
    )]
    Changed {
        /// The file.
        file: String,
        /// The SHA-256 in the manifest.
        stated: String,
        /// The actual SHA-256.
        found: String,
        /// Whether only line endings differ (`\r\n` for `\n`), as Git on Windows writes them.
        only_line_ends: bool,
    },
}

impl ManifestError {
    /// Returns how to fix the error.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Format { .. } | Self::Requires { .. } => {
                "use the version of tablewright that rendered the templates, or a newer one"
            }
            Self::Malformed(_) | Self::Edited { .. } | Self::File { .. } | Self::ControlCharacter { .. } => {
                "render the templates again with `tablewright render --out DIR`, and have them reviewed"
            }
        }
    }
}

impl VerifyError {
    /// Returns how to fix the error.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Changed { only_line_ends: true, .. } => {
                "only the line endings differ: add `*.yaml text eol=lf` to .gitattributes, so that Git does not change them"
            }
            Self::Changed { only_line_ends: false, .. } | Self::Unknown { .. } => {
                "render the templates again with `tablewright render --out DIR`, and have them reviewed"
            }
        }
    }
}

impl ManifestStack {
    /// Creates the entry of a stack, with the template that was rendered from it.
    ///
    /// ```
    /// use tablewright::render::{Manifest, ManifestStack, Templates, render};
    /// use tablewright::{Assembly, Env, Scalar, Stack, Table};
    ///
    /// let env = Env::new("demo", "dev");
    /// # let assembly = Assembly::new(&env, &[("notes", |_| {
    /// #     let mut stack = Stack::new("notes");
    /// #     stack.table(Table::define("Note").partition("id", Scalar::S));
    /// #     Ok(stack)
    /// # })]);
    /// let stack = &assembly.stacks[0];
    /// let rendered = render(stack, env.name(), &Templates::builtin())?;
    /// let entry = ManifestStack::new(&env, stack, &rendered);
    /// assert_eq!(entry.bytes, rendered.text.len());
    /// assert_eq!(Manifest::of_stacks(&env, vec![entry]), Manifest::new(&env, [(stack, &rendered)]));
    /// # Ok::<(), tablewright::render::Error>(())
    /// ```
    #[must_use]
    pub fn new(env: &Env, stack: &Stack, rendered: &Rendered) -> Self {
        Self::of(env, stack, &rendered.text, size::count(&rendered.template, "Resources"))
    }

    /// Creates the entry of a stack, like [`new`](Self::new), with the text of its template.
    #[must_use]
    pub fn of_text(env: &Env, stack: &Stack, rendered: &RenderedText) -> Self {
        Self::of(env, stack, &rendered.text, rendered.size.resources)
    }

    fn of(env: &Env, stack: &Stack, text: &str, resources: usize) -> Self {
        Self {
            id: stack.id.clone(),
            name: stack.name.clone().unwrap_or_else(|| env.stack_name(&stack.id)),
            file: format!("{}.yaml", stack.id),
            sha256: sha256(text.as_bytes()),
            bytes: text.len(),
            resources,
            tags: stack.tags.clone(),
            termination_protection: stack.termination_protection,
            policy: stack.policy.as_ref().map(sorted),
        }
    }
}

impl Manifest {
    /// The file name of a manifest.
    pub const FILE: &str = "manifest.json";

    /// Creates the manifest of an environment from its stacks and templates.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn new<'a>(env: &Env, stacks: impl IntoIterator<Item = (&'a Stack, &'a Rendered)>) -> Self {
        let stacks = stacks.into_iter().map(|(stack, rendered)| ManifestStack::new(env, stack, rendered));
        Self::of_stacks(env, stacks.collect())
    }

    /// Creates the manifest of an environment from the entries of its stacks, so that templates can be dropped after each is
    /// rendered.
    ///
    /// See [`ManifestStack::new`].
    #[must_use]
    pub fn of_stacks(env: &Env, stacks: Vec<ManifestStack>) -> Self {
        let mut manifest = Self {
            tablewright: env!("CARGO_PKG_VERSION").to_owned(),
            format: FORMAT,
            environment: ManifestEnv {
                project: env.project().to_owned(),
                name: env.name().to_owned(),
                protected: env.protected(),
                region: env.region().map(str::to_owned),
                account: env.account().map(str::to_owned),
            },
            stacks,
            digest: String::new(),
        };
        manifest.digest = digest(&manifest.as_value());
        manifest
    }

    /// Reads a manifest.
    ///
    /// See [`Manifest`].
    ///
    /// # Errors
    ///
    /// Returns a [`ManifestError`] if it is malformed, was edited, or has another format.
    pub fn read(json: &[u8]) -> Result<Self, ManifestError> {
        let value: Value = serde_json::from_slice(json).map_err(ManifestError::Malformed)?;
        // Checked first: a manifest of another format must not be reported as malformed.
        if let Some(found) = value["format"].as_u64().filter(|found| *found != u64::from(FORMAT)) {
            return Err(ManifestError::Format { found });
        }
        let words: Vec<String> = value["requires"].as_array().into_iter().flatten().map(word).collect();
        if !words.is_empty() {
            return Err(ManifestError::Requires { words });
        }
        // The digest includes fields that this version does not know.
        let found = digest(&value);
        let manifest: Self = serde_json::from_value(value).map_err(ManifestError::Malformed)?;
        if manifest.digest != found {
            return Err(ManifestError::Edited { stated: manifest.digest, found });
        }
        let of_stacks = manifest.stacks.iter().flat_map(|stack| [&stack.id, &stack.name, &stack.file]);
        if let Some(name) =
            of_stacks.chain([&manifest.environment.name]).find(|name| name.contains(char::is_control))
        {
            return Err(ManifestError::ControlCharacter { name: name.clone() });
        }
        let mut files = BTreeSet::new();
        for ManifestStack { file, .. } in &manifest.stacks {
            let is_beside =
                !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', ':', '\0']);
            let why = if !is_beside { "is not in the same directory" } else { "is listed twice" };
            if !is_beside || !files.insert(file) {
                return Err(ManifestError::File { file: file.clone(), why });
            }
        }
        Ok(manifest)
    }

    /// Returns the manifest as JSON with one value per line: the same bytes for the same manifest.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("every key is a string") + "\n"
    }

    /// Returns the digest of the manifest, which covers all templates by their checksums.
    ///
    /// It is `sha256:` and the SHA-256, in hexadecimal, of the manifest as JSON without `digest`, without white space, and with
    /// the keys of every object sorted by code points.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the stack of a template, if the bytes of the file match the manifest.
    ///
    /// See [`Manifest`].
    ///
    /// # Errors
    ///
    /// Returns a [`VerifyError`] if the file was changed, or if the manifest does not list it.
    pub fn verify(&self, file: &str, bytes: &[u8]) -> Result<&ManifestStack, VerifyError> {
        let stack = self.stacks.iter().find(|stack| stack.file == file);
        let stack = stack.ok_or_else(|| VerifyError::Unknown { file: file.to_owned() })?;
        let found = sha256(bytes);
        if found == stack.sha256 {
            return Ok(stack);
        }
        let unix = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let only_line_ends = sha256(unix.as_bytes()) == stack.sha256;
        Err(VerifyError::Changed {
            file: file.to_owned(),
            stated: stack.sha256.clone(),
            found,
            only_line_ends,
        })
    }

    fn as_value(&self) -> Value {
        serde_json::to_value(self).expect("every key is a string")
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn digest(manifest: &Value) -> String {
    let mut manifest = sorted(manifest);
    if let Value::Object(entries) = &mut manifest {
        entries.remove("digest");
    }
    format!("sha256:{}", sha256(manifest.to_string().as_bytes()))
}

/// Returns the value with the keys of every object sorted. A map of `serde_json` is sorted only if no crate of the program
/// enables its feature `preserve_order`.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let entries: BTreeMap<_, _> =
                entries.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => value.clone(),
    }
}
