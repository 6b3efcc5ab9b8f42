//! Characters that nobody would see, or that a terminal or a viewer would obey.

use std::borrow::Cow;

use tablewright_template::is_unprintable;

/// Writes out what nobody would see: control characters, and those that turn the direction of text, with which a name can
/// pass for another.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if is_unprintable(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}
