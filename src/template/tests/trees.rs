//! Trees: short forms, positions, look-up, and JSON.

use serde_json::{Value, json};
use tablewright_template::{JsonLayout, Kind, MAX_DEPTH, Position, Style, parse};

fn check(text: &str, value: impl Into<Value>) {
    match parse(text) {
        Ok(node) => assert_eq!(node.to_value(), value.into(), "{text:?}"),
        Err(error) => panic!("{text:?}: {error}"),
    }
}

#[test]
fn short_forms_become_long_forms() {
    check("a: !Ref x", json!({ "a": { "Ref": "x" } }));
    check("a: !Condition x", json!({ "a": { "Condition": "x" } }));
    check("a: !Sub '${x}-y'", json!({ "a": { "Fn::Sub": "${x}-y" } }));
    check("a: !GetAZs ''", json!({ "a": { "Fn::GetAZs": "" } }));
    check("a: !GetAZs", json!({ "a": { "Fn::GetAZs": "" } }));
    check("a: !Join ['-', [a, b]]", json!({ "a": { "Fn::Join": ["-", ["a", "b"]] } }));
    check("a: !Base64\n  Fn::Sub: x", json!({ "a": { "Fn::Base64": { "Fn::Sub": "x" } } }));
    check(
        "a: !Transform {Name: 'AWS::Include', Parameters: {Location: x}}",
        json!({ "a": { "Fn::Transform": { "Name": "AWS::Include", "Parameters": { "Location": "x" } } } }),
    );
    check(
        "a: !GetStackOutput\n  StackName: s\n  OutputName: o\n",
        json!({ "a": { "Fn::GetStackOutput": { "StackName": "s", "OutputName": "o" } } }),
    );
    check("a: !<!Ref> x", json!({ "a": { "Ref": "x" } }));
}

#[test]
fn every_function_has_a_short_form() {
    for name in [
        "And",
        "Base64",
        "Cidr",
        "Contains",
        "EachMemberEquals",
        "EachMemberIn",
        "Equals",
        "FindInMap",
        "ForEach",
        "GetAtt",
        "GetAZs",
        "GetStackOutput",
        "If",
        "ImportValue",
        "Join",
        "Length",
        "Not",
        "Or",
        "RefAll",
        "Select",
        "Split",
        "Sub",
        "ToJsonString",
        "Transform",
        "ValueOf",
        "ValueOfAll",
    ] {
        let long_form = format!("Fn::{name}");
        check(&format!("a: !{name} [x]"), json!({ "a": { long_form: ["x"] } }));
    }
    for name in ["Ref", "Condition"] {
        check(&format!("a: !{name} x"), json!({ "a": { name: "x" } }));
    }
}

#[test]
fn short_forms_nest() {
    check(
        "a: !If [c, !Join ['', [!Ref b, !GetAtt T.Arn, !Sub [x, {y: !ImportValue z}]]], !Ref AWS::NoValue]",
        json!({ "a": { "Fn::If": [
            "c",
            { "Fn::Join": ["", [
                { "Ref": "b" },
                { "Fn::GetAtt": ["T", "Arn"] },
                { "Fn::Sub": ["x", { "y": { "Fn::ImportValue": "z" } }] },
            ]] },
            { "Ref": "AWS::NoValue" },
        ] } }),
    );
    check(
        "a: !Not\n- !Equals\n  - !Ref Stage\n  - prod\n",
        json!({ "a": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "Stage" }, "prod"] }] } }),
    );
}

#[test]
fn get_att_is_split_at_the_first_dot() {
    check("a: !GetAtt T.Arn", json!({ "a": { "Fn::GetAtt": ["T", "Arn"] } }));
    check("a: !GetAtt 'T.Arn'", json!({ "a": { "Fn::GetAtt": ["T", "Arn"] } }));
    check("a: !GetAtt A.Outputs.X", json!({ "a": { "Fn::GetAtt": ["A", "Outputs.X"] } }));
    check("a: !GetAtt [A, Outputs.X]", json!({ "a": { "Fn::GetAtt": ["A", "Outputs.X"] } }));
    check("a: !GetAtt [A, !Ref X]", json!({ "a": { "Fn::GetAtt": ["A", { "Ref": "X" }] } }));
    // The long form is unchanged.
    check("a: {Fn::GetAtt: A.B}", json!({ "a": { "Fn::GetAtt": "A.B" } }));
}

#[test]
fn the_argument_of_a_short_form_is_a_string() {
    check("a: !Ref 012", json!({ "a": { "Ref": "012" } }));
    check("a: !ImportValue yes", json!({ "a": { "Fn::ImportValue": "yes" } }));
    // Items of a list are not.
    check("a: !Select [0, [yes]]", json!({ "a": { "Fn::Select": [0, [true]] } }));
}

