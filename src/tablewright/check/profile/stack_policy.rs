//! Evaluates stack policies. Without a policy all updates are allowed. With one, an update is denied unless it is allowed, and
//! `Deny` overrides `Allow`. Source: "Prevent updates to stack resources" in the CloudFormation user guide.

use serde_json::Value as Json;

use crate::check::profile::judged::Judged;

/// Whether the policy denies an update with `action` on the resource.
pub(super) fn denies(policy: Option<&Json>, action: &str, resource: &Judged<'_>) -> bool {
    let Some(policy) = policy else { return false };
    let statements = list(&policy["Statement"]);
    let about = |effect: &str| {
        statements.iter().any(|statement| {
            statement["Effect"] == effect
                && concerns(statement, action, resource.id, resource.resource_type())
        })
    };
    about("Deny") || !about("Allow")
}

fn concerns(statement: &Json, action: &str, id: &str, resource_type: &str) -> bool {
    let id = format!("LogicalResourceId/{id}");
    let names = |key: &str, not_key: &str, text: &str| match (statement.get(key), statement.get(not_key)) {
        (Some(patterns), _) => any(patterns, text),
        (None, Some(patterns)) => !any(patterns, text),
        (None, None) => false,
    };
    names("Action", "NotAction", action)
        && names("Resource", "NotResource", &id)
        && holds(&statement["Condition"], resource_type)
}

/// Stack policies support only these two operators in conditions, and only the key `ResourceType`.
fn holds(condition: &Json, resource_type: &str) -> bool {
    let operators = condition.as_object().into_iter().flatten();
    operators.into_iter().all(|(operator, keys)| match operator.as_str() {
        "StringEquals" => list(&keys["ResourceType"]).iter().any(|known| known == resource_type),
        "StringLike" => any(&keys["ResourceType"], resource_type),
        _ => false,
    })
}

fn any(patterns: &Json, text: &str) -> bool {
    list(patterns).iter().filter_map(Json::as_str).any(|pattern| fits(pattern, text))
}

fn list(value: &Json) -> &[Json] {
    match value {
        Json::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// Whether a text matches a pattern, where `*` matches any number of characters.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            let mut ends = text.char_indices().map(|(position, _)| position).chain([text.len()]);
            ends.any(|position| fits(rest, &text[position..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_matches_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "Update:Replace", true),
            ("Update:*", "Update:Replace", true),
            ("Update:R*e", "Update:Replace", true),
            ("*:*e", "Update:Delete", true),
            ("Update:*", "Delete:Update", false),
            ("Update", "Update:Replace", false),
            ("*Replace", "Update:Replace!", false),
            ("", "Update", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
