//! When two values of a template mean the same.
//!
//! In go values as written, out comes one spelling for all ways to say a thing: numbers and booleans as strings
//! (CloudFormation passes strings), `Fn::GetAtt` as a list, `Ref: AWS::NoValue` left out, lists sorted where
//! DynamoDB or CloudFormation read them as sets. Key schemas keep their order: there it has a meaning.

use serde_json::{Map, Number, Value, json};

/// Returns whether two values under the property `name` mean the same.
pub(crate) fn same(name: &str, a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        // The same as comparing normal forms, without building them: most templates differ in few places.
        (Value::Object(x), Value::Object(y)) if intrinsic(a).is_none() && intrinsic(b).is_none() => {
            let there = |value: &&Value| !is_no_value(value);
            let inside = |(key, value): (&String, &Value), other: &Map<String, Value>| {
                same_option(key, Some(value).filter(there), other.get(key).filter(there))
            };
            x.iter().all(|member| inside(member, y)) && y.iter().all(|member| inside(member, x))
        }
        _ => normal(name, a) == normal(name, b),
    }
}

/// Like [`same`], for values that may be absent.
pub(crate) fn same_option(name: &str, a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(name, a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Returns a string that is equal for equal meanings: the text of a scalar, canonical JSON of anything else.
pub(crate) fn identity(value: &Value) -> String {
    match normal("", value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Returns the text of a scalar: CloudFormation hands `5`, `"5"`, `true` and `"true"` to DynamoDB alike.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Number(number) => Some(number_text(number)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Returns whether the value is `Ref: AWS::NoValue`, which CloudFormation reads as "not there".
pub(crate) fn is_no_value(value: &Value) -> bool {
    intrinsic(value).is_some_and(|(name, argument)| name == "Ref" && argument == "AWS::NoValue")
}

/// Returns name and argument of an intrinsic function, `None` for everything else.
pub(crate) fn intrinsic(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object()?;
    let (name, argument) = map.iter().next()?;
    let known = name == "Ref" || name == "Condition" || name.starts_with("Fn::");
    (map.len() == 1 && known).then_some((name.as_str(), argument))
}

/// The member that tells the elements of a list apart, for the lists whose order says nothing.
pub(crate) fn list_member(name: &str) -> Option<&'static str> {
    match name {
        "AttributeDefinitions" => Some("AttributeName"),
        "GlobalSecondaryIndexes" | "LocalSecondaryIndexes" => Some("IndexName"),
        "Replicas" => Some("Region"),
        "Tags" => Some("Key"),
        _ => None,
    }
}

fn is_set(name: &str) -> bool {
    list_member(name).is_some()
        || matches!(
            name,
            "DependsOn" | "Dimensions" | "GlobalTableWitnesses" | "NonKeyAttributes" | "ScheduledActions"
        )
}

fn normal(name: &str, value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::Bool(_) | Value::Number(_) | Value::String(_) => normal_scalar(name, value),
        Value::Array(items) => {
            let items = items.iter().filter(|item| !is_no_value(item));
            let mut items: Vec<Value> = items.map(|item| normal("", item)).collect();
            if is_set(name) {
                items.sort_by_cached_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Object(map) => normal_intrinsic(name, value).unwrap_or_else(|| normal_map(map)),
    }
}

fn normal_scalar(name: &str, value: &Value) -> Value {
    let text = text(value).map_or(Value::Null, Value::String);
    if name == "DependsOn" { json!([text]) } else { text }
}

fn normal_map(map: &Map<String, Value>) -> Value {
    let mut entries: Vec<_> = map.iter().filter(|(_, value)| !is_no_value(value)).collect();
    // Sorted here because `serde_json` may be built with `preserve_order`, and `identity` prints the map.
    entries.sort_by_key(|(name, _)| *name);
    Value::Object(entries.into_iter().map(|(name, value)| (name.clone(), normal(name, value))).collect())
}

/// The intrinsic functions that have two spellings, and the one that stands for the value of its property.
fn normal_intrinsic(property: &str, value: &Value) -> Option<Value> {
    match intrinsic(value)? {
        ("Fn::If", Value::Array(parts)) => {
            let (condition, branches) = parts.split_first()?;
            let branches = branches.iter().map(|branch| normal(property, branch));
            let parts: Vec<Value> = [condition.clone()].into_iter().chain(branches).collect();
            Some(json!({ "Fn::If": parts }))
        }
        ("Fn::GetAtt", Value::String(dotted)) => {
            let (name, attribute) = dotted.split_once('.')?;
            Some(json!({ "Fn::GetAtt": [name, attribute] }))
        }
        ("Fn::Sub", Value::String(template)) => {
            match template.strip_prefix("${").and_then(|t| t.strip_suffix('}')) {
                None => (!template.contains("${")).then(|| Value::String(template.clone())),
                Some(name) if name.contains(['$', '{', '}', '!']) => None,
                Some(name) => match name.split_once('.') {
                    Some((name, attribute)) => Some(json!({ "Fn::GetAtt": [name, attribute] })),
                    None => Some(json!({ "Ref": name })),
                },
            }
        }
        _ => None,
    }
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        // `5.0` is `5`; beyond 2^53 a float no longer tells integers apart, so the text decides.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => format!("{float:.0}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_meaning_are_the_same() {
        let check = |name: &str, a: Value, b: Value| assert!(same(name, &a, &b), "{name}: {a} and {b}");
        check("ReadCapacityUnits", json!("5"), json!(5));
        check("ReadCapacityUnits", json!(5.0), json!(5));
        check("ReadCapacityUnits", json!(18_446_744_073_709_551_615_u64), json!("18446744073709551615"));
        check("Enabled", json!("true"), json!(true));
        check("Value", json!({ "Fn::GetAtt": "T.Arn" }), json!({ "Fn::GetAtt": ["T", "Arn"] }));
        check("Value", json!({ "Fn::GetAtt": "N.Outputs.A" }), json!({ "Fn::GetAtt": ["N", "Outputs.A"] }));
        check("Value", json!({ "Fn::Sub": "${T.Arn}" }), json!({ "Fn::GetAtt": ["T", "Arn"] }));
        check("Value", json!({ "Fn::Sub": "${T}" }), json!({ "Ref": "T" }));
        check("Value", json!({ "Fn::Sub": "plain" }), json!("plain"));
        check("DependsOn", json!("A"), json!(["A"]));
        check("DependsOn", json!(["A", "B"]), json!(["B", "A"]));
        check("NonKeyAttributes", json!(["a", "b"]), json!(["b", "a"]));
        check(
            "Tags",
            json!([{ "Key": "a", "Value": 1 }, { "Key": "b", "Value": 2 }]),
            json!([
                { "Value": "2", "Key": "b" }, { "Value": "1", "Key": "a" },
            ]),
        );
        check("Properties", json!({ "A": 1, "B": { "Ref": "AWS::NoValue" } }), json!({ "A": "1" }));
        check("Tags", json!([{ "Ref": "AWS::NoValue" }]), json!([]));
    }

    #[test]
    fn different_meanings_are_not_the_same() {
        let check = |name: &str, a: Value, b: Value| assert!(!same(name, &a, &b), "{name}: {a} and {b}");
        check("ReadCapacityUnits", json!(5), json!(6));
        check("ReadCapacityUnits", json!(5.5), json!(5));
        check("Enabled", json!("True"), json!(true));
        check("Value", json!(null), json!("null"));
        check("Value", json!({ "Fn::Sub": "${!T}" }), json!({ "Ref": "!T" }));
        check("Value", json!({ "Fn::Sub": "${A}${B}" }), json!({ "Ref": "A}${B" }));
        check("Statement", json!(["a", "b"]), json!(["b", "a"]));
        check(
            "KeySchema",
            json!([{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }]),
            json!([{ "AttributeName": "sk", "KeyType": "RANGE" }, { "AttributeName": "pk", "KeyType": "HASH" }]),
        );
    }
}
