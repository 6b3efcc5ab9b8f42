//! Lines and line breaks (`\n`, `\r\n` or `\r`) of a text, by byte offset.

/// Returns the start of the line that contains `at`. A byte order mark is not part of the first line.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    let mark = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    text[..at].rfind(['\n', '\r']).map_or(mark.min(at), |end| end + 1)
}

/// Returns the end of the line that contains `at`, before its line break.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// Returns the start of the next line; `at` is the end of a line.
pub(crate) fn after_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\n', '\r'])) }
}

/// Returns the start of the line break before `at`, which is the start of a line.
pub(crate) fn before_break(text: &str, at: usize) -> usize {
    let before = &text[..at];
    at - if before.ends_with("\r\n") { 2 } else { usize::from(before.ends_with(['\n', '\r'])) }
}

/// Returns the line break to use at `at`: that of the line before, else the first of the text, else `\n`.
pub(crate) fn newline_at(text: &str, at: usize) -> &str {
    let end = line_start(text, at);
    let before = &text[before_break(text, end)..end];
    if !before.is_empty() {
        return before;
    }
    let first = line_end(text, 0);
    match &text[first..after_break(text, first)] {
        "" => "\n",
        first => first,
    }
}

/// Returns the number of spaces that the line starting at `at` begins with.
pub(crate) fn indentation(text: &str, at: usize) -> usize {
    text[at..].len() - text[at..].trim_start_matches(' ').len()
}

/// Whether the text has only spaces and tabs.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim_matches([' ', '\t']).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{after_break, before_break, line_end, line_start, newline_at};

    #[test]
    fn all_three_line_breaks_are_recognized() {
        let text = "a\nb\r\nc\rd";
        let starts = [0, 2, 5, 7];
        for (start, line_break) in starts.into_iter().zip(["\n", "\r\n", "\r", ""]) {
            assert_eq!(line_start(text, start), start);
            let end = line_end(text, start);
            assert_eq!(end, start + 1);
            assert_eq!(&text[end..after_break(text, end)], line_break);
        }
        for (start, line_break) in starts.into_iter().zip(["", "\n", "\r\n", "\r"]) {
            assert_eq!(&text[before_break(text, start)..start], line_break);
        }
    }

    #[test]
    fn a_byte_order_mark_is_before_the_first_line() {
        let text = "\u{feff}a\nb";
        for (at, start) in [(0, 0), (3, 3), (4, 3), (5, 5), (6, 5)] {
            assert_eq!(line_start(text, at), start);
        }
        assert_eq!(newline_at(text, 3), "\n");
    }

    #[test]
    fn the_line_break_of_the_line_before_is_used() {
        let text = "a\r\nb\nc";
        let check = |at: usize, newline: &str| assert_eq!(newline_at(text, at), newline);
        check(0, "\r\n");
        check(3, "\r\n");
        check(5, "\n");
        assert_eq!(newline_at("abc", 3), "\n");
        assert_eq!(newline_at("", 0), "\n");
    }
}
