//! Text that CloudFormation returns, and that people read on a terminal or in a log.

use tablewright_template::is_unprintable;

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
