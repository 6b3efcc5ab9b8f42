//! Converts text of the user to YAML comments in ASCII, without characters that could end the comment.
//!
//! Characters beyond ASCII are transliterated, or replaced by `?` if that is not possible, to keep comments readable. Values are
//! escaped instead: see [`scalar`](super::scalar).

use std::borrow::Cow;

use deunicode::deunicode_with_tofu_cow;

/// Converts a doc comment to comment lines.
pub(super) fn comment(doc: &str) -> Vec<String> {
    doc.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .map(|text| match line(text).trim_end() {
            "" => String::new(),
            line => format!(" {line}"),
        })
        .skip_while(String::is_empty)
        .collect()
}

/// Converts text to one line.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.into();
    }
    let printable = |c: char| if c.is_control() { ' ' } else { c };
    // Replace control characters before, as `deunicode` does not handle those beyond ASCII, and after, as it may write line
    // breaks.
    let text: String = text.chars().map(printable).collect();
    Cow::Owned(deunicode_with_tofu_cow(&text, "?").chars().map(printable).collect())
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn each_line_becomes_an_ascii_comment_line() {
        for (doc, lines) in [
            ("", &[][..]),
            ("A note.\n\nKept – for a year…", &[" A note.", "", " Kept - for a year..."]),
            ("\n\n  a \r\nb", &["   a", "", " b"]),
            ("Gr\u{f6}\u{df}e caf\u{e9} “so” ’tis", &[" Grosse cafe \"so\" 'tis"]),
            ("a\u{85}b\u{2028}c\u{2029}d", &[" a", " b", " c", " d"]),
            ("a\tb\u{0}c\u{9f}d", &[" a b c d"]),
            ("\u{6f22}\u{5b57}", &[" Han Zi"]),
            ("done \u{1f389}", &[" done tada"]),
            ("\u{10ffff}\u{feff}", &[" ?"]),
        ] {
            assert_eq!(comment(doc), lines, "{doc:?}");
        }
    }

    #[test]
    fn every_character_becomes_printable_ascii() {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        for some in all.chunks(4096) {
            let lines = comment(&some.iter().flat_map(|c| ['a', *c, 'b']).collect::<String>());
            let printable = |line: &String| line.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            assert!(lines.iter().all(printable), "{lines:?}");
        }
    }
}
