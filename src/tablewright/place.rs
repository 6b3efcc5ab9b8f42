//! Source locations in the user's Rust code, for problems, plans and failures.

use std::fmt;
use std::panic::Location;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::item::SourcePlace;

/// A source location: file and line, written as `stacks/notes.rs:14`.
///
/// ```
/// use tablewright::Place;
///
/// let place: Place = "stacks/notes.rs:14".parse()?;
/// assert_eq!((place.file.as_str(), place.line), ("stacks/notes.rs", 14));
/// assert_eq!(place.to_string(), "stacks/notes.rs:14");
/// assert!("stacks/notes.rs".parse::<Place>().is_err(), "no line");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the compiler names it: relative to the workspace, with `/` on every platform.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Place {
    /// Returns the location of the caller.
    ///
    /// ```
    /// use tablewright::{Place, Stack};
    ///
    /// let (here, stack) = (Place::caller(), Stack::new("orders"));
    /// assert_eq!(stack.at, here);
    /// ```
    #[track_caller]
    #[must_use]
    pub fn caller() -> Self {
        let location = Location::caller();
        Self::new(location.file(), location.line())
    }

    fn new(file: &str, line: u32) -> Self {
        // Manifests must be the same on every platform, as those from Windows and Linux are compared.
        let file = if cfg!(windows) { file.replace('\\', "/") } else { file.to_owned() };
        Self { file, line }
    }
}

impl From<SourcePlace> for Place {
    fn from(place: SourcePlace) -> Self {
        Self::new(place.file, place.line)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Serializes as a string without an allocation, as a manifest has a location for every table, index and attribute.
impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Deserializes from a borrowed string if possible: the file name is the only allocation.
#[cfg(feature = "render")]
impl<'de> serde::Deserialize<'de> for Place {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PlaceVisitor;

        impl serde::de::Visitor<'_> for PlaceVisitor {
            type Value = Place;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a place such as `stacks/notes.rs:14`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Place, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(PlaceVisitor)
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_a_place = || format!("`{text}` is not a place such as `stacks/notes.rs:14`");
        let (file, line) = text.rsplit_once(':').ok_or_else(not_a_place)?;
        Ok(Self { file: file.to_owned(), line: line.parse().map_err(|_| not_a_place())? })
    }
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
