//! Compares stack policies: whether one denies everything that another denies.
//!
//! A stack policy denies every update that no statement allows, and `Deny` overrides `Allow`. *Invariant:* if it is not certain
//! that the second policy is at least as strict, the result is that it is not.

use serde_json::Value;

use crate::equality::list_semantics::Semantics;
use crate::equality::{intrinsic, normal, text};

/// What may be done to a resource by an update.
const ACTIONS: [&str; 3] = ["Update:Modify", "Update:Replace", "Update:Delete"];

/// What an update does to a resource, as stack policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateAction {
    /// It is updated in place.
    Modify,
    /// It is replaced.
    Replace,
    /// It is removed from the template, whatever its `DeletionPolicy`.
    Delete,
}

impl UpdateAction {
    /// Returns the name of the action in a policy.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Modify => "Update:Modify",
            Self::Replace => "Update:Replace",
            Self::Delete => "Update:Delete",
        }
    }
}

/// Returns why a stack policy refuses an update of a resource, in CloudFormation's words; `None` when it allows the update, and for
/// what is not a policy.
///
/// Rules: AWS CloudFormation User Guide, "Prevent updates to stack resources": what no statement allows is refused, and a `Deny`
/// overrides each `Allow`. Conditions are evaluated for `ResourceType`, the only key there is.
///
/// ```
/// use serde_json::json;
/// use tablewright_plan::{UpdateAction, denial};
///
/// let policy = json!({ "Statement": [
///     { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
///     { "Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "LogicalResourceId/Note" },
/// ] });
/// assert!(denial(&policy, UpdateAction::Delete, "Note", "AWS::DynamoDB::Table").is_some());
/// assert_eq!(denial(&policy, UpdateAction::Modify, "Note", "AWS::DynamoDB::Table"), None);
/// ```
pub fn denial(policy: &Value, action: UpdateAction, logical_id: &str, resource_type: &str) -> Option<String> {
    let read: Value;
    let policy = match policy {
        Value::String(text) => {
            read = serde_json::from_str(text).ok()?;
            &read
        }
        policy => policy,
    };
    let statement = policy.get("Statement")?;
    let statements: &[Value] = statement.as_array().map_or(std::slice::from_ref(statement), Vec::as_slice);
    let resource = format!("LogicalResourceId/{logical_id}");
    let applies = |statement: &Value, effect: &str| {
        statement["Effect"] == effect
            && names(statement, "Action", action.as_str())
            && names(statement, "Resource", &resource)
            && is_about_type(statement, resource_type)
    };
    let action = action.as_str();
    if let Some(place) = statements.iter().position(|statement| applies(statement, "Deny")) {
        let number = place + 1;
        return Some(format!(
            "Action denied by stack policy: Statement [#{number}] does not allow [{action}] for resource [{resource}]"
        ));
    }
    let is_allowed = statements.iter().any(|statement| applies(statement, "Allow"));
    let refusal = || {
        format!(
            "Action not allowed by stack policy: no statement allows [{action}] for resource [{resource}]"
        )
    };
    (!is_allowed).then(refusal)
}

/// Returns whether a member of a statement, or its `Not` form, names a text.
fn names(statement: &Value, member: &str, text: &str) -> bool {
    match (statement.get(member), statement.get(format!("Not{member}"))) {
        (Some(patterns), _) => some_pattern(patterns, |pattern| is_match(pattern, text)),
        (None, Some(patterns)) => !some_pattern(patterns, |pattern| is_match(pattern, text)),
        (None, None) => false,
    }
}

fn some_pattern(patterns: &Value, is_meant: impl Fn(&str) -> bool) -> bool {
    let list = patterns.as_array().map_or(std::slice::from_ref(patterns), Vec::as_slice);
    list.iter().filter_map(Value::as_str).any(is_meant)
}

fn is_about_type(statement: &Value, resource_type: &str) -> bool {
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    let mut types = conditions.filter_map(|(operator, tests)| Some((operator, tests.get("ResourceType")?)));
    types.all(|(operator, types)| match operator.as_str() {
        "StringEquals" => some_pattern(types, |kind| kind == resource_type),
        _ => some_pattern(types, |pattern| is_match(pattern, resource_type)),
    })
}

