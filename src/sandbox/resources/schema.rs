//! Checks properties against the shape that their type has.
//!
//! Early validation and the handlers find the same problems and word them differently, as AWS does.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::state::resource_type::ResourceType;
use crate::template::intrinsics::UNKNOWN;
use crate::template::parameter_store;
use crate::wire::error::not_modelled;
use crate::wire::text::scalar;

/// Shapes written for this crate, several in a file; `$ref` names another one of them.
static OWN: LazyLock<Value> = LazyLock::new(|| read(include_str!("schemas.json")));

/// CloudFormation's own schemas, a type in a file, cut down to the keywords that [`walk`] knows. Patterns are not among
/// them: the services look at names themselves.
static OFFICIAL: LazyLock<BTreeMap<ResourceType, Value>> = LazyLock::new(|| {
    [
        (ResourceType::Alarm, include_str!("schemas/cloudwatch-alarm.json")),
        (ResourceType::Alias, include_str!("schemas/kms-alias.json")),
        (ResourceType::GlobalTable, include_str!("schemas/dynamodb-globaltable.json")),
        (ResourceType::Key, include_str!("schemas/kms-key.json")),
        (ResourceType::LogGroup, include_str!("schemas/logs-loggroup.json")),
        (ResourceType::ManagedPolicy, include_str!("schemas/iam-managedpolicy.json")),
        (ResourceType::Role, include_str!("schemas/iam-role.json")),
        (ResourceType::Stream, include_str!("schemas/kinesis-stream.json")),
        (ResourceType::Topic, include_str!("schemas/sns-topic.json")),
    ]
    .into_iter()
    .map(|(kind, text)| (kind, read(text)))
    .collect()
});

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("the schemas are JSON, as a test shows")
}

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
    /// Too long, too large, too many: what should hold.
    Beyond(String),
    /// Properties that exclude each other, or of which one is needed.
    Dependency(String),
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
            ProblemKind::Beyond(rule) => format!("Property [{}] must have {rule}", self.path),
            ProblemKind::Dependency(rule) => rule.clone(),
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
            ProblemKind::Beyond(rule) => format!("Value of property {{{path}}} must have {rule}"),
            ProblemKind::Dependency(rule) => rule.clone(),
        }
    }
}

/// Returns everything that is wrong with the properties of a resource.
pub(crate) fn check(kind: ResourceType, properties: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (root, schema) = match OFFICIAL.get(&kind) {
        Some(schema) => (schema, schema),
        None => (&*OWN, &OWN[kind.name()]),
    };
    walk(root, schema, properties, "", &mut problems);
    for pointer in schema.get("readOnlyProperties").and_then(Value::as_array).into_iter().flatten() {
        let name =
            pointer.as_str().and_then(|pointer| pointer.strip_prefix("/properties/")).unwrap_or_default();
        if properties.get(name).is_some() {
            problems.push(Problem { path: String::new(), kind: ProblemKind::Unsupported(name.to_owned()) });
        }
    }
    problems
}

fn walk(root: &Value, schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = match name.strip_prefix('#') {
            Some(pointer) => root.pointer(pointer).unwrap_or(&Value::Null),
            None => &root[name],
        };
        return walk(root, target, value, path, problems);
    }
    // What is not known yet cannot be judged.
    if value.as_str().is_some_and(|text| text == UNKNOWN || parameter_store::is_dynamic(text)) {
        return;
    }
    let before = problems.len();
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|kind| fits(kind, value)) {
        let kind = ProblemKind::Type(type_name(types[0]));
        problems.push(Problem { path: path.to_owned(), kind });
    }
    if problems.len() > before {
        return;
    }
    match value {
        Value::Object(_) => walk_object(root, schema, value, path, problems),
        Value::Array(items) => {
            if let Some(inner) = schema.get("items") {
                for (index, item) in items.iter().enumerate() {
                    walk(root, inner, item, &format!("{path}/{index}"), problems);
                }
            }
            walk_list(schema, items, path, problems);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            walk_enum(schema, value, path, problems);
            walk_limits(schema, value, path, problems);
        }
    }
}

/// CloudFormation takes a scalar for another where it can be read as one.
fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => !value.is_object() && !value.is_array(),
        "integer" => is_number(value, |text| text.parse::<i64>().is_ok()),
        "number" => is_number(value, |text| text.parse::<f64>().is_ok()),
        "boolean" => value.is_boolean() || matches!(value.as_str(), Some("true" | "false")),
        _ => true,
    }
}

fn type_name(kind: &str) -> &'static str {
    match kind {
        "object" => "Object",
        "array" => "List",
        "integer" => "Integer",
        "number" => "Number",
        "boolean" => "Boolean",
        _ => "String",
    }
}

