//! Equality of template values that are written differently.
//!
//! Values are normalized: numbers and booleans are strings (as CloudFormation passes them), `Fn::GetAtt` is a list, `Fn::Sub` and
//! `Fn::Join` are a list of parts, `Ref: AWS::NoValue` is removed, and lists that are sets are sorted. Key schemas keep their
//! order, which is significant.

pub(crate) mod list_semantics;

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value, json};
pub(crate) use tablewright_template::function as intrinsic;
use tablewright_template::{Sub, SubPart};

use crate::equality::list_semantics::Semantics;

/// The longest text that is written out, in bytes; expressions that double each other would outgrow memory.
pub(crate) const LONGEST_TEXT: usize = 1 << 16;

/// Returns whether two values under the property `name` mean the same.
pub(crate) fn same(name: &str, a: &Value, b: &Value) -> bool {
    same_by(Semantics::of(name), a, b)
}

/// Returns whether two values that are read in this form mean the same.
pub(crate) fn same_by(semantics: Semantics, a: &Value, b: &Value) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        // The same as comparing normal forms, without building them: most templates differ in few places.
        (Value::Object(x), Value::Object(y))
            if semantics == Semantics::Plain && intrinsic(a).is_none() && intrinsic(b).is_none() =>
        {
            let there = |value: &&Value| !is_no_value(value);
            let inside = |(key, value): (&String, &Value), other: &Map<String, Value>| {
                same_option(key, Some(value).filter(there), other.get(key).filter(there))
            };
            x.iter().all(|member| inside(member, y)) && y.iter().all(|member| inside(member, x))
        }
        _ => normal(semantics, a) == normal(semantics, b),
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
    match normal(Semantics::Plain, value) {
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

/// Returns the one spelling of a value that is read in this form.
pub(crate) fn normal(semantics: Semantics, value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(text) if semantics == Semantics::Document => match serde_json::from_str(text) {
            Ok(document @ Value::Object(_)) => normal(semantics, &document),
            Ok(_) | Err(_) => value.clone(),
        },
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            in_list(semantics, text(value).map_or(Value::Null, Value::String))
        }
        Value::Array(items) => {
            let items = items.iter().filter(|item| !is_no_value(item));
            let mut items: Vec<Value> = items.map(|item| normal(semantics.element(), item)).collect();
            if semantics.is_set() {
                items.sort_by_cached_key(Value::to_string);
            }
            Value::Array(items)
        }
        Value::Object(map) => match intrinsic(value) {
            Some(("Fn::If", Value::Array(parts))) if !parts.is_empty() => {
                let branches = parts[1..].iter().map(|branch| normal(semantics, branch));
                let parts: Vec<Value> = [parts[0].clone()].into_iter().chain(branches).collect();
                json!({ "Fn::If": parts })
            }
            Some((function, argument)) => in_list(semantics, normal_intrinsic(function, argument)),
            None if semantics == Semantics::Tags => normal(semantics, &pairs(map)),
            None => in_list(semantics, normal_map(semantics, map)),
        },
    }
}

/// A single value where a list of one means the same.
fn in_list(semantics: Semantics, value: Value) -> Value {
    if semantics.may_be_bare() { json!([value]) } else { value }
}

fn pairs(tags: &Map<String, Value>) -> Value {
    tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect()
}

fn normal_map(semantics: Semantics, map: &Map<String, Value>) -> Value {
    let mut entries: Vec<_> = map.iter().filter(|(_, value)| !is_no_value(value)).collect();
    // Sorted here because `serde_json` may be built with `preserve_order`, and `identity` prints the map.
    entries.sort_by_key(|(name, _)| *name);
    let members =
        entries.into_iter().map(|(name, value)| (name.clone(), normal(semantics.member(name), value)));
    Value::Object(members.collect())
}

/// The intrinsic functions that have several spellings, brought to one. Arguments are read once, whatever becomes of
/// them: expressions may be nested as deep as JSON goes.
fn normal_intrinsic(function: &str, argument: &Value) -> Value {
    let argument = normal(Semantics::Plain, argument);
    let parts = match (function, &argument) {
        ("Fn::GetAtt", Value::String(dotted)) if dotted.contains('.') => return attribute(dotted),
        ("Fn::Sub", argument) => Sub::read(argument).and_then(substituted),
        ("Fn::Join", Value::Array(parts)) => match parts.as_slice() {
            [Value::String(delimiter), Value::Array(items)] => interspersed(delimiter, items),
            _ => None,
        },
        _ => None,
    };
    parts.and_then(joined).unwrap_or_else(|| json!({ function: argument }))
}

fn attribute(dotted: &str) -> Value {
    match dotted.split_once('.') {
        Some((name, attribute)) => json!({ "Fn::GetAtt": [name, attribute] }),
        None => json!({ "Ref": dotted }),
    }
}

