//! The name that somebody probably meant.

/// Returns the candidate that is nearest to `name`, if one is near enough to be a slip of the fingers.
pub(crate) fn nearest(name: &str, candidates: &[String]) -> Option<String> {
    let least = name.chars().count().div_ceil(3).max(1);
    let distances =
        candidates.iter().map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate));
    let near = distances.filter(|(distance, _)| *distance <= least).min_by_key(|(distance, _)| *distance);
    near.map(|(_, candidate)| candidate.clone())
}
