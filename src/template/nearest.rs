//! Suggestions for misspelt names.

/// Returns the candidate that is most similar to `name`, ignoring case; the first of equally similar ones. `None` if more than a
/// third of the letters of `name` differ.
///
/// ```
/// use tablewright_template::nearest;
///
/// assert_eq!(nearest("ordesr", ["orders", "notes"]), Some("orders"));
/// assert_eq!(nearest("customers", ["orders", "notes"]), None);
/// ```
#[must_use]
pub fn nearest<T: AsRef<str>>(name: &str, candidates: impl IntoIterator<Item = T>) -> Option<T> {
    let most = name.chars().count().div_ceil(3).max(1);
    let name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &candidate.as_ref().to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_found_and_other_words_are_not() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest(name, ["Order", "OrderLine", "Note"]), expected, "{name}");
        };
        check("Order", Some("Order"));
        check("Odrer", Some("Order"));
        check("ORDERLINE", Some("OrderLine"));
        check("Notes", Some("Note"));
        check("N", None);
        check("Customer", None);
        check("", None);
        assert_eq!(nearest("ac", ["ab", "ad"]), Some("ab"), "of equals the first");
        assert_eq!(nearest("x", [String::new()]), Some(String::new()));
        assert_eq!(nearest("a", [""; 0]), None);
    }
}
