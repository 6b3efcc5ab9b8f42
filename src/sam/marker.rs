//! The marker comments around a region.
//!
//! A marker names the owner of the region and the path that it belongs to. The begin marker also has a checksum of the lines of
//! the region, to detect edits by hand.
//!
//! ```yaml
//!   # >>> tablewright v1 notes Resources sha256:2f00da5b7bee11e2
//!   Note:
//!     Type: AWS::DynamoDB::Table
//!   # <<< tablewright notes Resources
//! ```

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The marker format that is read and written.
const VERSION: &str = "v1";

const BEGIN: &str = ">>> tablewright";
const END: &str = "<<< tablewright";

/// A comment that starts or ends a region.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Marker {
    Begin(Begin),
    End(Name),
    /// A begin marker in another format.
    OtherVersion(String),
    /// It starts like a marker but cannot be parsed as one.
    Malformed,
}

/// The owner of a region, and the path of the mapping or list that it adds to, such as `Resources`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) owner: String,
    pub(crate) path: Vec<String>,
}

/// A begin marker.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Begin {
    pub(crate) name: Name,
    /// Checksum of the text between the markers; see [`checksum`].
    pub(crate) checksum: String,
    pub(crate) seam: Seam,
    /// Whether an empty line was added before the keys that were created.
    pub(crate) gap: bool,
    /// Number of keys, at the end of the path, that were created for the region, each in a line of its own.
    pub(crate) made: usize,
    /// The bytes that were replaced after the last key of the path, such as ` {}` of `Resources: {}`.
    pub(crate) was: Option<String>,
}

/// How a region is joined to the text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seam {
    /// The region is whole lines.
    Lines,
    /// A line was broken after a bracket, as in `{A: b}`: the line break before the region, and the line break and indentation
    /// after it, were added with it.
    Inline,
}

impl Name {
    pub(crate) fn new(owner: &str, path: &[String]) -> Self {
        Self { owner: owner.to_owned(), path: path.to_vec() }
    }

    pub(crate) fn path(&self) -> String {
        self.path.join("/")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.owner, self.path())
    }
}

impl Begin {
    /// Returns the path of the node that the region and the keys that were created for it are in.
    pub(crate) fn anchor(&self) -> &[String] {
        &self.name.path[..self.name.path.len() - self.made]
    }
}

impl Marker {
    /// Parses a comment, including its `#`; `None` if it is not a marker.
    pub(crate) fn read(comment: &str) -> Option<Self> {
        let text = comment.trim_start_matches('#').trim();
        let after =
            |mark: &str| text.strip_prefix(mark).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        if let Some(rest) = after(BEGIN) {
            return Some(begin(rest));
        }
        let rest = after(END)?;
        Some(name(rest.split_whitespace()).map_or(Self::Malformed, Self::End))
    }
}

fn begin(rest: &str) -> Marker {
    let (rest, was) = match rest.split_once(" was:") {
        Some((rest, was)) => match serde_json::from_str(was.trim()) {
            Ok(was) => (rest, Some(was)),
            Err(_) => return Marker::Malformed,
        },
        None => (rest, None),
    };
    let mut words = rest.split_whitespace();
    match words.next() {
        Some(VERSION) => {}
        Some(other) => return Marker::OtherVersion(other.to_owned()),
        None => return Marker::Malformed,
    }
    let (Some(name), Some(sum)) = (name(words.by_ref().take(2)), words.next()) else {
        return Marker::Malformed;
    };
    let (mut seam, mut gap, mut made) = (Seam::Lines, false, 0);
    for word in words {
        match (word, word.strip_prefix("made:").map(str::parse)) {
            ("inline", _) => seam = Seam::Inline,
            ("gap", _) => gap = true,
            (_, Some(Ok(count))) if count <= name.path.len() => made = count,
            _ => return Marker::Malformed,
        }
    }
    match sum.strip_prefix("sha256:") {
        Some(sum) => Marker::Begin(Begin { name, checksum: sum.to_owned(), seam, gap, made, was }),
        None => Marker::Malformed,
    }
}

