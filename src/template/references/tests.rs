//! All kinds of references, in every role.

use serde_json::{Value, json};

use super::*;

fn check(role: Role, value: &Value, expected: &[(&str, Reference<&str>)]) {
    let mut found = Vec::new();
    visit_references(role, value, &mut |way, reference| found.push((pointer(way), reference)));
    let expected: Vec<_> = expected.iter().map(|(way, reference)| ((*way).to_owned(), *reference)).collect();
    assert_eq!(found, expected, "{role:?} {value}");
}

/// Checks the references in a value, without their paths.
fn names(value: &Value, expected: &[Reference<&str>]) {
    let mut found = Vec::new();
    visit_references(Role::Value, value, &mut |_, reference| found.push(reference));
    assert_eq!(found, expected, "{value}");
}

fn pointer(way: &[PathSegment<'_>]) -> String {
    let step = |step: &PathSegment<'_>| match step {
        PathSegment::Key(key) => format!("/{key}"),
        PathSegment::Index(at) => format!("/{at}"),
    };
    way.iter().map(step).collect()
}

fn attribute<'a>(resource: &'a str, attribute: &'a str) -> Reference<&'a str> {
    Reference::Attribute { resource, attribute: Some(attribute) }
}

#[test]
fn all_kinds_of_references_are_found() {
    use Reference::{Attribute, If, Macro, Mapping, Name};
    names(&json!({ "Ref": "A" }), &[Name("A")]);
    names(&json!([{ "x": { "Ref": "A" } }, { "Ref": "B" }]), &[Name("A"), Name("B")]);
    names(&json!({ "Fn::GetAtt": ["A", "Arn"] }), &[attribute("A", "Arn")]);
    names(&json!({ "Fn::GetAtt": "A.Outputs.X" }), &[attribute("A", "Outputs.X")]);
    names(
        &json!({ "Fn::GetAtt": ["A", { "Ref": "B" }] }),
        &[Attribute { resource: "A", attribute: None }, Name("B")],
    );
    names(&json!({ "Fn::If": ["C", { "Ref": "A" }, { "Ref": "B" }] }), &[If("C"), Name("A"), Name("B")]);
    names(
        &json!({ "Fn::FindInMap": ["M", { "Ref": "A" }, "k"] }),
        &[Mapping { map: Some("M"), top: None, second: Some("k") }, Name("A")],
    );
    names(
        &json!({ "Fn::FindInMap": [{ "Ref": "M" }, "t", "k", { "DefaultValue": { "Ref": "A" } }] }),
        &[Mapping { map: None, top: Some("t"), second: Some("k") }, Name("M"), Name("A")],
    );
    names(&json!({ "Fn::Join": ["-", [{ "Ref": "A" }]] }), &[Name("A")]);
    names(&json!({ "Fn::Transform": { "Name": "AWS::Include" } }), &[Macro]);
}

#[test]
fn variables_of_sub_are_references() {
    use Reference::Name;
    let sub = |text: &str| json!({ "Fn::Sub": text });
    names(&sub("${A}-${ B }/${C.Arn}"), &[Name("A"), Name("B"), attribute("C", "Arn")]);
    names(&sub("${ A.B }${\tC\n}"), &[attribute("A", "B"), Name("C")]);
    names(&sub("${AWS::Region}"), &[Name("AWS::Region")]);
    names(&sub("${!A} ${ !B } $A {A} ${A"), &[]);
    names(&sub("${A} ${!B} ${C}"), &[Name("A"), Name("C")]);
    names(&json!({ "Fn::Sub": ["${a-b}${A}", { "a-b": { "Ref": "B" } }] }), &[Name("A"), Name("B")]);
    names(&json!({ "Fn::Sub": ["${ v }${w}", { "v": { "Fn::Sub": "${ A }" }, " w": 1 }] }), &[Name("A")]);
    for wrong in ["${}", "${ }", "${A:-b}", "${A[0]}", "${a b}"] {
        names(&sub(wrong), &[Reference::Malformed(Malformed::SubVariable)]);
    }
}

