//! The name that somebody probably meant.

/// Returns the candidate that is nearest to `name`, if one is near enough to be a slip of the fingers.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = impl AsRef<str> + 'a>,
) -> Option<String> {
    let least = name.chars().count().div_ceil(3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate.as_ref()), candidate))
        .filter(|(distance, _)| *distance <= least)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.as_ref().to_owned())
}
