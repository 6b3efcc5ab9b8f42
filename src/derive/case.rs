//! serde's `rename_all` rules for fields.
//!
//! In: a field name and a rule. Out: the name on the wire, the same that `serde_derive` computes, quirks included:
//! `lowercase` and `snake_case` leave a field as it is, and only ASCII letters change case.

/// A `rename_all` rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    /// What serde calls the rules.
    pub(crate) const NAMES: [&str; 8] = [
        "lowercase",
        "UPPERCASE",
        "PascalCase",
        "camelCase",
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "kebab-case",
        "SCREAMING-KEBAB-CASE",
    ];

    /// Returns the rule that serde knows by `name`.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "lowercase" => Self::Lower,
            "UPPERCASE" => Self::Upper,
            "PascalCase" => Self::Pascal,
            "camelCase" => Self::Camel,
            "snake_case" => Self::Snake,
            "SCREAMING_SNAKE_CASE" => Self::ScreamingSnake,
            "kebab-case" => Self::Kebab,
            "SCREAMING-KEBAB-CASE" => Self::ScreamingKebab,
            _ => return None,
        })
    }

    /// Returns the wire name of a field that has no `rename` of its own.
    pub(crate) fn apply_to_field(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_ascii_uppercase(),
            Self::Pascal => pascal(field),
            Self::Camel => camel(field),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }
}

/// Joins the words between underscores, each with a capital.
pub(crate) fn pascal(field: &str) -> String {
    field.split('_').flat_map(|word| with_first(word, char::to_ascii_uppercase)).collect()
}

fn camel(field: &str) -> String {
    with_first(&pascal(field), char::to_ascii_lowercase).collect()
}

/// Writes a field or the name of an index as a constant: `user_id`, `userId` and `user-id` are `USER_ID`.
pub(crate) fn constant(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::with_capacity(name.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after_word = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let ends_acronym = before.is_some_and(char::is_uppercase)
            && chars.get(at + 1).is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_word || ends_acronym) {
            out.push('_');
        }
        match c {
            _ if at == 0 && c.is_ascii_digit() => out.extend(['_', *c]),
            _ if c.is_alphanumeric() => out.push(c.to_ascii_uppercase()),
            _ => out.push('_'),
        }
    }
    out
}

fn with_first(word: &str, change: fn(&char) -> char) -> impl Iterator<Item = char> {
    word.chars().enumerate().map(move |(at, c)| if at == 0 { change(&c) } else { c })
}

#[cfg(test)]
mod tests {
    use super::{RenameRule, constant};

    // The wider matrix, against real serialisation, is `tests/names.rs`.
    #[test]
    fn rules_follow_serde() {
        let check = |rule: &str, field: &str, wire: &str| {
            let rule = RenameRule::from_name(rule).unwrap();
            assert_eq!(rule.apply_to_field(field), wire, "{rule:?} of {field}");
        };
        check("lowercase", "very_tasty", "very_tasty");
        check("UPPERCASE", "very_tasty", "VERY_TASTY");
        check("PascalCase", "very_tasty", "VeryTasty");
        check("camelCase", "very_tasty", "veryTasty");
        check("snake_case", "very_tasty", "very_tasty");
        check("SCREAMING_SNAKE_CASE", "very_tasty", "VERY_TASTY");
        check("kebab-case", "very_tasty", "very-tasty");
        check("SCREAMING-KEBAB-CASE", "very_tasty", "VERY-TASTY");
        check("camelCase", "_leading", "leading");
        check("camelCase", "a", "a");
        check("PascalCase", "x1_y2", "X1Y2");
        check("PascalCase", "größe_é", "Größeé");
        // serde_derive panics on these two and says so itself; ours only has to stay calm.
        check("camelCase", "__", "");
        check("camelCase", "é_a", "éA");
    }

    #[test]
    fn an_unknown_rule_is_no_rule() {
        assert_eq!(RenameRule::from_name("Camel"), None);
    }

    #[test]
    fn the_names_are_those_of_the_rules() {
        for name in RenameRule::NAMES {
            assert!(RenameRule::from_name(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_constant_is_written_as_constants_are() {
        let check = |name: &str, written: &str| assert_eq!(constant(name), written, "{name}");
        check("user_id", "USER_ID");
        check("userId", "USER_ID");
        check("by-region", "BY_REGION");
        check("by.region", "BY_REGION");
        check("gsi1", "GSI1");
        check("GSI1", "GSI1");
        check("2nd", "_2ND");
        check("HTTPCode", "HTTP_CODE");
        check("x1_y2", "X1_Y2");
        check("_leading", "_LEADING");
        check("size2Big", "SIZE2_BIG");
        check("größe", "GRößE");
    }
}