/// The parts of an `Fn::Sub`; `None` when a variable has a value that is no text, or a long one more than once: nested
/// expressions that double each other would outgrow memory.
fn substituted(sub: Sub<'_>) -> Option<Vec<Value>> {
    let mut seen = BTreeSet::new();
    let is_short = |value: &Value| {
        value.is_string() || intrinsic(value).is_some_and(|(name, _)| matches!(name, "Ref" | "Fn::GetAtt"))
    };
    let parts = sub.parts().into_iter().map(|part| match part {
        SubPart::Text(text) => Some(json!(text)),
        SubPart::Escaped(name) => Some(json!(format!("${{{name}}}"))),
        SubPart::Variable(name) => match sub.variable(name) {
            None => Some(attribute(name)),
            Some(value) => (is_part(value) && (seen.insert(name) || is_short(value))).then(|| value.clone()),
        },
    });
    parts.collect()
}

fn interspersed(delimiter: &str, items: &[Value]) -> Option<Vec<Value>> {
    // Alone it may be a list, which has to stay one.
    let alone = items.len() == 1 && !items[0].is_string();
    let parts = items.iter().flat_map(|item| [json!(delimiter), item.clone()]).skip(1);
    (!alone && items.iter().all(is_part)).then(|| parts.collect())
}

fn is_part(value: &Value) -> bool {
    value.is_string() || intrinsic(value).is_some()
}