/// Returns whether the wanted policy is sure to refuse every update that the deployed one refuses; `None` when one of
/// them is not a policy that can be read.
pub fn is_as_strict(deployed: &Value, wanted: &Value) -> Option<bool> {
    let (deployed, wanted) = (Policy::read(deployed)?, Policy::read(wanted)?);
    let is_allowed_already = |rule: &Rule| deployed.allows.iter().any(|allowed| allowed.covers(rule));
    let is_still_denied = |rule: &Rule| {
        let is_allowed = wanted.allows.iter().any(|allowed| allowed.overlaps(rule));
        !is_allowed || wanted.denies.iter().any(|denied| denied.covers(rule))
    };
    Some(wanted.allows.iter().all(is_allowed_already) && deployed.denies.iter().all(is_still_denied))
}

struct Policy {
    allows: Vec<Rule>,
    denies: Vec<Rule>,
}

/// One action on one pattern of resources.
struct Rule {
    action: &'static str,
    resource: String,
    /// The condition, and `NotResource`, in their one spelling: what they narrow down is not looked into.
    narrowed: Option<Value>,
}

impl Policy {
    fn read(policy: &Value) -> Option<Self> {
        let policy = normal(Semantics::Document, policy);
        let mut read = Self { allows: Vec::new(), denies: Vec::new() };
        for statement in policy.get("Statement")?.as_array()? {
            let rules = match statement.get("Effect").and_then(Value::as_str)? {
                "Allow" => &mut read.allows,
                "Deny" => &mut read.denies,
                _ => return None,
            };
            rules.extend(rules_of(statement)?);
        }
        Some(read)
    }
}

/// Returns what a statement says, one action and pattern at a time.
fn rules_of(statement: &Value) -> Option<Vec<Rule>> {
    if intrinsic(statement).is_some() {
        return None;
    }
    let strings = |name: &str| -> Option<Vec<String>> {
        statement.get(name).map_or(Some(Vec::new()), |list| list.as_array()?.iter().map(text).collect())
    };
    let (named, excepted) = (strings("Action")?, strings("NotAction")?);
    if named.is_empty() && excepted.is_empty() {
        return None;
    }
    let matches =
        |patterns: &[String], action: &str| patterns.iter().any(|pattern| is_match(pattern, action));
    let is_meant = |action: &&str| {
        if excepted.is_empty() { matches(&named, action) } else { !matches(&excepted, action) }
    };
    let narrowed =
        (statement.get("Condition").is_some() || statement.get("NotResource").is_some()).then(|| {
            ["Condition", "NotResource"].map(|name| statement.get(name).cloned().unwrap_or_default()).into()
        });
    let resources = match strings("Resource")? {
        // Everything but what `NotResource` names.
        resources if resources.is_empty() => vec!["*".to_owned()],
        resources => resources,
    };
    let rule =
        |action, resource: &String| Rule { action, resource: resource.clone(), narrowed: narrowed.clone() };
    let actions = ACTIONS.into_iter().filter(is_meant);
    Some(actions.flat_map(|action| resources.iter().map(move |resource| rule(action, resource))).collect())
}

impl Rule {
    /// Returns whether this rule is sure to hold wherever the other does.
    fn covers(&self, other: &Self) -> bool {
        self.action == other.action
            && is_match(&self.resource, &other.resource)
            && (self.narrowed.is_none() || self.narrowed == other.narrowed)
    }

    /// Returns whether there may be an update for which both hold.
    fn overlaps(&self, other: &Self) -> bool {
        let literal = |pattern: &str| pattern.split('*').next().unwrap_or_default().to_owned();
        let (a, b) = (literal(&self.resource), literal(&other.resource));
        let is_open = |pattern: &str| pattern.contains('*');
        let may_meet = match (is_open(&self.resource), is_open(&other.resource)) {
            (true, true) => a.starts_with(&b) || b.starts_with(&a),
            (true, false) => is_match(&self.resource, &other.resource),
            (false, true) => is_match(&other.resource, &self.resource),
            (false, false) => self.resource == other.resource,
        };
        self.action == other.action && may_meet
    }
}

