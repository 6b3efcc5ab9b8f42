//! Stack policies: what an update may do to which resource.
//!
//! A policy denies what no statement allows, and a Deny overrides every Allow. Without a policy everything is allowed.

use serde_json::Value;

use crate::state::resource_type::ResourceType;
use crate::wire::error::ApiError;

/// The action of an update on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateAction {
    Modify,
    Replace,
    Delete,
}

impl UpdateAction {
    fn name(self) -> &'static str {
        match self {
            Self::Modify => "Update:Modify",
            Self::Replace => "Update:Replace",
            Self::Delete => "Update:Delete",
        }
    }
}

const ACTIONS: &[&str] = &["Update:Modify", "Update:Replace", "Update:Delete", "Update:*", "*"];

/// Refuses an invalid stack policy. An empty object removes the policy.
pub(crate) fn check_text(policy: &str) -> Result<(), ApiError> {
    let parsed: Option<Value> = serde_json::from_str(policy).ok();
    let good = parsed.as_ref().and_then(Value::as_object).is_some_and(|fields| {
        fields.is_empty() || fields.get("Statement").is_some_and(|list| all(list, well_formed))
    });
    if good {
        Ok(())
    } else {
        Err(ApiError::validation("Error validating stack policy: Invalid stack policy"))
    }
}

fn all(list: &Value, check: impl Fn(&Value) -> bool) -> bool {
    match list {
        Value::Array(items) => items.iter().all(check),
        one => check(one),
    }
}

fn well_formed(statement: &Value) -> bool {
    let known = |names: &Value| all(names, |name| name.as_str().is_some_and(|name| ACTIONS.contains(&name)));
    let actions = statement.get("Action").or_else(|| statement.get("NotAction"));
    let resources = statement.get("Resource").or_else(|| statement.get("NotResource"));
    // No other principal than `*` is accepted.
    let principal = statement.get("Principal").or_else(|| statement.get("NotPrincipal"));
    matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
        && actions.is_some_and(known)
        && principal.is_some_and(|who| who == "*" || who.get("AWS").is_some_and(|who| who == "*"))
        && resources.is_some_and(|names| all(names, Value::is_string))
}

/// Returns the reason with which a policy refuses an update of a resource, or `None` when the policy allows it.
pub(crate) fn judge(
    policy: Option<&str>,
    action: UpdateAction,
    logical_id: &str,
    kind: ResourceType,
) -> Option<String> {
    let policy: Value = serde_json::from_str(policy?).ok()?;
    let statements: Vec<&Value> = match policy.get("Statement")? {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    let resource = format!("LogicalResourceId/{logical_id}");
    let applies = |statement: &Value| {
        let name = action.name();
        matches(statement, "Action", name)
            && matches(statement, "Resource", &resource)
            && condition_holds(statement, kind)
    };
    let has = |statement: &Value, effect: &str| statement.get("Effect").is_some_and(|given| given == effect);
    let denies = statements.iter().position(|statement| has(statement, "Deny") && applies(statement));
    match denies {
        Some(place) => Some(format!(
            "Action denied by stack policy: Statement [#{}] does not allow [{}] for resource [{resource}];",
            place + 1,
            action.name()
        )),
        None if statements.iter().any(|statement| has(statement, "Allow") && applies(statement)) => None,
        None => Some(format!(
            "Action not allowed by stack policy: no statement allows [{}] for resource [{resource}];",
            action.name()
        )),
    }
}

/// Whether a name is among those of `member`, or not among those of its `Not` form.
fn matches(statement: &Value, member: &str, name: &str) -> bool {
    let any = |patterns: &Value| !all(patterns, |pattern| !like(pattern.as_str().unwrap_or_default(), name));
    match (statement.get(member), statement.get(format!("Not{member}"))) {
        (Some(patterns), _) => any(patterns),
        (None, Some(patterns)) => !any(patterns),
        (None, None) => false,
    }
}

fn condition_holds(statement: &Value, kind: ResourceType) -> bool {
    let Some(conditions) = statement.get("Condition").and_then(Value::as_object) else {
        return true;
    };
    conditions.iter().all(|(operator, tests)| {
        let Some(types) = tests.get("ResourceType") else { return true };
        let equal = operator == "StringEquals";
        !all(types, |pattern| {
            let pattern = pattern.as_str().unwrap_or_default();
            !(if equal { pattern == kind.name() } else { like(pattern, kind.name()) })
        })
    })
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn like(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            rest.is_empty() || (0..=name.len()).any(|at| name.is_char_boundary(at) && like(rest, &name[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(statements: &Value, action: UpdateAction, expected: Option<&str>) {
        let policy = json!({ "Statement": statements }).to_string();
        assert!(check_text(&policy).is_ok(), "{policy}");
        let reason = judge(Some(&policy), action, "Notes", ResourceType::Table);
        assert_eq!(reason.as_deref(), expected, "{policy}");
    }

    const DENIED: &str = "Action denied by stack policy: Statement [#1] does not allow [Update:Replace] for resource \
                          [LogicalResourceId/Notes];";
    const NOT_ALLOWED: &str = "Action not allowed by stack policy: no statement allows [Update:Modify] for resource [LogicalResourceId/Notes];";

    #[test]
    fn statements_are_weighed() {
        let allow = json!({"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"});
        let deny = |resource: Value| json!({"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": resource});
        check(&json!([deny(json!("*")), allow]), UpdateAction::Replace, Some(DENIED));
        check(&json!([deny(json!("LogicalResourceId/N*s")), allow]), UpdateAction::Replace, Some(DENIED));
        check(&json!([deny(json!("*")), allow]), UpdateAction::Modify, None);
        check(&json!([deny(json!(["LogicalResourceId/Other"])), allow]), UpdateAction::Replace, None);
        check(&json!(deny(json!("*"))), UpdateAction::Modify, Some(NOT_ALLOWED));
        let others = json!({"Effect": "Deny", "NotAction": "Update:Modify", "Principal": "*", "NotResource": "LogicalResourceId/Other"});
        check(&json!([others, allow]), UpdateAction::Replace, Some(DENIED));
        let typed = |operator: &str, kind: &str| {
            let mut statement = deny(json!("*"));
            statement["Condition"] = json!({operator: {"ResourceType": [kind]}});
            json!([statement, allow])
        };
        check(&typed("StringEquals", "AWS::DynamoDB::Table"), UpdateAction::Replace, Some(DENIED));
        check(&typed("StringEquals", "AWS::DynamoDB::*"), UpdateAction::Replace, None);
        check(&typed("StringLike", "AWS::DynamoDB::*"), UpdateAction::Replace, Some(DENIED));
        assert_eq!(judge(None, UpdateAction::Delete, "Notes", ResourceType::Table), None);
        assert_eq!(judge(Some("{}"), UpdateAction::Delete, "Notes", ResourceType::Table), None);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let refused = |policy: &str| assert!(check_text(policy).is_err(), "{policy}");
        let statement = |principal: &str, action: &str, effect: &str| {
            json!({"Statement": [{"Effect": effect, "Action": action, "Principal": principal, "Resource": "*"}]}).to_string()
        };
        refused("no JSON");
        refused("[]");
        refused(r#"{"Statement": [{}]}"#);
        refused(r#"{"Policy": []}"#);
        refused(&statement("me", "Update:*", "Deny"));
        refused(&statement("*", "Delete:*", "Deny"));
        refused(&statement("*", "Update:*", "Perhaps"));
        assert!(check_text(&statement("*", "Update:*", "Deny")).is_ok());
        assert!(check_text("{}").is_ok());
    }
}
