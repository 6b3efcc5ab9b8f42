//! R1: resource policies of tables, streams and replicas.

use serde_json::Value as Json;
use tablewright_template::function;

use crate::place::Place;
use crate::problem::Problem;
use crate::table::Table;
use crate::table::policy::Policy;

const MOST_BYTES: usize = 20_480;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    let owner = format!("table `{}`", table.id);
    let replicas = table.global.iter().flat_map(|global| &global.replicas);
    let of_replicas = replicas.flat_map(|replica| {
        [("policy", &replica.policy, &replica.at), ("stream policy", &replica.stream_policy, &replica.at)]
    });
    let of_table = [("policy", &table.policy, &table.at), ("stream policy", &table.stream_policy, &table.at)];
    for (what, policy, at) in of_table.into_iter().chain(of_replicas) {
        if let Some(policy) = policy {
            document(&format!("the {what} of {owner}"), policy, at, problems);
            if table.global.is_some() && statements(&policy.document).any(denies_everyone) {
                problems.push(
                    Problem::warning("R1", at, format!("the {what} of {owner} denies actions to everyone"))
                        .help("exclude the role `AWSServiceRoleForDynamoDBReplication`, which DynamoDB uses for replication, with a condition"),
                );
            }
        }
    }
}

fn document(what: &str, policy: &Policy, at: &Place, problems: &mut Vec<Problem>) {
    let mut wrong = |message: String, help: &str, server_text: Option<&str>| {
        let problem = Problem::error("R1", at, message).help(help);
        problems.push(match server_text {
            Some(text) => problem.server_text(text),
            None => problem,
        });
    };
    let document = &policy.document;
    if function(document).is_some() {
        return;
    }
    if super::has_null(document) {
        wrong(
            format!("{what} contains `null`"),
            "remove the entry",
            Some("Template error: null values are not allowed in templates"),
        );
    }
    let size = least_size(document);
    if size > MOST_BYTES {
        wrong(
            format!("{what} has {size} bytes; {MOST_BYTES} are allowed"),
            "use fewer statements, or policies of the roles",
            Some("Maximum policy size of 20480 bytes exceeded"),
        );
    }
    if !document.get("Statement").is_some_and(|statement| statement.is_array() || statement.is_object()) {
        wrong(
            format!("{what} has no `Statement`"),
            "a policy document has `Version` and a list `Statement`: see `Policy`",
            None,
        );
    }
    for statement in statements(document) {
        let sid = statement.get("Sid").and_then(Json::as_str);
        let name = sid.map_or_else(|| "a statement".to_owned(), |sid| format!("statement `{sid}`"));
        if statement.get("Principal").or(statement.get("NotPrincipal")).is_none() {
            wrong(
                format!("{name} in {what} has no `Principal`"),
                "add `.account(…)`, `.principal(…)` or `.service(…)`",
                None,
            );
        }
        if allows_everyone(statement) {
            wrong(
                format!("{name} in {what} allows actions to everyone"),
                "use an account or a role as the principal, or add a condition",
                Some("Resource-based policy grants unbounded access"),
            );
        }
    }
}

pub(super) fn statements(document: &Json) -> impl Iterator<Item = &Json> {
    let (many, one) = match document.get("Statement") {
        Some(Json::Array(statements)) => (&statements[..], None),
        one => (&[][..], one),
    };
    many.iter().chain(one).filter(|statement| statement.is_object() && function(statement).is_none())
}

pub(super) fn allows_everyone(statement: &Json) -> bool {
    statement["Effect"] == "Allow" && is_unbounded(statement)
}

fn denies_everyone(statement: &Json) -> bool {
    statement["Effect"] == "Deny" && is_unbounded(statement)
}

fn is_unbounded(statement: &Json) -> bool {
    let everybody = |principal: &Json| {
        principal == "*" || principal.as_array().is_some_and(|all| all.iter().any(|one| one == "*"))
    };
    let principal = &statement["Principal"];
    (everybody(principal) || everybody(&principal["AWS"])) && statement.get("Condition").is_none()
}

/// Returns the minimum size of a document in bytes, with zero for the unknown values of intrinsic functions.
fn least_size(value: &Json) -> usize {
    match value {
        Json::Object(_) if function(value).is_some() => 0,
        Json::Object(entries) => {
            let inner: usize = entries.iter().map(|(key, value)| key.len() + 3 + least_size(value)).sum();
            inner + 2 + entries.len().saturating_sub(1)
        }
        Json::Array(items) => items.iter().map(least_size).sum::<usize>() + 2 + items.len().saturating_sub(1),
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => value.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::least_size;

    #[test]
    fn the_size_is_that_of_compact_json() {
        for value in
            [json!({}), json!([]), json!({ "a": [1, "b", { "c": null }], "d": "é\n" }), json!([[], [true]])]
        {
            assert_eq!(least_size(&value), value.to_string().len(), "{value}");
        }
        assert_eq!(least_size(&json!([{ "Ref": "Long" }])), 2);
    }
}
