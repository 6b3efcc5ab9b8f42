//! Escapes names, values and sentences for Markdown.
//!
//! *Invariant:* text cannot end the element that it is in, mention a person or refer to an issue. GitHub detects mentions in the
//! rendered text, even if they were escaped in the source, except in code.

use std::fmt::Write as _;

use crate::visible::visible;

/// Returns text as code on one line, also in a cell of a table; nothing for nothing.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    // How a backslash in front of a pipe is read in a cell, each parser has its own view of.
    if text.contains('|') {
        return html_code(&text);
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let spaced = text.starts_with(' ') && text.ends_with(' ') && text.trim() != "";
    match text.as_ref() {
        "" => String::new(),
        text if spaced || text.starts_with('`') || text.ends_with('`') => format!("{fence} {text} {fence}"),
        text => format!("{fence}{text}{fence}"),
    }
}

/// Returns code that may stand in HTML, or where a backtick would join another.
pub(super) fn html_code(text: &str) -> String {
    format!("<code>{}</code>", entities(&visible(text), |c| r"&<>\`*_[]~|!:.@#$".contains(c)))
}

/// Returns a sentence: what is in backticks as code, and code as well whatever would become a link.
pub(super) fn text(sentence: &str) -> String {
    let sentence = sentence.trim().replace(char::is_whitespace, " ");
    let mut out = String::new();
    let parts: Vec<&str> = sentence.split('`').collect();
    for (at, part) in parts.iter().enumerate() {
        let (opened, closed) = (at % 2 == 1, at + 1 < parts.len());
        match (opened, closed) {
            (true, true) if part.is_empty() => out.push_str("&#96;&#96;"),
            (true, true) if out.ends_with('`') => out.push_str(&html_code(part)),
            (true, true) => out.push_str(&code(part)),
            (true, false) => {
                out.push_str("&#96;");
                plain(&mut out, part);
            }
            (false, _) => plain(&mut out, part),
        }
    }
    out
}

/// Returns a block of code that nothing inside can end.
pub(super) fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).max(2) + 1)
}

/// Returns the hidden marker of a comment, a line. An id is cut at 256 bytes.
pub(super) fn marker(id: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'/' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let mut id: String = id.bytes().map(byte).collect();
    id.truncate(256);
    format!("<!-- tablewright:{id} -->\n")
}

/// Returns a link that does not end early.
pub(super) fn url(link: &str) -> String {
    let byte = |byte: u8| match byte {
        byte if byte.is_ascii_graphic() && !b"<>\\`|\"".contains(&byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    link.bytes().map(byte).collect()
}

fn plain(out: &mut String, part: &str) {
    for (at, word) in part.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if becomes_a_link(word) {
            out.push_str(&html_code(word));
        } else {
            // At the start of a block, a digit or a dash could begin a list.
            let begins = out.is_empty();
            let word = visible(word);
            let first =
                word.chars().next().filter(|c| begins && !c.is_alphabetic()).map_or(0, char::len_utf8);
            out.push_str(&entities(&word[..first], |_| true));
            out.push_str(&entities(&word[first..], |c| r"&<>\`*_[]~|".contains(c)));
        }
    }
}

/// Whether GitHub makes something of a word: a mention, an issue, a commit, an address, a formula or an emoji.
fn becomes_a_link(word: &str) -> bool {
    let mark = word.contains(['@', '#', '$']);
    let address = word.contains("www.") || word.trim_end_matches(':').contains(':');
    let hash = |run: &str| run.len() >= 7 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let commit = word.split(|c: char| !c.is_ascii_alphanumeric()).any(hash);
    let ticket = |(key, number): (&str, &str)| {
        key.ends_with(|c: char| c.is_ascii_alphabetic()) && number.starts_with(|c: char| c.is_ascii_digit())
    };
    mark || address
        || commit
        || word.match_indices('-').any(|(at, dash)| ticket((&word[..at], &word[at + dash.len()..])))
}

fn entities(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) {
            write!(out, "&#{};", u32::from(c)).expect("writing to a String does not fail");
        } else {
            out.push(c);
        }
    }
    out
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}
