//! What CloudFormation's functions refer to.
//!
//! In: JSON as it stands in a template. Out: every [`Target`] in it, in all branches of its conditions. What a function comes
//! to is never judged, and neither are functions that refer to nothing.

use serde_json::Value as Json;

use crate::check::function;

/// Something that is named, and the way in which.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::check) enum Target {
    /// `Ref`, or `${Name}` in `Fn::Sub`.
    Name(String),
    /// `Fn::GetAtt`, or `${Name.Attribute}` in `Fn::Sub`; no attribute where another function says which.
    Attribute(String, Option<String>),
    /// `DependsOn`.
    DependsOn(String),
    /// `Condition` of a resource, of an output, of another condition.
    Condition(String),
    /// The condition of `Fn::If`.
    If(String),
    /// `Fn::FindInMap`: map, top-level key and second-level key where they are literal.
    Mapping([Option<String>; 3]),
    /// `Fn::Transform`: a macro, which can put anything in the place of what stands there.
    Macro,
    /// A function with arguments that it cannot have: what CloudFormation says of it.
    Malformed(&'static str),
}

const REF: &str = "Template error: every Ref object must have a single String value.";
const GET_ATT: &str = "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute";
const SUB: &str = "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string";
const SUB_NAME: &str = "Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons";
const IF: &str = "Template error: Fn::If requires a list argument with three elements";
const FIND_IN_MAP: &str = "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value";

