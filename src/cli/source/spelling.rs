//! Parses a source on the command line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::source::git::is_revision;

/// A source of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The current definitions.
    Definitions,
    /// The deployed stacks.
    Deployed,
    /// A template, or a directory of rendered templates.
    Path(PathBuf),
    /// A committed template or directory; without a path, the project's directory of rendered templates.
    Revision {
        /// A git revision, such as a branch, a tag or `HEAD~1`.
        revision: String,
        /// The path, relative to the root of the repository.
        path: Option<String>,
    },
}

impl FromStr for Source {
    type Err = &'static str;

    /// An existing path is a file; anything else is a git revision, which is looked up later.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // git would parse it as an option.
        if text.is_empty() || text.starts_with('-') {
            return Err("not a valid file name or git revision");
        }
        Ok(match text {
            "definitions" => Self::Definitions,
            "deployed" => Self::Deployed,
            _ if Path::new(text).exists() => {
                // A pull request could add a path with the name of its base, and be compared with that.
                if !text.starts_with(['.', '/']) && revisions_in(text).iter().all(|name| is_revision(name)) {
                    return Err(
                        "both a path and a git revision: write `./NAME` for the path, or a full name such as `refs/heads/NAME` or a commit hash for the revision",
                    );
                }
                Self::Path(text.into())
            }
            _ => match text.split_once(':') {
                // `C:\…` is a path on Windows.
                Some((_, path)) if path.starts_with('\\') => Self::Path(text.into()),
                Some((revision, path)) => {
                    Self::Revision { revision: revision.into(), path: Some(path.into()) }
                }
                None if looks_like_a_file(text) => Self::Path(text.into()),
                None => Self::Revision { revision: text.into(), path: None },
            },
        })
    }
}

/// Returns the revisions that a text names, if it names any: the two of `A...B`, and the one before `:PATH`.
fn revisions_in(text: &str) -> Vec<&str> {
    let text = text.split_once(':').map_or(text, |(revision, _)| revision);
    let names: Vec<&str> = text.split("...").collect();
    names.into_iter().map(|name| if name.is_empty() { "HEAD" } else { name }).collect()
}

/// Whether a text looks like a path, so that a missing file is not reported as an unknown revision.
fn looks_like_a_file(text: &str) -> bool {
    let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json" | "template"))
        || text.starts_with(['.', '/']) && !text.starts_with("...")
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definitions => f.write_str("definitions"),
            Self::Deployed => f.write_str("deployed"),
            Self::Path(path) => path.display().fmt(f),
            Self::Revision { revision, path: None } => f.write_str(revision),
            Self::Revision { revision, path: Some(path) } => write!(f, "{revision}:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_parsed() {
        let revision = |revision: &str, path: Option<&str>| Source::Revision {
            revision: revision.into(),
            path: path.map(str::to_owned),
        };
        let cases = [
            ("definitions", Source::Definitions),
            ("deployed", Source::Deployed),
            ("main", revision("main", None)),
            ("origin/main", revision("origin/main", None)),
            ("HEAD~1", revision("HEAD~1", None)),
            ("v1.0", revision("v1.0", None)),
            ("origin/main...HEAD", revision("origin/main...HEAD", None)),
            ("...topic", revision("...topic", None)),
            ("main:stacks/rendered", revision("main", Some("stacks/rendered"))),
            ("HEAD:a/b.yaml", revision("HEAD", Some("a/b.yaml"))),
            // Tests run in the directory of this crate.
            ("Cargo.toml", Source::Path("Cargo.toml".into())),
            ("commands", Source::Path("commands".into())),
            ("notes.yaml", Source::Path("notes.yaml".into())),
            ("./rendered", Source::Path("./rendered".into())),
            ("../rendered", Source::Path("../rendered".into())),
            ("C:\\stacks\\notes.yaml", Source::Path("C:\\stacks\\notes.yaml".into())),
        ];
        for (text, source) in cases {
            assert_eq!(text.parse(), Ok(source.clone()), "{text}");
            assert_eq!(source.to_string(), text);
        }
        for text in ["", "-", "--upload-pack=x", "-q:a"] {
            assert!(text.parse::<Source>().is_err(), "{text}");
        }
    }
}
