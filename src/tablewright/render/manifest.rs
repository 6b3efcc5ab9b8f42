//! What a folder of rendered templates holds, for a deployment that has neither Rust nor the definitions.
//!
//! In: an environment, its stacks and their templates; or the bytes of a `manifest.json`. Out: a [`Manifest`], the same bytes
//! on every machine and day, with one digest over all of it: what a pipeline approves is what it deploys. No line numbers:
//! every edit of a comment would move them. It reads and writes no file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::program::env::Env;
use crate::render::Rendered;
use crate::render::checksum::sha256;
use crate::stack::Stack;

/// The format that this version writes.
const FORMAT: u32 = 1;

/// The rendered templates of one environment, in the order in which they are deployed.
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
/// // Elsewhere, with nothing but the folder:
/// let read = Manifest::read(manifest.to_json().as_bytes())?;
/// assert_eq!(read.digest(), manifest.digest());
/// assert_eq!(read.verify("notes.yaml", rendered.text.as_bytes())?.name, "demo-notes-dev");
/// assert!(read.verify("notes.yaml", b"Resources: {}").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Manifest {
    /// The version that rendered the templates.
    pub tablewright: String,
    format: u32,
    /// The environment.
    pub environment: ManifestEnv,
    /// The stacks, in the order in which they are deployed.
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
    /// Whether its tables hold data that people need.
    pub protected: bool,
    /// The region, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// A stack, its template, and what is set beside the template.
///
/// See [`Manifest`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestStack {
    /// What the command line calls it.
    pub id: String,
    /// `StackName`
    pub name: String,
    /// The template's file, in the folder of the manifest.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// How long the file is.
    pub bytes: usize,
    /// How many resources it has.
    pub resources: usize,
    /// Tags of the stack.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Termination protection; `None` leaves it as it is.
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
    /// It is not JSON, or not of our form.
    #[error("the manifest is malformed")]
    Malformed(#[source] serde_json::Error),
    /// Its format is not the one that this version reads.
    #[error("the manifest has format {found}, and this version reads format {FORMAT}")]
    Format {
        /// The manifest's format.
        found: u64,
    },
    /// It lists under `requires` what a reader must understand and must not ignore. This version knows no such words.
    #[error("the manifest requires what this version does not understand: {}", words.join(", "))]
    Requires {
        /// The words not understood.
        words: Vec<String>,
    },
    /// It is not what was written: somebody has edited it.
    #[error("the manifest has been changed since it was written: its digest is {found}, and says {stated}")]
    Edited {
        /// What the manifest says.
        stated: String,
        /// What it is.
        found: String,
    },
    /// A file is not beside the manifest, or is there twice.
    #[error("the manifest names `{file}`, which {why}")]
    File {
        /// The file.
        file: String,
        /// What is wrong with the name.
        why: &'static str,
    },
}

/// Why a file is not the one that was rendered.
///
/// See [`Manifest::verify`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The manifest does not name the file.
    #[error("the manifest does not name `{file}`")]
    Unknown {
        /// The file.
        file: String,
    },
    /// The file has been changed since it was rendered.
    #[error(
        "`{file}` has been changed since it was rendered: its SHA-256 is {found}, and the manifest says {stated}"
    )]
    Changed {
        /// The file.
        file: String,
        /// What the manifest says.
        stated: String,
        /// What it is.
        found: String,
        /// Whether it would be the same with `\n` for `\r\n`, as Git on Windows writes it.
        only_line_ends: bool,
    },
}

impl ManifestError {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Format { .. } | Self::Requires { .. } => {
                "use the version of tablewright that rendered the templates, or a newer one"
            }
            Self::Malformed(_) | Self::Edited { .. } | Self::File { .. } => {
                "render the templates again with `tablewright render --out DIR`, and have them reviewed"
            }
        }
    }
}

impl VerifyError {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Changed { only_line_ends: true, .. } => {
                "only its line ends differ: have Git leave them alone, with `*.yaml text eol=lf` in .gitattributes"
            }
            Self::Changed { only_line_ends: false, .. } | Self::Unknown { .. } => {
                "render the templates again with `tablewright render --out DIR`, and have them reviewed"
            }
        }
    }
}

impl ManifestStack {
    /// Makes the entry of a stack and the template that was rendered from it.
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
        Self {
            id: stack.id.clone(),
            name: stack.name.clone().unwrap_or_else(|| env.stack_name(&stack.id)),
            file: format!("{}.yaml", stack.id),
            sha256: sha256(rendered.text.as_bytes()),
            bytes: rendered.text.len(),
            resources: rendered.size().resources,
            tags: stack.tags.clone(),
            termination_protection: stack.termination_protection,
            policy: stack.policy.as_ref().map(sorted),
        }
    }
}

impl Manifest {
    /// The name of the file that holds a manifest.
    pub const FILE: &str = "manifest.json";

    /// Makes the manifest of an environment's stacks.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn new<'a>(env: &Env, stacks: impl IntoIterator<Item = (&'a Stack, &'a Rendered)>) -> Self {
        let stacks = stacks.into_iter().map(|(stack, rendered)| ManifestStack::new(env, stack, rendered));
        Self::of_stacks(env, stacks.collect())
    }

    /// Makes the manifest of an environment from the entries of its stacks, so that a template need not be kept until the last
    /// one is rendered.
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
    /// See [`ManifestError`]: above all when somebody has edited it.
    pub fn read(json: &[u8]) -> Result<Self, ManifestError> {
        let value: Value = serde_json::from_slice(json).map_err(ManifestError::Malformed)?;
        // First of all: a manifest of another version must be named as that, not as malformed.
        if let Some(found) = value["format"].as_u64().filter(|found| *found != u64::from(FORMAT)) {
            return Err(ManifestError::Format { found });
        }
        let words: Vec<String> = value["requires"].as_array().into_iter().flatten().map(word).collect();
        if !words.is_empty() {
            return Err(ManifestError::Requires { words });
        }
        // Over what was read, whether this version knows it or not.
        let found = digest(&value);
        let manifest: Self = serde_json::from_value(value).map_err(ManifestError::Malformed)?;
        if manifest.digest != found {
            return Err(ManifestError::Edited { stated: manifest.digest, found });
        }
        let mut files = BTreeSet::new();
        for ManifestStack { file, .. } in &manifest.stacks {
            let is_beside =
                !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', ':', '\0']);
            let why = if !is_beside { "is not beside it" } else { "is there twice" };
            if !is_beside || !files.insert(file) {
                return Err(ManifestError::File { file: file.clone(), why });
            }
        }
        Ok(manifest)
    }

    /// Returns the JSON, one item a line: the same bytes for the same manifest.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("every key is a text") + "\n"
    }

    /// Returns the digest over all of the manifest, and by way of the checksums in it over all templates.
    ///
    /// It is `sha256:` and the SHA-256, in hexadecimal, of the manifest as JSON without `digest`, without white space, and with
    /// the keys of every object in the order of their code points.
    ///
    /// See [`Manifest`].
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the stack whose template a file is, if it is that to the byte.
    ///
    /// See [`Manifest`].
    ///
    /// # Errors
    ///
    /// When it is not, or when the manifest does not name the file.
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
        serde_json::to_value(self).expect("every key is a text")
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

/// Returns the value with the keys of every object in order, which a map of `serde_json` has only where no crate of the program
/// asks for its feature `preserve_order`.
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
