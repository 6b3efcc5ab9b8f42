//! Reading a manifest in the tool: the other side of [`program`](crate::program).
//!
//! In: the JSON that the user's program wrote, of this library's version or another. Out: an [`Assembly`], or why this version
//! does not understand it.

use serde::Deserialize;

use crate::program::assembly::{Assembly, CAPABILITIES, FORMAT, Header};

/// Why a manifest cannot be read.
///
/// ```
/// use tablewright::{Assembly, ReadError};
///
/// let of_the_future = br#"{ "tablewright": { "format": 1, "library": "9.0.0" }, "requires": ["telepathy"] }"#;
/// let error = Assembly::read(of_the_future).unwrap_err();
/// assert!(matches!(error, ReadError::Requires { words, .. } if words == ["telepathy"]));
///
/// let of_another_form = br#"{ "tablewright": { "format": 99, "library": "9.0.0" } }"#;
/// assert!(matches!(Assembly::read(of_another_form), Err(ReadError::Format { found: 99, .. })));
/// ```
#[derive(Debug)]
pub enum ReadError {
    /// It is not JSON, or not of our form.
    Malformed(serde_json::Error),
    /// Its format is newer or older than this version reads.
    Format {
        /// The manifest's format.
        found: u32,
        /// The library that wrote it.
        library: String,
    },
    /// It uses something that this version does not understand.
    Requires {
        /// The words not understood.
        words: Vec<String>,
        /// The library that wrote it.
        library: String,
    },
}

impl Assembly {
    /// Reads a manifest of this or the previous format.
    ///
    /// # Errors
    ///
    /// See [`ReadError`].
    pub fn read(json: &[u8]) -> Result<Self, ReadError> {
        // A manifest of another format must be named as that, not as malformed; one of this format is read once.
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

/// What every manifest has, whatever its format.
#[derive(Deserialize)]
struct Envelope {
    tablewright: Header,
    #[serde(default)]
    requires: Vec<String>,
}

/// Checks that this version understands the format and every capability that the manifest requires.
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
            Self::Malformed(_) => f.write_str("the manifest is not of the form that this version reads"),
            Self::Format { found, library } => {
                write!(
                    f,
                    "the manifest is of format {found} (tablewright {library}); this version reads format {FORMAT}"
                )
            }
            Self::Requires { words, library } => write!(
                f,
                "the project uses {} (tablewright {library}), which this version does not know",
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