fn walk_list(schema: &Value, items: &[Value], path: &str, problems: &mut Vec<Problem>) {
    let mut beyond = |rule: String| {
        problems.push(Problem { path: path.to_owned(), kind: ProblemKind::Beyond(rule) });
    };
    let limit = |name: &str| schema.get(name).and_then(Value::as_u64);
    let length = items.len() as u64;
    if let Some(least) = limit("minItems").filter(|least| length < *least) {
        beyond(format!("at least {least} items"));
    }
    if let Some(most) = limit("maxItems").filter(|most| length > *most) {
        beyond(format!("at most {most} items"));
    }
    let doubled = items.iter().enumerate().any(|(place, item)| items[..place].contains(item));
    if doubled && schema.get("uniqueItems") == Some(&Value::Bool(true)) {
        beyond("unique items".to_owned());
    }
}

fn walk_limits(schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
    let mut beyond = |rule: String| {
        problems.push(Problem { path: path.to_owned(), kind: ProblemKind::Beyond(rule) });
    };
    let limit = |name: &str| schema.get(name).and_then(Value::as_f64);
    let text = scalar(value);
    let length = text.chars().count() as f64;
    if let Some(least) = limit("minLength").filter(|least| length < *least) {
        beyond(format!("at least {least} characters"));
    }
    if let Some(most) = limit("maxLength").filter(|most| length > *most) {
        beyond(format!("at most {most} characters"));
    }
    let Ok(number) = text.parse::<f64>() else { return };
    if let Some(least) = limit("minimum").filter(|least| number < *least) {
        beyond(format!("a value of at least {least}"));
    }
    if let Some(most) = limit("maximum").filter(|most| number > *most) {
        beyond(format!("a value of at most {most}"));
    }
}

fn is_number(value: &Value, fits: impl Fn(&str) -> bool) -> bool {
    match value {
        Value::Number(number) => fits(&number.to_string()),
        Value::String(text) => fits(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn walk_object(root: &Value, schema: &Value, value: &Value, path: &str, problems: &mut Vec<Problem>) {
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
    walk_property_dependencies(schema, value, &mut problem);
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, field) in value.as_object().into_iter().flatten() {
        match properties.get(name) {
            Some(inner) => walk(root, inner, field, &format!("{path}/{name}"), problems),
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

/// Properties that need or exclude each other.
fn walk_property_dependencies(schema: &Value, value: &Value, problem: &mut impl FnMut(ProblemKind)) {
    let has = |name: &Value| name.as_str().is_some_and(|name| value.get(name).is_some());
    let list = |names: &[Value]| names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    if let Some(names) = schema.get("requiredXor").and_then(Value::as_array)
        && names.iter().filter(|name| has(name)).count() != 1
    {
        problem(ProblemKind::Dependency(format!("Exactly one of [{}] is required", list(names))));
    }
    for (keyword, excluded) in [("dependentExcluded", true), ("dependencies", false)] {
        for (name, others) in schema.get(keyword).and_then(Value::as_object).into_iter().flatten() {
            let (Some(_), Some(others)) = (value.get(name), others.as_array()) else { continue };
            for other in others.iter().filter(|other| has(other) == excluded) {
                let verb = if excluded { "excludes" } else { "needs" };
                let other = other.as_str().unwrap_or_default();
                problem(ProblemKind::Dependency(format!("The property {name} {verb} {other}")));
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
    fn official_schemas_are_read() {
        let judged = |kind: ResourceType, properties: Value, expected: &[&str]| {
            let problems: Vec<String> = check(kind, &properties).iter().map(Problem::late).collect();
            assert_eq!(problems, expected, "{properties}");
        };
        for kind in OFFICIAL.keys() {
            assert!(OFFICIAL[kind]["properties"].is_object(), "{kind:?}");
        }
        judged(ResourceType::Key, json!({}), &[]);
        judged(ResourceType::Key, json!({"KeyPolicy": {"Statement": []}, "PendingWindowInDays": "7"}), &[]);
        judged(
            ResourceType::Key,
            json!({"PendingWindowInDays": 3, "KeyId": "x", "EnableKeyRotation": "perhaps"}),
            &[
                "Value of property {/EnableKeyRotation} does not match type {Boolean}",
                "Value of property {/PendingWindowInDays} must have a value of at least 7",
                "Encountered unsupported properties in {/}: [KeyId]",
            ],
        );
        judged(
            ResourceType::Alias,
            json!({"AliasName": "alias/x"}),
            &["The property {/TargetKeyId} is required"],
        );
        judged(
            ResourceType::GlobalTable,
            json!({"Replicas": [{"Region": "eu-west-1", "Tags": [{"Key": "a"}]}], "BillingMode": "FREE"}),
            &[
                "Value of property {/BillingMode} must be one of [PAY_PER_REQUEST, PROVISIONED]",
                "The property {/Replicas/0/Tags/0/Value} is required",
            ],
        );
        judged(
            ResourceType::GlobalTable,
            json!({"Replicas": []}),
            &["Value of property {/Replicas} must have at least 1 items"],
        );
        judged(
            ResourceType::Topic,
            json!({"Tags": [{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "b"}]}),
            &[],
        );
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