/// Calls `found` for everything that the value refers to.
pub(in crate::check) fn targets(value: &Json, found: &mut impl FnMut(Target)) {
    if let Some((name, argument)) = function(value) {
        of_function(name, argument, found);
    }
    match value {
        Json::Array(items) => items.iter().for_each(|item| targets(item, found)),
        Json::Object(entries) => entries.values().for_each(|entry| targets(entry, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn of_function(name: &str, argument: &Json, found: &mut impl FnMut(Target)) {
    let list = argument.as_array().map(Vec::as_slice);
    let target = match name {
        "Ref" => argument.as_str().map_or(Target::Malformed(REF), |name| Target::Name(name.to_owned())),
        "Fn::GetAtt" => get_att(argument).unwrap_or(Target::Malformed(GET_ATT)),
        "Fn::Sub" => match (argument, list) {
            (Json::String(text), _) => return sub(text, &Json::Null, found),
            (_, Some([Json::String(text), values @ Json::Object(_)])) => return sub(text, values, found),
            _ => Target::Malformed(SUB),
        },
        "Fn::If" => match list {
            Some([Json::String(condition), _, _]) => Target::If(condition.clone()),
            _ => Target::Malformed(IF),
        },
        "Fn::FindInMap" => match list {
            Some([map, top, second]) => {
                Target::Mapping([map, top, second].map(|part| part.as_str().map(str::to_owned)))
            }
            _ => Target::Malformed(FIND_IN_MAP),
        },
        "Fn::Transform" => Target::Macro,
        // The others refer to nothing themselves; their arguments are looked at like everything else.
        _ => return,
    };
    found(target);
}

/// `[id, attribute]`, or `id.attribute` as YAML has it.
fn get_att(argument: &Json) -> Option<Target> {
    let (id, attribute) = match argument {
        Json::String(both) => both.split_once('.').map(|(id, attribute)| (id, Some(attribute.to_owned())))?,
        Json::Array(both) => match &both[..] {
            [Json::String(id), Json::String(attribute)] => (id.as_str(), Some(attribute.clone())),
            [Json::String(id), Json::Object(_)] => (id.as_str(), None),
            _ => return None,
        },
        _ => return None,
    };
    let complete = !id.is_empty() && attribute.as_ref().is_none_or(|attribute| !attribute.is_empty());
    complete.then(|| Target::Attribute(id.to_owned(), attribute))
}

/// The names in a text: `${Name}`, `${Name.Attribute}`; not `${!Literal}`, and none that has its value in `values`.
fn sub(text: &str, values: &Json, found: &mut impl FnMut(Target)) {
    for part in text.split("${").skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        let name = name.trim();
        if name.starts_with('!') || values.get(name).is_some() {
            continue;
        }
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':'));
        found(match name.split_once('.') {
            _ if !is_name => Target::Malformed(SUB_NAME),
            Some((id, attribute)) => Target::Attribute(id.to_owned(), Some(attribute.to_owned())),
            None => Target::Name(name.to_owned()),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{FIND_IN_MAP, GET_ATT, IF, REF, SUB, SUB_NAME, Target, targets};

    fn check(value: &Json, expected: &[Target]) {
        let mut found = Vec::new();
        targets(value, &mut |target| found.push(target));
        assert_eq!(found, expected, "{value}");
    }

    fn name(name: &str) -> Target {
        Target::Name(name.into())
    }

    fn attribute(id: &str, attribute: &str) -> Target {
        Target::Attribute(id.into(), Some(attribute.into()))
    }

    #[test]
    fn every_way_to_refer_is_found() {
        check(&json!({ "Ref": "A" }), &[name("A")]);
        check(&json!([{ "x": { "Ref": "A" } }, { "Ref": "B" }]), &[name("A"), name("B")]);
        check(&json!({ "Fn::GetAtt": ["A", "Arn"] }), &[attribute("A", "Arn")]);
        check(&json!({ "Fn::GetAtt": "A.Outputs.X" }), &[attribute("A", "Outputs.X")]);
        check(
            &json!({ "Fn::GetAtt": ["A", { "Ref": "B" }] }),
            &[Target::Attribute("A".into(), None), name("B")],
        );
        check(
            &json!({ "Fn::If": ["C", { "Ref": "A" }, { "Ref": "B" }] }),
            &[Target::If("C".into()), name("A"), name("B")],
        );
        check(
            &json!({ "Fn::FindInMap": ["M", { "Ref": "A" }, "k"] }),
            &[Target::Mapping([Some("M".into()), None, Some("k".into())]), name("A")],
        );
        check(&json!({ "Fn::Join": ["-", [{ "Ref": "A" }]] }), &[name("A")]);
        check(&json!({ "Fn::Transform": { "Name": "AWS::Include" } }), &[Target::Macro]);
    }

    #[test]
    fn a_text_names_what_stands_in_braces() {
        let sub = |text: &str| json!({ "Fn::Sub": text });
        check(&sub("${A}-${ B }/${C.Arn}"), &[name("A"), name("B"), attribute("C", "Arn")]);
        check(&sub("${AWS::Region}"), &[name("AWS::Region")]);
        check(&sub("${!A} $A {A} ${A"), &[]);
        check(&sub("${A} ${!B} ${C}"), &[name("A"), name("C")]);
        check(&json!({ "Fn::Sub": ["${a-b}${A}", { "a-b": { "Ref": "B" } }] }), &[name("A"), name("B")]);
        for wrong in ["${}", "${A:-b}", "${A[0]}", "${a b}"] {
            check(&sub(wrong), &[Target::Malformed(SUB_NAME)]);
        }
    }

    #[test]
    fn what_only_looks_like_a_function_is_none() {
        check(&json!({ "Ref": "A", "Other": 1 }), &[]);
        check(&json!({ "Condition": "A" }), &[]);
        check(&json!("${A}"), &[]);
        check(&json!({ "Condition": { "StringEquals": { "aws:x": "y" } } }), &[]);
    }

    #[test]
    fn what_a_function_cannot_take_is_said_in_the_words_of_cloudformation() {
        for (value, text) in [
            (json!({ "Ref": ["A"] }), REF),
            (json!({ "Fn::GetAtt": "A" }), GET_ATT),
            (json!({ "Fn::GetAtt": ["A"] }), GET_ATT),
            (json!({ "Fn::GetAtt": ["", "Arn"] }), GET_ATT),
            (json!({ "Fn::GetAtt": ["A", ""] }), GET_ATT),
            (json!({ "Fn::GetAtt": 1 }), GET_ATT),
            (json!({ "Fn::Sub": 1 }), SUB),
            (json!({ "Fn::Sub": ["a"] }), SUB),
            (json!({ "Fn::Sub": ["a", "b"] }), SUB),
            (json!({ "Fn::If": ["A", 1] }), IF),
            (json!({ "Fn::If": [1, 2, 3] }), IF),
            (json!({ "Fn::FindInMap": ["M", "a"] }), FIND_IN_MAP),
            (json!({ "Fn::FindInMap": "M" }), FIND_IN_MAP),
        ] {
            check(&value, &[Target::Malformed(text)]);
        }
    }
}
