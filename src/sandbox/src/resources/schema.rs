//! Checks properties against the shape that their type has.
//!
//! Early validation and the handlers find the same problems and word them differently, as AWS does.

use std::sync::LazyLock;

use serde_json::Value;

use super::ResourceType;
use crate::cloudformation::intrinsics::UNKNOWN;
use crate::wire::error::not_modelled;

static SCHEMAS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("schemas.json")).expect("schemas.json is JSON, as a test shows")
});

/// Something that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Where, as a pointer below `Properties`; empty for the properties themselves.
    pub(crate) path: String,
    pub(crate) kind: ProblemKind,
}

/// What is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    Missing(String),
    Unsupported(String),
    Unmodelled(String),
    Type(&'static str),
    NotOneOf(String),
}

impl Problem {
    /// The words of early validation. Only the first is recorded; the others follow its form.
    pub(crate) fn early(&self) -> String {
        match &self.kind {
            ProblemKind::Missing(name) => format!("Required property [{name}] not found"),
            ProblemKind::Unsupported(name) => format!("Unsupported property [{name}]"),
            ProblemKind::Unmodelled(name) => not_modelled(&format!("the property {name}")),
            ProblemKind::Type(kind) => format!("Property [{}] is not of type {kind}", self.path),
            ProblemKind::NotOneOf(allowed) => format!("Property [{}] is not one of {allowed}", self.path),
        }
    }

    /// The words of a handler.
    pub(crate) fn late(&self) -> String {
        let path = &self.path;
        match &self.kind {
            ProblemKind::Missing(name) => format!("The property {{{path}/{name}}} is required"),
            ProblemKind::Unsupported(name) => {
                format!("Encountered unsupported properties in {{{path}/}}: [{name}]")
            }
            ProblemKind::Unmodelled(name) => not_modelled(&format!("the property {name}")),
            ProblemKind::Type(kind) => format!("Value of property {{{path}}} does not match type {{{kind}}}"),
            ProblemKind::NotOneOf(allowed) => {
                format!("Value of property {{{path}}} must be one of {allowed}")
            }
        }
    }
}

/// Returns everything that is wrong with the properties of a resource.
pub(crate) fn check(kind: ResourceType, properties: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(&SCHEMAS[kind.name()], properties, "", &mut problems);
    problems
}

fn walk(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        return walk(&SCHEMAS[name], value, path, problems);
    }
    if value.as_str() == Some(UNKNOWN) {
        return;
    }
    let mut wrong = |kind| {
        problems.push(Problem { path: path.to_owned(), kind: ProblemKind::Type(kind) });
    };
    match schema.get("type").and_then(Value::as_str) {
        Some("object") => match value.as_object() {
            Some(_) => walk_object(schema, value, path, problems),
            None => wrong("Object"),
        },
        Some("array") => match value.as_array() {
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(&schema["items"], item, &format!("{path}/{index}"), problems);
                }
            }
            None => wrong("List"),
        },
        Some("string") if value.is_object() || value.is_array() => wrong("String"),
        Some("string") => walk_enum(schema, value, path, problems),
        Some("integer") if !is_number(value, |text| text.parse::<i64>().is_ok()) => wrong("Integer"),
        Some("number") if !is_number(value, |text| text.parse::<f64>().is_ok()) => wrong("Number"),
        Some("boolean") if !value.is_boolean() && !matches!(value.as_str(), Some("true" | "false")) => {
            wrong("Boolean");
        }
        _ => {}
    }
}

fn is_number(value: &Value, fits: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Number(number) => fits(&number.to_string()),
        Value::String(text) => fits(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn walk_object(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let mut problem = |kind| {
        problems.push(Problem { path: path.to_owned(), kind });
    };
    let names = |list: &str| {
        schema.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    };
    for name in names("required") {
        if value.get(name).is_none() {
            problem(ProblemKind::Missing(name.to_owned()));
        }
    }
    let fields = value.as_object().into_iter().flatten();
    for (name, field) in fields {
        match schema["properties"].get(name) {
            Some(inner) => walk(inner, field, &format!("{path}/{name}"), problems),
            None if names("unmodelled").any(|unmodelled| unmodelled == name) => {
                problems.push(Problem { path: path.to_owned(), kind: ProblemKind::Unmodelled(name.clone()) });
            }
            None => {
                problems
                    .push(Problem { path: path.to_owned(), kind: ProblemKind::Unsupported(name.clone()) });
            }
        }
    }
}

fn walk_enum(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let Some(allowed) = schema.get("enum").and_then(Value::as_array) else {
        return;
    };
    if !allowed.contains(value) {
        let list: Vec<&str> = allowed.iter().filter_map(Value::as_str).collect();
        let kind = ProblemKind::NotOneOf(format!("[{}]", list.join(", ")));
        problems.push(Problem { path: path.to_owned(), kind });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check_table(properties: &Value, expected: &[&str]) {
        let problems: Vec<String> =
            check(ResourceType::Table, properties).iter().map(Problem::late).collect();
        assert_eq!(problems, expected, "{properties}");
    }

    #[test]
    fn problems_are_found_at_every_depth() {
        let keys = json!([{"AttributeName": "id", "KeyType": "HASH"}]);
        check_table(&json!({"KeySchema": keys}), &[]);
        check_table(&json!({}), &["The property {/KeySchema} is required"]);
        check_table(
            &json!({"KeySchema": [{"KeyType": "HASH"}]}),
            &["The property {/KeySchema/0/AttributeName} is required"],
        );
        check_table(
            &json!({"KeySchema": keys, "Foo": 1}),
            &["Encountered unsupported properties in {/}: [Foo]"],
        );
        check_table(
            &json!({"KeySchema": keys, "BillingMode": "FREE"}),
            &["Value of property {/BillingMode} must be one of [PAY_PER_REQUEST, PROVISIONED]"],
        );
        check_table(
            &json!({"KeySchema": keys, "ProvisionedThroughput": {"ReadCapacityUnits": "5", "WriteCapacityUnits": "x"}}),
            &["Value of property {/ProvisionedThroughput/WriteCapacityUnits} does not match type {Integer}"],
        );
        check_table(
            &json!({"KeySchema": keys, "TableName": ["a"], "DeletionProtectionEnabled": "yes"}),
            &[
                "Value of property {/DeletionProtectionEnabled} does not match type {Boolean}",
                "Value of property {/TableName} does not match type {String}",
            ],
        );
        check_table(&json!({"KeySchema": UNKNOWN, "TableName": UNKNOWN}), &[]);
    }
}
