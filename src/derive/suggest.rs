//! "Did you mean …?"
//!
//! In: a word that is not known and the words that are. Out: the one that was most likely meant, if any is near.
//! Underscores and case do not count, so `tenantId` finds `tenant_id`.

/// Returns the known word nearest to `unknown`, if it is near enough to be a typing error.
pub(crate) fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(unknown);
    let most = (folded.len() / 3).max(1);
    known
        .into_iter()
        .map(|word| (distance(&folded, &fold(word)), word))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Returns the option that other tools and DynamoDB's own API call `word`.
pub(crate) fn option_called(word: &str) -> Option<&'static str> {
    Some(match word {
        "hash" | "hash_key" | "partition_key" | "pk" => "partition",
        "range" | "range_key" | "sort_key" | "sk" => "sort",
        "gsi" | "global_index" | "global_secondary_index" => "index",
        "lsi" | "local_secondary_index" => "local_index",
        "include" => "only",
        "projection" => "project",
        "time_to_live" => "ttl",
        _ => return None,
    })
}

/// Writes words as a list for a message: `` `a`, `b` and `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn fold(word: &str) -> Vec<char> {
    word.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// Returns the number of letters to insert, delete, replace or swap with a neighbour to get from `a` to `b`.
// As `strsim::osa_distance`, which would add 0.6 CPU-seconds to every cold build of a crate of item structs.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let exchange = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = exchange.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{list, nearest};

    #[test]
    fn typing_errors_are_found_and_other_words_are_not() {
        let known = ["partition", "sort", "ttl", "stored_as"];
        let check = |unknown: &str, expected: Option<&str>| {
            assert_eq!(nearest(unknown, known), expected, "{unknown}");
        };
        check("partiton", Some("partition"));
        check("parition", Some("partition"));
        check("sotr", Some("sort"));
        check("tll", Some("ttl"));
        check("storedAs", Some("stored_as"));
        check("STORED_AS", Some("stored_as"));
        check("colour", None);
        check("key", None);
        check("nested", None);
        check("", None);
        check("größe", None);
    }

    #[test]
    fn the_nearest_wins_and_of_equals_the_first() {
        assert_eq!(nearest("status_", ["statue", "status"]), Some("status"));
        assert_eq!(nearest("statu", ["stats", "status"]), Some("stats"));
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(&[]), "");
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