#[test]
fn the_path_is_that_of_the_function() {
    use Reference::{Condition, DependsOn, If, Mapping, Name};
    let check = |value: &Value, expected: &[_]| check(Role::Resource, value, expected);
    check(&json!({ "A": { "Ref": "T" } }), &[("/A", Name("T"))]);
    check(
        &json!({ "A": { "Fn::Sub": ["${v}${T}", { "v": { "Ref": "U" } }] } }),
        &[("/A", Name("T")), ("/A/Fn::Sub/1/v", Name("U"))],
    );
    check(
        &json!({ "A": { "Fn::If": ["C", { "Ref": "T" }, 1] } }),
        &[("/A", If("C")), ("/A/Fn::If/1", Name("T"))],
    );
    check(
        &json!({ "A": [{ "Fn::FindInMap": ["M", "k", { "Ref": "P" }] }] }),
        &[
            ("/A/0", Mapping { map: Some("M"), top: Some("k"), second: None }),
            ("/A/0/Fn::FindInMap/2", Name("P")),
        ],
    );
    check(
        &json!({ "Type": "X", "Condition": "C", "DependsOn": ["T", "U"] }),
        &[("", DependsOn("T")), ("", DependsOn("U")), ("", Condition("C"))],
    );
    check(&json!({ "Type": "X", "DependsOn": "T" }), &[("", DependsOn("T"))]);
}

#[test]
fn condition_and_depends_on_depend_on_the_role() {
    let value = json!({ "Condition": "C", "DependsOn": "D", "A": { "Condition": "E" }, "B": { "Ref": "F" } });
    let (condition, depends_on) = (("", Reference::Condition("C")), ("", Reference::DependsOn("D")));
    let (inner, named) = (("/A", Reference::Condition("E")), ("/B", Reference::Name("F")));
    check(Role::Resource, &value, &[depends_on, condition, named]);
    check(Role::Output, &value, &[condition, named]);
    check(Role::Condition, &value, &[inner, named]);
    check(Role::Value, &value, &[named]);
    check(
        Role::Condition,
        &json!({ "Fn::And": [{ "Condition": "C" }, { "Fn::Equals": [{ "Fn::Sub": "${ P }" }, "a"] }] }),
        &[("/Fn::And/0", Reference::Condition("C")), ("/Fn::And/1/Fn::Equals/0", Reference::Name("P"))],
    );
}

#[test]
fn similar_values_are_not_references() {
    names(&json!({ "Ref": "A", "Other": 1 }), &[]);
    names(&json!({ "Condition": "A" }), &[]);
    names(&json!("${A}"), &[]);
    names(&json!({ "Condition": { "StringEquals": { "aws:x": "y" } } }), &[]);
    for role in [Role::Resource, Role::Output, Role::Condition] {
        check(role, &json!({ "Statement": [{ "Condition": { "StringEquals": {} } }] }), &[]);
        check(role, &json!({ "A": { "Fn::Sub": "${unclosed" } }), &[]);
    }
}

#[test]
fn invalid_arguments_are_malformed() {
    for (value, malformed) in [
        (json!({ "Ref": ["A"] }), Malformed::Ref),
        (json!({ "Fn::GetAtt": "A" }), Malformed::GetAtt),
        (json!({ "Fn::GetAtt": [] }), Malformed::GetAtt),
        (json!({ "Fn::GetAtt": ["A"] }), Malformed::GetAtt),
        (json!({ "Fn::GetAtt": ["", "Arn"] }), Malformed::GetAtt),
        (json!({ "Fn::GetAtt": ["A", ""] }), Malformed::GetAtt),
        (json!({ "Fn::GetAtt": 1 }), Malformed::GetAtt),
        (json!({ "Fn::Sub": 1 }), Malformed::Sub),
        (json!({ "Fn::Sub": ["a"] }), Malformed::Sub),
        (json!({ "Fn::Sub": ["a", "b"] }), Malformed::Sub),
        (json!({ "Fn::If": [] }), Malformed::If),
        (json!({ "Fn::If": ["A", 1] }), Malformed::If),
        (json!({ "Fn::If": [1, 2, 3] }), Malformed::If),
        (json!({ "Fn::FindInMap": [{}] }), Malformed::FindInMap),
        (json!({ "Fn::FindInMap": ["M", "a"] }), Malformed::FindInMap),
        (json!({ "Fn::FindInMap": ["M", "a", "b", "c"] }), Malformed::FindInMap),
        (json!({ "Fn::FindInMap": "M" }), Malformed::FindInMap),
    ] {
        names(&value, &[Reference::Malformed(malformed)]);
        assert!(malformed.server_text().starts_with("Template error: "));
    }
}
