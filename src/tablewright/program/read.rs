//! Reads a manifest that the user's [`program`](crate::program) wrote, with this or another version of the library.

use serde::Deserialize;

use crate::program::assembly::{Assembly, CAPABILITIES, FORMAT, Header};

/// Why a manifest cannot be read.
///
/// ```
/// use tablewright::{Assembly, ReadError};
///
/// let unknown_capability = br#"{ "tablewright": { "format": 1, "library": "9.0.0" }, "requires": ["telepathy"] }"#;
/// let error = Assembly::read(unknown_capability).unwrap_err();
/// assert!(matches!(error, ReadError::Requires { words, .. } if words == ["telepathy"]));
///
/// let other_format = br#"{ "tablewright": { "format": 99, "library": "9.0.0" } }"#;
/// assert!(matches!(Assembly::read(other_format), Err(ReadError::Format { found: 99, .. })));
/// ```
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or does not match the format.
    Malformed(serde_json::Error),
    /// It has a format that this version does not read.
    Format {
        /// The manifest's format.
        found: u32,
        /// The library that wrote it.
        library: String,
    },
    /// It requires capabilities that this version does not support.
    Requires {
        /// The unsupported capabilities.
        words: Vec<String>,
        /// The library that wrote it.
        library: String,
    },
}

impl Assembly {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// Returns a [`ReadError`] if it is malformed, has another format, or requires unsupported capabilities.
    pub fn read(json: &[u8]) -> Result<Self, ReadError> {
        // A manifest of another format must not be reported as malformed. The common case is parsed only once.
        let read = serde_json::from_slice::<Self>(json).map_err(ReadError::Malformed);
        match &read {
            Ok(assembly) => understood(&assembly.tablewright, &assembly.requires)?,
            Err(_) => {
                if let Ok(Envelope { tablewright, requires }) = serde_json::from_slice(json) {
                    understood(&tablewright, &requires)?;
                }
            }
        }
        read
    }
}

/// The fields that a manifest of any format has.
#[derive(Deserialize)]
struct Envelope {
    tablewright: Header,
    #[serde(default)]
    requires: Vec<String>,
}

/// Returns an error unless this version supports the format and every required capability.
fn understood(header: &Header, requires: &[String]) -> Result<(), ReadError> {
    let library = || header.library.clone();
    if header.format != FORMAT {
        return Err(ReadError::Format { found: header.format, library: library() });
    }
    let unknown = requires.iter().filter(|word| !CAPABILITIES.contains(&word.as_str()));
    let words: Vec<String> = unknown.cloned().collect();
    if words.is_empty() { Ok(()) } else { Err(ReadError::Requires { words, library: library() }) }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(_) => f.write_str("the manifest is malformed"),
            Self::Format { found, library } => {
                write!(
                    f,
                    "the manifest is of format {found} (tablewright {library}); this version reads format {FORMAT}"
                )
            }
            Self::Requires { words, library } => write!(
                f,
                "the project uses {} (tablewright {library}), which this version does not support",
                words.join(", ")
            ),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(error) => Some(error),
            Self::Format { .. } | Self::Requires { .. } => None,
        }
    }
}