/// Puts text together: neighbours become one, and what is only one part is that part. `None` when it would be too
/// long.
fn joined(parts: Vec<Value>) -> Option<Value> {
    let mut merged: Vec<Value> = Vec::new();
    for part in parts {
        let inner = match intrinsic(&part) {
            Some(("Fn::Join", Value::Array(inner))) => match inner.as_slice() {
                [Value::String(delimiter), Value::Array(inner)] if delimiter.is_empty() => {
                    Some(inner.clone())
                }
                _ => None,
            },
            _ => None,
        };
        for part in inner.unwrap_or_else(|| vec![part]) {
            match (merged.last_mut(), part) {
                (Some(Value::String(text)), Value::String(more))
                    if text.len() + more.len() > LONGEST_TEXT =>
                {
                    return None;
                }
                (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
                (_, Value::String(text)) if text.is_empty() => {}
                (_, part) => merged.push(part),
            }
        }
    }
    Some(match merged.as_slice() {
        [] => json!(""),
        [part] => part.clone(),
        _ => json!({ "Fn::Join": ["", merged] }),
    })
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
        check("Value", json!({ "Fn::Sub": "${!T}" }), json!("${T}"));
        check("Value", json!({ "Fn::Sub": ["${v}", { "v": { "Ref": "T" } }] }), json!({ "Ref": "T" }));
        check("Value", json!({ "Fn::Sub": ["${v}-${U}", { "v": 5 }] }), json!({ "Fn::Sub": "5-${U}" }));
        check(
            "Value",
            json!({ "Fn::Join": ["/", ["table", { "Ref": "T" }, "index"]] }),
            json!({ "Fn::Sub": "table/${T}/index" }),
        );
        check(
            "Value",
            json!({ "Fn::Join": ["", ["a", { "Fn::Join": ["-", ["b", { "Fn::GetAtt": ["T", "Arn"] }]] }, ""]] }),
            json!({ "Fn::Sub": "ab-${T.Arn}" }),
        );
        check("Value", json!({ "Fn::Join": ["-", ["a", { "Ref": "AWS::NoValue" }, 1]] }), json!("a-1"));
        check("Value", json!({ "Fn::Join": ["-", []] }), json!(""));
        check(
            "Tags",
            json!({ "b": 2, "a": "1" }),
            json!([{ "Key": "a", "Value": 1 }, { "Key": "b", "Value": "2" }]),
        );
        check("DependsOn", json!("A"), json!(["A"]));
        check("DependsOn", json!(["A", "B"]), json!(["B", "A"]));
        for set in ["NonKeyAttributes", "Dimensions", "GlobalTableWitnesses", "ScheduledActions", "Replicas"]
        {
            check(set, json!(["a", "b"]), json!(["b", "a"]));
        }
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

    /// Each level is read once: a level that is read twice would make this test endless.
    #[test]
    fn nested_expressions_are_read_once() {
        let nested = |wrap: &dyn Fn(Value) -> Value, leaf: &str| {
            (0..100).fold(json!({ "Ref": leaf }), |inner, _| wrap(inner))
        };
        let wraps: [&dyn Fn(Value) -> Value; 6] = [
            &|inner| json!({ "Fn::Base64": inner }),
            &|inner| json!({ "Fn::Join": ["-", [inner, []]] }),
            &|inner| json!({ "Fn::Join": ["-", [inner, "x"]] }),
            &|inner| json!({ "Fn::Sub": ["${v}${w}", { "v": inner, "w": [] }] }),
            // Written out they would be longer than memory is large.
            &|inner| json!({ "Fn::Sub": ["${v}${v}", { "v": inner }] }),
            &|inner| json!({ "Fn::Sub": ["${v}${v}${w}", { "v": inner, "w": "x" }] }),
        ];
        for wrap in wraps {
            assert!(same("Value", &nested(wrap, "A"), &nested(wrap, "A")));
            assert!(!same("Value", &nested(wrap, "A"), &nested(wrap, "B")), "{}", wrap(json!("…")));
        }
        let text = |leaf: &str| {
            (0..100).fold(json!(leaf), |inner, _| json!({ "Fn::Sub": ["${v}${v}", { "v": inner }] }))
        };
        assert!(!same("Value", &text("xyz"), &text("xyy")));
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
        check("Value", json!({ "Fn::Sub": "${T}-" }), json!({ "Ref": "T" }));
        check("Value", json!({ "Fn::Join": ["-", [{ "Ref": "T" }]] }), json!({ "Ref": "T" }));
        check("Value", json!({ "Fn::Join": ["-", ["a", "b"]] }), json!("a/b"));
        check(
            "Value",
            json!({ "Fn::Join": ["", { "Ref": "L" }] }),
            json!({ "Fn::Join": ["-", { "Ref": "L" }] }),
        );
        check("Value", json!({ "Fn::Join": ["", [["a"], "b"]] }), json!("ab"));
        check("Value", json!({ "Fn::Sub": ["${v}", { "v": ["a"] }] }), json!("a"));
        check("Value", json!({ "Fn::GetAtt": "T" }), json!({ "Ref": "T" }));
        check("AlarmActions", json!("a"), json!(["a"]));
        check("Tags", json!({ "a": 1 }), json!({ "a": 2 }));
        check("Statement", json!(["a", "b"]), json!(["b", "a"]));
        check(
            "KeySchema",
            json!([{ "AttributeName": "pk", "KeyType": "HASH" }, { "AttributeName": "sk", "KeyType": "RANGE" }]),
            json!([{ "AttributeName": "sk", "KeyType": "RANGE" }, { "AttributeName": "pk", "KeyType": "HASH" }]),
        );
    }

    fn policy(statements: &Value) -> Value {
        json!({ "Version": "2012-10-17", "Statement": statements })
    }

    #[test]
    fn policies_are_sets_of_statements() {
        let check = |a: &Value, b: &Value| {
            for name in ["PolicyDocument", "AssumeRolePolicyDocument", "KeyPolicy"] {
                assert!(same(name, a, b), "{name}: {a} and {b}");
            }
            let (a, b) = (json!({ "PolicyDocument": a }), json!({ "PolicyDocument": b }));
            assert!(same("ResourcePolicy", &a, &b), "{a} and {b}");
        };
        let read =
            json!({ "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": { "Fn::GetAtt": "T.Arn" } });
        let read_lists = json!({ "Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [{ "Fn::GetAtt": ["T", "Arn"] }] });
        let deny = json!({
            "Effect": "Deny", "NotAction": ["b", "a"], "NotResource": "*", "NotPrincipal": { "AWS": ["4", "3"] },
            "Principal": { "AWS": ["2", "1"], "Service": "s" }, "Condition": { "Bool": { "aws:SecureTransport": false } },
        });
        let deny_lists = json!({
            "Effect": "Deny", "NotAction": ["a", "b"], "NotResource": ["*"], "NotPrincipal": { "AWS": ["3", "4"] },
            "Principal": { "AWS": ["1", "2"], "Service": ["s"] }, "Condition": { "Bool": { "aws:SecureTransport": ["false"] } },
        });
        check(
            &policy(&json!([read.clone(), deny.clone()])),
            &policy(&json!([deny_lists.clone(), read_lists.clone()])),
        );
        check(&policy(&read), &policy(&json!([read_lists.clone()])));
        let conditional =
            |read: &Value| policy(&json!([{ "Fn::If": ["C", read, { "Ref": "AWS::NoValue" }] }, deny]));
        check(&conditional(&read), &conditional(&read_lists));
        check(&json!(policy(&deny).to_string()), &policy(&deny_lists));
    }

    #[test]
    fn policies_that_say_something_else_are_not_the_same() {
        let base = json!({ "Effect": "Allow", "Action": ["a", "b"], "Resource": "*", "Principal": { "AWS": "1" }, "Sid": "s" });
        let check = |member: &str, value: Value| {
            let mut other = base.clone();
            other[member] = value;
            assert!(!same("PolicyDocument", &policy(&base), &policy(&other)), "{other}");
        };
        check("Effect", json!("Deny"));
        check("Action", json!("a"));
        check("Resource", json!({ "Fn::GetAtt": "T.Arn" }));
        check("Principal", json!("*"));
        check("Principal", json!({ "AWS": "2" }));
        check("Sid", json!(["s"]));
        check("Condition", json!({ "Bool": { "k": true } }));
        assert!(!same("PolicyDocument", &json!("not JSON"), &json!("{}")));
        assert!(!same("PolicyDocument", &json!("[1]"), &json!([1])));
        assert!(!same("Rule", &json!({ "Statement": [1, 2] }), &json!({ "Statement": [2, 1] })));
    }
}
