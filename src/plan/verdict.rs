//! The effect of a change on the data: the scale that `diff` shows and `deploy` checks.

use std::fmt;
use std::str::FromStr;

/// What a change does to what is deployed, from harmless to worst.
///
/// The order is the severity, so the verdict of many changes is their maximum.
///
/// ```
/// use tablewright_plan::Verdict;
///
/// assert!(Verdict::Staged < Verdict::Refused);
/// assert_eq!("data-loss".parse(), Ok(Verdict::DataLoss));
/// assert_eq!(Verdict::InPlaceWithRisk.as_str(), "in-place-with-risk");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Only the text differs; deployed resources do not change.
    #[default]
    None,
    /// One update in place; the data is unaffected.
    InPlace,
    /// One update and the items stay, but something a person should know happens beside it.
    InPlaceWithRisk,
    /// Needs several updates in the right order; the plan has them.
    Staged,
    /// AWS would refuse it, or it cannot be judged from the template; there is a recipe instead.
    Refused,
    /// The table is removed from the stack or replaced by a new, empty one; the old table is retained with its items.
    ReplacementKept,
    /// Items are deleted.
    DataLoss,
}

impl Verdict {
    /// Every verdict, from harmless to worst.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::InPlace,
        Self::InPlaceWithRisk,
        Self::Staged,
        Self::Refused,
        Self::ReplacementKept,
        Self::DataLoss,
    ];

    /// Returns the word for flags, JSON and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::InPlace => "in-place",
            Self::InPlaceWithRisk => "in-place-with-risk",
            Self::Staged => "staged",
            Self::Refused => "refused",
            Self::ReplacementKept => "replacement-kept",
            Self::DataLoss => "data-loss",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
            .ok_or_else(|| UnknownVerdict { word: word.to_owned() })
    }
}

/// A word that is no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVerdict {
    /// The word as it was given.
    pub word: String,
}

impl fmt::Display for UnknownVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = Verdict::ALL.map(Verdict::as_str).join(", ");
        write!(f, "unknown verdict `{}`, expected one of {words}", self.word)
    }
}

impl std::error::Error for UnknownVerdict {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_their_verdict() {
        for verdict in Verdict::ALL {
            assert_eq!(verdict.as_str().parse(), Ok(verdict));
            assert_eq!(verdict.to_string(), verdict.as_str());
        }
    }

    #[test]
    fn all_is_in_the_order_of_severity() {
        assert!(Verdict::ALL.is_sorted());
        assert_eq!(Verdict::default(), Verdict::None);
    }

    #[test]
    fn an_unknown_word_lists_the_known_ones() {
        for word in ["", "DataLoss", "data_loss", "data-loss "] {
            let error = word.parse::<Verdict>().unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("unknown verdict `{word}`, expected one of none, "))
            );
        }
    }
}