#[test]
fn byte_order_marks_line_ends_and_document_markers_change_nothing() {
    let value = json!({ "a": ["b", { "c": "d\ne\n" }] });
    check("a:\n- b\n- c: |\n    d\n    e\n", value.clone());
    check("\u{feff}a:\n- b\n- c: |\n    d\n    e\n", value.clone());
    check("a:\r\n- b\r\n- c: |\r\n    d\r\n    e\r\n", value.clone());
    check("%YAML 1.1\n---\n# c\na:\n- b # c\n- c: |\n    d\n    e\n...\n", value.clone());
    check("\u{feff}{\"a\":\r\n[\"b\",\r\n\t{\"c\": \"d\\ne\\n\"}]}\r\n", value.clone());
    check("---\n{\"a\":\n[\"b\",\n{\"c\": \"d\\ne\\n\"}]}\n", value);
}

#[test]
fn an_anchor_without_an_alias_changes_nothing() {
    check("a: &x {b: &y 1}\n&z c: &w\n", json!({ "a": { "b": 1 }, "c": null }));
}

#[test]
fn quoted_and_plain_keys_are_strings() {
    check(
        "y: 1\n'1': 2\n\"on\": 3\n!!str 012: 4\n? 2010-09-09\n: 5\n'<<': 6\nAWS::X: 7\n'': 8\n",
        json!({ "y": 1, "1": 2, "on": 3, "012": 4, "2010-09-09": 5, "<<": 6, "AWS::X": 7, "": 8 }),
    );
}

#[test]
fn a_root_need_not_be_a_mapping() {
    check("- a\n- b\n", json!(["a", "b"]));
    check("[1, 2]", json!([1, 2]));
    check("'text'", json!("text"));
    check("~", Value::Null);
}

const TEMPLATE: &str = "\
# comment
Resources:
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub 'é-${Stage}'
      \"KeySchema\":
        - AttributeName: id
          KeyType: HASH
        - {AttributeName: at, KeyType: !Ref
            Kind}
      KMSMasterKeyId: !GetAtt Key.Arn
      a/b~c: [1]
Outputs: !Transform
  Name: x
";

#[test]
fn nodes_have_positions() {
    let template = parse(TEMPLATE).expect("well-formed");
    let check = |pointer: &str, line: usize, column: usize| {
        let position = template.pointer(pointer).map(|node| node.position);
        assert_eq!(position, Some(Position { line, column }), "{pointer}");
    };
    check("", 2, 1);
    check("/Resources", 3, 3);
    check("/Resources/Orders", 4, 5);
    check("/Resources/Orders/Type", 4, 11);
    check("/Resources/Orders/Properties/TableName", 6, 18);
    check("/Resources/Orders/Properties/TableName/Fn::Sub", 6, 23);
    check("/Resources/Orders/Properties/KeySchema/0/KeyType", 9, 20);
    check("/Resources/Orders/Properties/KeySchema/1", 10, 11);
    check("/Resources/Orders/Properties/KeySchema/1/KeyType", 10, 40);
    check("/Resources/Orders/Properties/KeySchema/1/KeyType/Ref", 11, 13);
    check("/Resources/Orders/Properties/KMSMasterKeyId/Fn::GetAtt/1", 12, 31);
    check("/Resources/Orders/Properties/a~1b~0c/0", 13, 15);
    // The position of the tag.
    check("/Outputs", 14, 10);
    check("/Outputs/Fn::Transform", 15, 3);
}

#[test]
fn entries_have_the_position_of_their_key() {
    let template = parse(TEMPLATE).expect("well-formed");
    let check = |pointer: &str, key: &str, line: usize, column: usize| {
        let entry = template.pointer(pointer).and_then(|node| node.entry(key));
        assert_eq!(entry.map(|entry| entry.key_position), Some(Position { line, column }), "{pointer} {key}");
    };
    check("", "Resources", 2, 1);
    check("/Resources/Orders/Properties", "KeySchema", 7, 7);
    check("/Resources/Orders/Properties/KeySchema/1", "KeyType", 10, 31);
    check("/Resources/Orders/Properties/TableName", "Fn::Sub", 6, 18);
}

#[test]
fn nodes_of_json_have_positions() {
    let text = "\u{feff}{\r\n\t\"é😀\": [1,\t{\"b\": \"\\u0041\"}],\n\n  \"c\":\r{}}";
    let template = parse(text).expect("well-formed");
    let check = |pointer: &str, line: usize, column: usize| {
        let position = template.pointer(pointer).map(|node| node.position);
        assert_eq!(position, Some(Position { line, column }), "{pointer}");
    };
    check("", 1, 1);
    check("/é😀", 2, 8);
    check("/é😀/0", 2, 9);
    check("/é😀/1", 2, 12);
    check("/é😀/1/b", 2, 18);
    check("/c", 5, 1);
    assert_eq!(template.entry("c").map(|entry| entry.key_position), Some(Position { line: 4, column: 3 }));
}

