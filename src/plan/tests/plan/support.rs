//! Small templates, and plans as lines that a test can compare.

use serde_json::{Value, json};
use tablewright_plan::{Action, Change, Plan, Step};

/// A template with one table, `T`, that has these properties besides a key and a name.
pub(crate) fn named(properties: Value) -> Value {
    table(merged(json!({ "TableName": "app-t" }), properties))
}

/// A template with one table, `T`, whose name is generated.
pub(crate) fn table(properties: Value) -> Value {
    json!({ "Resources": { "T": resource(properties) } })
}

/// A table with these properties besides a key; `null` takes a property away.
pub(crate) fn resource(properties: Value) -> Value {
    let base = json!({
        "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    json!({ "Type": "AWS::DynamoDB::Table", "Properties": merged(base, properties) })
}

/// Puts the members of the second object over those of the first.
pub(crate) fn merged(mut base: Value, over: Value) -> Value {
    let map = base.as_object_mut().expect("an object");
    for (name, value) in over.as_object().expect("an object").clone() {
        if value.is_null() {
            map.remove(&name)
        } else {
            map.insert(name, value)
        };
    }
    base
}

/// A copy of the template with the value at the pointer replaced, or taken away by `null`.
pub(crate) fn with(template: &Value, pointer: &str, value: Value) -> Value {
    let mut template = template.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let map = template.pointer_mut(parent).expect("a place").as_object_mut().expect("an object");
    if value.is_null() {
        map.remove(name)
    } else {
        map.insert(name.to_owned(), value)
    };
    template
}

pub(crate) fn key(names: &[&str]) -> Value {
    let roles = ["HASH", "RANGE"];
    names.iter().zip(roles).map(|(name, role)| json!({ "AttributeName": name, "KeyType": role })).collect()
}

/// Attribute definitions, all strings; `n:N` is a number.
pub(crate) fn attributes(names: &[&str]) -> Value {
    let typed = names.iter().map(|name| name.split_once(':').unwrap_or((name, "S")));
    typed.map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind })).collect()
}

pub(crate) fn index(name: &str, keys: &[&str]) -> Value {
    json!({ "IndexName": name, "KeySchema": key(keys), "Projection": { "ProjectionType": "ALL" } })
}

/// One line for each change: action, place, verdict.
pub(crate) fn lines(plan: &Plan) -> Vec<String> {
    plan.changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    let action = match &change.action {
        Action::Move { from } => format!("move {from} to"),
        Action::Add | Action::Remove | Action::Modify => change.action.as_str().to_owned(),
    };
    let place = [change.section.as_str(), change.logical_id.as_str()].join("/");
    format!(
        "{action} {}{}: {}",
        place.trim_end_matches('/').trim_start_matches("Resources/"),
        change.path,
        change.verdict
    )
}

/// The summaries of all steps, a step a line; sorted, since `serde_json` may or may not keep the order of members.
pub(crate) fn steps(plan: &Plan) -> Vec<String> {
    let line = |step: &Step| {
        let mut lines = step.summary.clone();
        lines.sort_unstable();
        lines.join("; ")
    };
    plan.steps.iter().map(line).collect()
}

/// A change as a person reads it: all that is said of it.
pub(crate) fn told(change: &Change) -> String {
    let Change { action, verdict, why, .. } = change;
    let mut lines =
        vec![format!("{verdict}: {} {}{}", action.as_str(), change.logical_id, change.path), why.clone()];
    lines.extend(change.server_text.iter().map(|words| format!("AWS: {words}")));
    if let Some(recipe) = &change.recipe {
        lines.push(format!("to {}:", recipe.goal));
        lines.extend(recipe.steps.iter().map(|step| format!("- {step}")));
    }
    lines.join("\n  ")
}