fn name<'t>(mut words: impl Iterator<Item = &'t str>) -> Option<Name> {
    let (owner, path) = (words.next()?, words.next()?);
    let path: Vec<String> = path.split('/').map(str::to_owned).collect();
    (words.next().is_none() && path.iter().all(|key| !key.is_empty()))
        .then(|| Name { owner: owner.to_owned(), path })
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, checksum, seam, gap, made, was } = self;
        write!(f, "# {BEGIN} {VERSION} {name} sha256:{checksum}")?;
        f.write_str(match seam {
            Seam::Lines => "",
            Seam::Inline => " inline",
        })?;
        if *gap {
            f.write_str(" gap")?;
        }
        if *made > 0 {
            write!(f, " made:{made}")?;
        }
        match was {
            Some(was) => write!(f, " was:{}", serde_json::Value::from(was.as_str())),
            None => Ok(()),
        }
    }
}

/// Returns the end marker of a region.
pub(crate) fn end(name: &Name) -> String {
    format!("# {END} {name}")
}

/// Returns the checksum of the lines of a region, in 16 hexadecimal digits. Line break style and common indentation are ignored,
/// so that neither a checkout with CRLF nor re-indenting the template counts as an edit.
pub(crate) fn checksum(body: &str) -> String {
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let is_blank = |line: &&str| line.trim().is_empty();
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = body.lines().filter(|line| !is_blank(line)).map(indentation).min().unwrap_or(0);
    let mut hash = Sha256::new();
    for line in body.lines() {
        hash.update(line.get(common..).unwrap_or_default());
        hash.update("\n");
    }
    // 64 bits of the digest: this detects accidental edits, not forgery, and keeps the line short.
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::{Begin, Marker, Name, Seam, checksum, end};

    fn name() -> Name {
        Name::new("notes", &["Resources".to_owned(), "F".to_owned()])
    }

    #[test]
    fn markers_round_trip() {
        for seam in [Seam::Lines, Seam::Inline] {
            for (made, was) in [(0, None), (2, Some(" {}")), (1, Some("\n\t \"#é\" was:"))] {
                let was = was.map(str::to_owned);
                let begin = Begin { name: name(), checksum: "0123".into(), seam, gap: made == 2, made, was };
                let line = begin.to_string();
                assert!(!line.contains('\n'), "{line}");
                assert_eq!(Marker::read(&line), Some(Marker::Begin(begin)), "{line}");
            }
        }
        assert_eq!(Marker::read(&end(&name())), Some(Marker::End(name())));
    }

    #[test]
    fn other_comments_are_ignored_and_incomplete_markers_are_malformed() {
        for other in [
            "# >>>",
            "# tablewright v1",
            "# <<< conda initialize <<<",
            "# see >>> tablewright v1",
            "# >>> tablewrights v1",
        ] {
            assert_eq!(Marker::read(other), None, "{other}");
        }
        for half in [
            "# >>> tablewright",
            "# >>> tablewright v1",
            "# >>> tablewright v1 notes sha256:12",
            "# >>> tablewright v1 notes Resources",
            "# >>> tablewright v1 notes Resources md5:12",
            "# >>> tablewright v1 notes Resources sha256:12 colour:red",
            "# >>> tablewright v1 notes Resources sha256:12 made:2",
            "# >>> tablewright v1 notes Resources sha256:12 made:x",
            "# >>> tablewright v1 notes Resources sha256:12 was:{}",
            "# >>> tablewright v1 notes Resources//x sha256:12",
            "# <<< tablewright",
            "# <<< tablewright notes",
            "# <<< tablewright notes Resources and more",
        ] {
            assert_eq!(Marker::read(half), Some(Marker::Malformed), "{half}");
        }
        assert_eq!(
            Marker::read("#>>> tablewright v2 anything: at all"),
            Some(Marker::OtherVersion("v2".into()))
        );
    }

    #[test]
    fn the_checksum_ignores_line_breaks_and_common_indentation() {
        let sum = checksum("  A:\n    b: c\n\n  D: e\n");
        assert_eq!(checksum("A:\n  b: c\n\nD: e"), sum);
        assert_eq!(checksum("    A:\r\n      b: c\r\n\r\n    D: e\r\n"), sum);
        assert_ne!(checksum("  A:\n   b: c\n\n  D: e\n"), sum);
        assert_ne!(checksum("  A:\n    b: c\n  D: e\n"), sum);
        assert_eq!(sum.len(), 16);
    }
}