/// Returns whether a pattern with `*` matches the text, all of it; a `*` in the text is matched by one in the pattern.
fn is_match(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ALL: &str = "*";

    fn statement(effect: &str, actions: &[&str], resource: &str) -> Value {
        json!({ "Effect": effect, "Action": actions, "Principal": "*", "Resource": resource })
    }

    fn policy(statements: &[Value]) -> Value {
        json!({ "Statement": statements })
    }

    /// Says of two policies whether the second is as strict as the first, and the first as the second.
    fn check(deployed: &Value, wanted: &Value, expected: (bool, bool)) {
        let there = is_as_strict(deployed, wanted).expect("two policies");
        let back = is_as_strict(wanted, deployed).expect("two policies");
        assert_eq!((there, back), expected, "{deployed} and {wanted}");
    }

    #[test]
    fn what_was_denied_is_still_denied_or_not() {
        let allow = statement("Allow", &["Update:*"], ALL);
        let deny =
            |actions: &[&str], resource: &str| policy(&[allow.clone(), statement("Deny", actions, resource)]);
        let open = policy(std::slice::from_ref(&allow));
        let both = deny(&["Update:Replace", "Update:Delete"], ALL);
        check(&both, &both, (true, true));
        check(&both, &open, (false, true));
        check(&both, &deny(&["Update:Replace"], ALL), (false, true));
        check(&both, &deny(&["Update:*"], ALL), (true, false));
        check(&both, &deny(&["*"], ALL), (true, false));
        check(&both, &deny(&["Update:Replace", "Update:Delete"], "LogicalResourceId/T"), (false, true));
        check(&both, &deny(&["Update:Modify"], ALL), (false, false));
        let one = deny(&["Update:Delete"], "LogicalResourceId/T");
        check(&one, &deny(&["Update:Delete"], "LogicalResourceId/*"), (true, false));
        check(&one, &deny(&["Update:Delete"], "LogicalResourceId/U"), (false, false));
        // In two statements instead of one.
        let apart = policy(&[
            statement("Deny", &["Update:Delete"], ALL),
            allow.clone(),
            statement("Deny", &["Update:Replace"], ALL),
        ]);
        check(&both, &apart, (true, true));
        let spelled = policy(&[
            allow.clone(),
            statement("Deny", &["Update:Modify", "Update:Replace", "Update:Delete"], ALL),
        ]);
        check(&deny(&["Update:*"], ALL), &spelled, (true, true));
        let excepted = policy(&[
            allow,
            json!({ "Effect": "Deny", "NotAction": "Update:Modify", "Principal": "*", "Resource": "*" }),
        ]);
        check(&both, &excepted, (true, true));
    }

    #[test]
    fn what_nothing_allows_is_denied() {
        let allow = |actions: &[&str], resource: &str| policy(&[statement("Allow", actions, resource)]);
        let all = allow(&["Update:*"], ALL);
        check(&all, &allow(&["Update:Modify"], ALL), (true, false));
        check(&all, &allow(&["Update:*"], "LogicalResourceId/T"), (true, false));
        check(&all, &policy(&[]), (true, false));
        let guarded = policy(&[
            statement("Allow", &["Update:*"], ALL),
            statement("Deny", &["Update:Delete"], "LogicalResourceId/T"),
        ]);
        check(&guarded, &allow(&["Update:Modify"], ALL), (true, false));
        check(&guarded, &allow(&["Update:Delete"], "LogicalResourceId/U"), (true, false));
        check(&guarded, &allow(&["Update:Delete"], "LogicalResourceId/*"), (false, false));
        check(&guarded, &allow(&["Update:Delete"], "LogicalResourceId/T"), (false, false));
    }

    #[test]
    fn a_denial_is_said_in_the_words_of_cloudformation() {
        let allow = statement("Allow", &["Update:*"], ALL);
        let deny = statement("Deny", &["Update:Replace", "Update:Delete"], "LogicalResourceId/N*e");
        let said = |policy: &Value, action: UpdateAction, id: &str| {
            denial(policy, action, id, "AWS::DynamoDB::Table").unwrap_or_default()
        };
        let guarded = policy(&[allow.clone(), deny.clone()]);
        assert_eq!(
            said(&guarded, UpdateAction::Replace, "Note"),
            "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/Note]"
        );
        assert_eq!(said(&guarded, UpdateAction::Modify, "Note"), "");
        assert_eq!(said(&guarded, UpdateAction::Delete, "User"), "");
        assert_eq!(
            said(&json!(policy(std::slice::from_ref(&deny)).to_string()), UpdateAction::Modify, "Note"),
            "Action not allowed by stack policy: no statement allows [Update:Modify] for resource [LogicalResourceId/Note]"
        );
        let except = json!({ "Effect": "Deny", "NotAction": "Update:Modify", "Principal": "*", "NotResource": "LogicalResourceId/User" });
        assert_ne!(said(&policy(&[allow.clone(), except.clone()]), UpdateAction::Delete, "Note"), "");
        assert_eq!(said(&policy(&[allow.clone(), except]), UpdateAction::Delete, "User"), "");
        let typed = |operator: &str, kind: &str| {
            let mut deny = deny.clone();
            deny["Condition"] = json!({ operator: { "ResourceType": [kind] } });
            said(&policy(&[allow.clone(), deny]), UpdateAction::Delete, "Note")
        };
        assert_ne!(typed("StringEquals", "AWS::DynamoDB::Table"), "");
        assert_eq!(typed("StringEquals", "AWS::DynamoDB::*"), "");
        assert_ne!(typed("StringLike", "AWS::DynamoDB::*"), "");
        for nothing in [json!(null), json!({}), json!("x")] {
            assert_eq!(said(&nothing, UpdateAction::Delete, "Note"), "");
        }
    }

    #[test]
    fn conditions_are_trusted_only_when_they_are_the_same() {
        let narrowed = |mut statement: Value, kind: &str| {
            statement["Condition"] = json!({ "StringEquals": { "ResourceType": [kind] } });
            statement
        };
        let allow = statement("Allow", &["Update:*"], ALL);
        let deny = statement("Deny", &["Update:Delete"], ALL);
        let with = |deny: Value| policy(&[allow.clone(), deny]);
        let tables = with(narrowed(deny.clone(), "AWS::DynamoDB::Table"));
        check(&tables, &with(deny.clone()), (true, false));
        check(&tables, &with(narrowed(deny.clone(), "AWS::KMS::Key")), (false, false));
        let bare = |mut statement: Value| {
            statement["Condition"] = json!({ "StringEquals": { "ResourceType": "AWS::DynamoDB::Table" } });
            statement
        };
        check(&tables, &with(bare(deny)), (true, true));
        let except = |resource: &str| {
            policy(&[
                allow.clone(),
                json!({ "Effect": "Deny", "Action": "Update:*", "NotResource": resource }),
            ])
        };
        check(&except("LogicalResourceId/T"), &except("LogicalResourceId/T"), (true, true));
        check(&except("LogicalResourceId/T"), &except("LogicalResourceId/U"), (false, false));
    }

    #[test]
    fn what_is_no_policy_is_not_judged() {
        let good = policy(&[statement("Allow", &["Update:*"], ALL)]);
        for bad in [
            json!(null),
            json!({}),
            json!("x"),
            json!({ "Statement": 5 }),
            json!({ "Statement": [5] }),
            json!({ "Statement": [{ "Effect": "Maybe", "Action": "Update:*" }] }),
            json!({ "Statement": [{ "Effect": "Deny", "Resource": "*" }] }),
            json!({ "Statement": { "Effect": "Deny", "Action": [["Update:*"]] } }),
            json!({ "Statement": [{ "Fn::If": ["C", { "Effect": "Deny" }, { "Effect": "Allow" }] }] }),
        ] {
            assert_eq!(is_as_strict(&good, &bad), None, "{bad}");
            assert_eq!(is_as_strict(&bad, &good), None, "{bad}");
        }
        // The body may be text, and one statement may stand alone.
        let alone = json!({ "Statement": statement("Allow", &["Update:*"], ALL) });
        assert_eq!(is_as_strict(&json!(alone.to_string()), &good), Some(true));
    }

    #[test]
    fn patterns() {
        let check = |pattern: &str, text: &str, expected: bool| {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        };
        check("*", "", true);
        check("*", "LogicalResourceId/T", true);
        check("a*", "a*b", true);
        check("a*b", "a*", false);
        check("a*b", "ab", true);
        check("a*b*c", "aXbXc", true);
        check("a*b*c", "aXcXb", false);
        check("a*bc*c", "abc", false);
        check("a*a", "a", false);
        check("a", "ab", false);
        check("a", "a", true);
        check("", "", true);
    }
}