#[test]
fn missing_keys_and_pointers_return_none() {
    let template = parse("a: [x, y]\n").expect("well-formed");
    for pointer in
        ["a", "/b", "/a/2", "/a/00", "/a/01", "/a/+1", "/a/", "/a/-", "/a/0/x", "/a/99999999999999999999"]
    {
        assert_eq!(template.pointer(pointer), None, "{pointer}");
    }
    assert_eq!(template.pointer("/a/1").and_then(|node| node.as_str()), Some("y"));
    assert_eq!(template.get("a").and_then(|node| node.get("x")), None);
    assert_eq!(template.as_str(), None);
    assert_eq!(parse("a: 1").expect("well-formed").pointer("/a").and_then(|node| node.as_str()), None);
}

#[test]
fn json_keeps_the_order_of_the_document() {
    let template =
        parse("z: !GetAtt T.Arn\na: [1, 1.5, yes, ~, 'q\"\u{1f600}']\nm: {}\nb: []\n").expect("well-formed");
    assert_eq!(
        template.write_json(JsonLayout::Compact),
        r#"{"z":{"Fn::GetAtt":["T","Arn"]},"a":[1,1.5,true,null,"q\"\ud83d\ude00"],"m":{},"b":[]}"#
    );
    assert_eq!(
        template.write_json(JsonLayout::Pretty),
        "{\n  \"z\": {\n    \"Fn::GetAtt\": [\n      \"T\",\n      \"Arn\"\n    ]\n  },\n  \"a\": [\n    1,\n    1.5,\n    \
         true,\n    null,\n    \"q\\\"\\ud83d\\ude00\"\n  ],\n  \"m\": {},\n  \"b\": []\n}"
    );
}

#[test]
fn json_is_ascii_in_keys_and_values() {
    let template = parse("größe: [ß, \u{2028}, \"\u{1f600}\"]\n").expect("well-formed");
    let json = template.write_json(JsonLayout::Compact);
    assert_eq!(json, r#"{"gr\u00f6\u00dfe":["\u00df","\u2028","\ud83d\ude00"]}"#);
    assert_eq!(parse(&json).expect("well-formed").to_value(), template.to_value());
}

#[test]
fn json_is_parsed_strictly() {
    check("{}", json!({}));
    check(" \n\t{ \"a\" : [ ] , \"b\" : { } } \n", json!({ "a": [], "b": {} }));
    check(
        r#"{"a":[true,false,null,-1,0,2.5,1e3,1E+3,-0.0]}"#,
        json!({ "a": [true, false, null, -1, 0, 2.5, 1e3, 1e3, -0.0] }),
    );
    check(r#"{"a":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#, json!({ "a": "\"\\/\u{8}\u{c}\n\r\té😀" }));
    // Text with another meaning in YAML.
    check(
        r##"{"a":"yes","b":"012","c":"# no","d":"!Ref x","<<":"e","f":"*x"}"##,
        json!({ "a": "yes", "b": "012", "c": "# no", "d": "!Ref x", "<<": "e", "f": "*x" }),
    );
    // Text that is not valid YAML.
    check("{\"a\":\"\u{7f}\u{85}\u{2028}\u{fffe}\"}", json!({ "a": "\u{7f}\u{85}\u{2028}\u{fffe}" }));
    let long = "k".repeat(2000);
    check(&format!("{{\"{long}\":1}}"), json!({ long: 1 }));
    check(
        r#"{"a":18446744073709551616,"b":18446744073709551615}"#,
        json!({ "a": "18446744073709551616", "b": u64::MAX }),
    );
}

#[test]
fn json_scalars_have_text_and_style() {
    let template = parse(r#"{"a":"b","c":1.50}"#).expect("well-formed");
    let written = |key: &str| match template.get(key).map(|node| &node.kind) {
        Some(Kind::Scalar(scalar)) => (scalar.text.as_str(), scalar.style),
        _ => panic!("{key} is a scalar"),
    };
    assert_eq!(written("a"), ("b", Style::DoubleQuoted));
    assert_eq!(written("c"), ("1.50", Style::Plain));
}

#[test]
fn siblings_do_not_count_as_nested() {
    let items = "!Not [{}], [], {a: !GetAtt b.c}, ".repeat(MAX_DEPTH);
    let node = parse(&format!("a: [{items}]\n")).expect("flat");
    assert!(node.pointer("/a/380/a/Fn::GetAtt/1").is_some());
}

#[test]
fn the_maximum_depth_is_that_of_serde_json() {
    let nested =
        |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
    for text in [
        nested("[", "]", MAX_DEPTH),
        nested("{\"a\":", "}", MAX_DEPTH),
        nested("- ", "", MAX_DEPTH).replace('1', "!Ref x").replacen("- ", "", 1),
        format!("a: {}", nested("!Not [", "]", (MAX_DEPTH - 1) / 2)),
        format!("{}!GetAtt a.b{}", "[".repeat(MAX_DEPTH - 2), "]".repeat(MAX_DEPTH - 2)),
    ] {
        let node = parse(&text).expect("not too deep");
        let json = node.write_json(JsonLayout::Compact);
        let value: Value = serde_json::from_str(&json).expect("serde_json reads it");
        assert_eq!(value, node.to_value());
    }
}
