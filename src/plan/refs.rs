//! What a value refers to: `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::FindInMap`, conditions, `DependsOn`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::equality::intrinsic;
use crate::path::{Path, children};
use crate::sub::{self, Part};

/// One reference, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reference<'a> {
    /// A resource or parameter, with the attribute when one is asked for.
    Named { name: &'a str, attribute: Option<&'a str> },
    /// A condition.
    Condition(&'a str),
    /// A mapping, with the keys that are literal.
    Map { name: &'a str, top: Option<&'a str>, second: Option<&'a str> },
    /// A resource that must come first.
    DependsOn(&'a str),
}

/// Calls `visit` for every reference inside the value, with the place it stands at.
pub(crate) fn visit<'a>(value: &'a Value, at: &Path, visit: &mut dyn FnMut(&Path, Reference<'a>)) {
    if let Some((function, argument)) = intrinsic(value) {
        of_intrinsic(function, argument, &mut |reference| visit(at, reference));
    } else if let Some(depends_on) = value.get("DependsOn") {
        let list = depends_on.as_array().map_or(std::slice::from_ref(depends_on), Vec::as_slice);
        list.iter().filter_map(Value::as_str).for_each(|name| visit(at, Reference::DependsOn(name)));
    }
    // The condition of a resource or an output; the `Condition` of a policy statement is an object.
    if let Some(Value::String(condition)) = value.get("Condition") {
        visit(at, Reference::Condition(condition));
    }
    for (segment, child) in children(at.property(), value) {
        if child.is_object() || child.is_array() {
            self::visit(child, &at.join(segment), visit);
        }
    }
}

/// Returns the names of all resources and parameters that the value refers to.
pub(crate) fn names(value: &Value) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    visit(value, &Path::default(), &mut |_, reference| match reference {
        Reference::Named { name, .. } | Reference::DependsOn(name) => drop(names.insert(name)),
        Reference::Condition(_) | Reference::Map { .. } => {}
    });
    names
}

fn of_intrinsic<'a>(function: &str, argument: &'a Value, found: &mut dyn FnMut(Reference<'a>)) {
    match (function, argument) {
        ("Ref", Value::String(name)) => found(Reference::Named { name, attribute: None }),
        ("Fn::GetAtt", Value::String(dotted)) => {
            let (name, attribute) = dotted.split_once('.').unwrap_or((dotted, ""));
            found(Reference::Named { name, attribute: Some(attribute) });
        }
        ("Fn::GetAtt", Value::Array(parts)) => {
            if let Some(name) = parts.first().and_then(Value::as_str) {
                let attribute = parts.get(1).and_then(Value::as_str).unwrap_or("");
                found(Reference::Named { name, attribute: Some(attribute) });
            }
        }
        ("Fn::Sub", Value::String(template)) => of_sub(template, None, found),
        ("Fn::Sub", Value::Array(parts)) => {
            if let Some(template) = parts.first().and_then(Value::as_str) {
                of_sub(template, parts.get(1), found);
            }
        }
        ("Fn::FindInMap", Value::Array(parts)) => {
            if let Some(name) = parts.first().and_then(Value::as_str) {
                let literal = |at: usize| parts.get(at).and_then(Value::as_str);
                found(Reference::Map { name, top: literal(1), second: literal(2) });
            }
        }
        ("Fn::If", Value::Array(parts)) => {
            if let Some(condition) = parts.first().and_then(Value::as_str) {
                found(Reference::Condition(condition));
            }
        }
        // `Condition` as an intrinsic is read by `visit` itself; every other function only has arguments.
        _ => {}
    }
}

fn of_sub<'a>(template: &'a str, variables: Option<&'a Value>, found: &mut dyn FnMut(Reference<'a>)) {
    for part in sub::parts(template) {
        let Part::Variable(name) = part else { continue };
        if variables.is_some_and(|variables| variables.get(name).is_some()) {
            continue;
        }
        found(match name.split_once('.') {
            Some((name, attribute)) => Reference::Named { name, attribute: Some(attribute) },
            None => Reference::Named { name, attribute: None },
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(value: &Value, expected: &[&str]) {
        let mut found = Vec::new();
        visit(value, &Path::default(), &mut |path, reference| {
            found.push(match reference {
                Reference::Named { name, attribute: None } => format!("{} {name}", path.pointer(0)),
                Reference::Named { name, attribute: Some(attribute) } => {
                    format!("{} {name}.{attribute}", path.pointer(0))
                }
                Reference::Condition(name) => format!("{} if {name}", path.pointer(0)),
                Reference::Map { name, top, second } => {
                    format!("{} map {name} {top:?} {second:?}", path.pointer(0))
                }
                Reference::DependsOn(name) => format!("{} after {name}", path.pointer(0)),
            });
        });
        assert_eq!(found, expected, "{value}");
    }

    #[test]
    fn every_way_to_refer_is_found() {
        check(&json!({ "A": { "Ref": "T" } }), &["/A T"]);
        check(&json!({ "A": { "Fn::GetAtt": "T.Arn" } }), &["/A T.Arn"]);
        check(&json!({ "A": { "Fn::GetAtt": ["T", "StreamArn"] } }), &["/A T.StreamArn"]);
        check(&json!({ "A": { "Fn::Sub": "x/${T}/${U.Arn}/${!no}" } }), &["/A T", "/A U.Arn"]);
        check(
            &json!({ "A": { "Fn::Sub": ["${v}${T}", { "v": { "Ref": "U" } }] } }),
            &["/A T", "/A/Fn::Sub/1/v U"],
        );
        check(&json!({ "A": { "Fn::If": ["C", { "Ref": "T" }, 1] } }), &["/A if C", "/A/Fn::If/1 T"]);
        check(&json!({ "A": { "Condition": "C" } }), &["/A if C"]);
        check(
            &json!({ "Type": "X", "Condition": "C", "DependsOn": ["T", "U"] }),
            &[" after T", " after U", " if C"],
        );
        check(&json!({ "Type": "X", "DependsOn": "T" }), &[" after T"]);
        check(
            &json!({ "A": { "Fn::FindInMap": ["M", "k", { "Ref": "P" }] } }),
            &["/A map M Some(\"k\") None", "/A/Fn::FindInMap/2 P"],
        );
    }

    #[test]
    fn what_only_looks_like_a_reference_is_not_one() {
        check(&json!({ "Statement": [{ "Condition": { "StringEquals": {} } }] }), &[]);
        check(&json!({ "A": { "Fn::Sub": 5 }, "B": { "Fn::GetAtt": [] }, "C": { "Ref": ["T"] } }), &[]);
        check(
            &json!({ "A": { "Fn::Sub": "${unclosed" }, "B": { "Fn::If": [] }, "D": { "Fn::FindInMap": [{}] } }),
            &[],
        );
        check(&json!({ "Ref": "T", "Other": 1 }), &[]);
    }
}
