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
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'
                ..='\u{180f}'
        )
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}')
        || matches!(character, '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
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
