//! How a source is written on the command line.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where templates come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// What the stacks crate says now.
    Definitions,
    /// What runs.
    Deployed,
    /// A template, or a folder of rendered ones.
    Path(PathBuf),
    /// The same as it was committed; without a path, the project's folder of rendered templates.
    Revision {
        /// Anything that git knows: a branch, a tag, `HEAD~1`.
        revision: String,
        /// From the root of the repository, as git has it.
        path: Option<String>,
    },
}

impl FromStr for Source {
    type Err = &'static str;

    /// What exists as a file is a file; whatever is left can only be a revision, and git says whether it is one.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // git would take it for an option.
        if text.is_empty() || text.starts_with('-') {
            return Err("neither a file nor a revision is called that");
        }
        Ok(match text {
            "definitions" => Self::Definitions,
            "deployed" => Self::Deployed,
            _ if Path::new(text).exists() => Self::Path(text.into()),
            _ => match text.split_once(':') {
                // `C:\…` is a path on Windows, and no branch has one letter and a backslash.
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

/// A file that is not there shall be missed as a file, not looked for among the branches.
fn looks_like_a_file(text: &str) -> bool {
    let extension = Path::new(text).extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("yaml" | "yml" | "json" | "template")) || text.starts_with(['.', '/'])
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
    fn what_is_typed_is_read() {
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
            ("main:stacks/rendered", revision("main", Some("stacks/rendered"))),
            ("HEAD:a/b.yaml", revision("HEAD", Some("a/b.yaml"))),
            // This crate's own folder is where its tests run.
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
