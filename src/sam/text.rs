//! Lines and line breaks of a text whose every byte matters.

/// Where the line that `at` is in begins.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// Where the text of the line that `at` is in ends, before its line break.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |length| at + length)
}

/// Where the next line begins; `at` is the end of a line.
pub(crate) fn after_break(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    at + if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with(['\n', '\r'])) }
}

/// Where the line break before `at`, the start of a line, begins.
pub(crate) fn before_break(text: &str, at: usize) -> usize {
    let before = &text[..at];
    at - if before.ends_with("\r\n") { 2 } else { usize::from(before.ends_with(['\n', '\r'])) }
}

/// The line break that the text uses around `at`: that of the line before, else the first there is.
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

/// How many spaces a line begins with; `at` is its start.
pub(crate) fn indentation(text: &str, at: usize) -> usize {
    text[at..].len() - text[at..].trim_start_matches(' ').len()
}

/// Whether there is nothing but blanks.
pub(crate) fn is_blank(text: &str) -> bool {
    text.trim_matches([' ', '\t']).is_empty()
}

#[cfg(test)]
mod tests {
    use super::{after_break, before_break, line_end, line_start, newline_at};

    #[test]
    fn each_of_the_three_line_breaks_is_one() {
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
    fn the_line_before_says_which_break_is_used_here() {
        let text = "a\r\nb\nc";
        let check = |at: usize, newline: &str| assert_eq!(newline_at(text, at), newline);
        check(0, "\r\n");
        check(3, "\r\n");
        check(5, "\n");
        assert_eq!(newline_at("abc", 3), "\n");
        assert_eq!(newline_at("", 0), "\n");
    }
}
