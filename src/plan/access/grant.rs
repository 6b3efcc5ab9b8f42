//! A grant: who may do what, on what, under which condition; and whether one covers another.

use std::collections::BTreeSet;

/// Above this, the lists of a statement are compared as a whole.
const MOST_COMBINATIONS: usize = 4_096;

/// One combination of a statement. The order decides how grants are grouped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) is_allowed: bool,
    pub(super) principal: Term,
    pub(super) action: Term,
    pub(super) resource: Term,
    pub(super) condition: String,
}

/// Where a grant stands: logical id and property.
pub(super) type Origin = (String, String);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    Is(String),
    /// `NotAction` and its like.
    NotIn(BTreeSet<String>),
}

impl Term {
    fn is_broad(&self) -> bool {
        match self {
            Self::Is(text) => text.contains(['*', '?']),
            Self::NotIn(_) => true,
        }
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Is(pattern), Self::Is(text)) => matches(pattern, text),
            (Self::Is(pattern), Self::NotIn(_)) => pattern == "*",
            (Self::NotIn(excepted), Self::Is(text)) => {
                // What a pattern of the other side leaves open could be excepted here.
                !text.contains(['*', '?', '$']) && !excepted.iter().any(|pattern| matches(pattern, text))
            }
            (Self::NotIn(excepted), Self::NotIn(others)) => {
                excepted.iter().all(|text| others.iter().any(|pattern| matches(pattern, text)))
            }
        }
    }

    pub(super) fn shown(&self) -> String {
        match self {
            Self::Is(text) => text.clone(),
            Self::NotIn(excepted) => {
                format!("all but {}", excepted.iter().cloned().collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Grant {
    pub(super) fn is_broad(&self) -> bool {
        [&self.principal, &self.action, &self.resource].iter().any(|term| term.is_broad())
    }

    /// IAM ignores the letter case of actions.
    pub(super) fn folded(&self) -> Self {
        let action = match &self.action {
            Term::Is(text) => Term::Is(text.to_lowercase()),
            Term::NotIn(texts) => Term::NotIn(texts.iter().map(|text| text.to_lowercase()).collect()),
        };
        Self { action, ..self.clone() }
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.is_allowed == other.is_allowed
            && (self.condition.is_empty() || self.condition == other.condition)
            && self.action.covers(&other.action)
            && self.resource.covers(&other.resource)
            && self.principal.covers(&other.principal)
    }
}

/// Whether a pattern with `*` and `?` matches all that a text, which can be a pattern too, does. Letter case of actions is ignored by IAM; of
/// the rest, it makes no other grant either.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.to_lowercase().chars().collect(), text.to_lowercase().chars().collect());
    let (mut at, mut in_text, mut star) = (0, 0, None);
    while in_text < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_text));
                at += 1;
            }
            Some(c) if *c == text[in_text] || (*c == '?' && text[in_text] != '*') => {
                at += 1;
                in_text += 1;
            }
            _ => match star {
                Some((position, from)) => {
                    (at, in_text) = (position + 1, from + 1);
                    star = Some((position, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// Returns the grants of all combinations of principals, actions and resources.
pub(super) fn combinations(is_allowed: bool, parts: [Vec<Term>; 3], condition: &str) -> Vec<Grant> {
    let count = parts.iter().fold(1_usize, |count, part| count.saturating_mul(part.len()));
    let parts =
        if count <= MOST_COMBINATIONS { parts } else { parts.each_ref().map(|part| whole_list(part)) };
    let [principals, actions, resources] = &parts;
    let mut grants = Vec::new();
    for principal in principals {
        for action in actions {
            grants.extend(resources.iter().map(|resource| Grant {
                is_allowed,
                principal: principal.clone(),
                action: action.clone(),
                resource: resource.clone(),
                condition: condition.to_owned(),
            }));
        }
    }
    grants
}

fn whole_list(terms: &[Term]) -> Vec<Term> {
    let shown: BTreeSet<String> = terms.iter().map(Term::shown).collect();
    vec![Term::Is(shown.into_iter().collect::<Vec<_>>().join(", "))]
}
