//! Text that CloudFormation returns, and that people read on a terminal or in a log.

/// Returns whether a character has no place in a line of text: it controls the terminal, ends the line, or reorders what is around it.
///
/// ```
/// use tablewright_cloudformation::is_unprintable;
///
/// assert!(['\n', '\u{1b}', '\u{9b}', '\u{2028}', '\u{202e}'].into_iter().all(is_unprintable));
/// assert!(!['a', ' ', 'ß', '🦀'].into_iter().any(is_unprintable));
/// ```
#[must_use]
pub fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Returns an identifier as it can be shown: an id, a name, a type, a status. Characters that have no place in one are replaced, since a
/// custom resource, or who answers in CloudFormation's place, can choose them freely.
pub(crate) fn identifier(text: impl Into<Option<String>>) -> String {
    let text = text.into().unwrap_or_default();
    if text.contains(is_unprintable) { text.replace(is_unprintable, "\u{fffd}") } else { text }
}

/// Returns an identifier; `None` for one that is empty.
pub(crate) fn optional_identifier(text: Option<String>) -> Option<String> {
    Some(identifier(text)).filter(|text| !text.is_empty())
}
