//! The values of scalars in CloudFormation.
//!
//! They follow the patterns of SnakeYAML. PyYAML, which is strict YAML 1.1, differs for `012345678901`, `1e3`, `+.5`, dates and
//! infinity.

use serde_json::{Value, json};
use tablewright_template::{Kind, Scalar, Style, parse};

fn scalar(yaml: &str) -> (Scalar, Value) {
    let template = parse(yaml).expect("the test's text is well-formed");
    let node = template.get("a").expect("the test's text has the key `a`");
    let Kind::Scalar(scalar) = &node.kind else {
        panic!("`a` should be a scalar in {yaml:?}");
    };
    (scalar.clone(), node.to_value())
}

/// Checks the value of a plain scalar, and that its text is kept.
fn check(written: &str, value: impl Into<Value>) {
    let (scalar, actual) = scalar(&format!("a: {written}\n"));
    assert_eq!(actual, value.into(), "value of {written:?}");
    assert_eq!(scalar.text, written);
    assert_eq!(scalar.style, Style::Plain);
}

#[test]
fn null_is_a_tilde_a_word_or_nothing() {
    for written in ["~", "null", "Null", "NULL", ""] {
        check(written, Value::Null);
    }
    check("nUll", "nUll");
}

#[test]
fn booleans_are_those_of_yaml_1_1() {
    for written in ["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"] {
        check(written, true);
    }
    for written in ["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"] {
        check(written, false);
    }
}

#[test]
fn single_letters_are_strings() {
    // `N` is an attribute type, not `no`.
    for written in ["y", "Y", "n", "N", "t", "F", "tRue", "yES"] {
        check(written, written);
    }
}

#[test]
fn integers() {
    check("0", 0);
    check("12", 12);
    check("+12", 12);
    check("-12", -12);
    check("-0", 0);
    check("1_000", 1000);
    check("1_", 1);
    check("0x1F", 31);
    check("-0xff_ff", -65535);
    check("0b101", 5);
    check("0b1_1", 3);
}

#[test]
fn a_number_with_a_leading_zero_is_octal() {
    check("0123", 83);
    check("-010", -8);
    check("00", 0);
    check("0_7", 7);
    check("012345670123", 1_402_433_619);
}

#[test]
fn a_number_with_a_leading_zero_that_is_not_octal_is_a_float() {
    check("012345678901", 12_345_678_901.0);
    check("08", 8.0);
    check("-0_9", -9.0);
}

#[test]
fn base_60() {
    check("12:30", 750);
    check("1:02:03", 3723);
    check("-1:30", -90);
    check("22:22", 1342);
    check("1:30.5", 90.5);
    check("01:30.", 90.0);
    check("190:20:30.15", 685_230.15);
    for written in ["1:60", "01:30", "0:30", "1:2:x", "1::2", "1:-2", "a:1"] {
        check(written, written);
    }
}

#[test]
fn floats() {
    check("1.5", 1.5);
    check("-1.5", -1.5);
    check("10.0", 10.0);
    check("1.", 1.0);
    check(".5", 0.5);
    check("+.5", 0.5);
    check("1e3", 1000.0);
    check("1E-3", 0.001);
    check("1.5e+3", 1500.0);
    check("1_0.2_5", 10.25);
    check("-0.0", -0.0);
    check("0.1", 0.1);
    check("123456789.123456789", 123_456_789.123_456_79);
}

#[test]
fn everything_else_is_a_string() {
    for written in [
        "2010-09-09",
        "2012-10-17",
        "2001-12-14t21:59:43.10-05:00",
        "1.2.3",
        "1,000",
        "10.0.0.0/16",
        "0o17",
        "0x",
        "0x_",
        "0b",
        "0b2",
        "0xfg",
        "1e",
        "1e1.5",
        "e3",
        ".",
        "-.",
        "+",
        "-_",
        "_1",
        "1 2",
        "+-1",
        "--1",
        "arn:aws:sns:eu-west-1:012345678901:topic",
        "AWS::DynamoDB::Table",
        "<<",
        "=",
    ] {
        check(written, written);
    }
}

#[test]
fn numbers_that_json_cannot_represent_are_strings() {
    for written in [
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890123456789012345678901234567890",
        "0xFFFFFFFFFFFFFFFFFFFFFFFF",
        "9999999999999999999:00",
        "1e999",
        ".inf",
        "-.INF",
        ".nan",
    ] {
        check(written, written);
    }
    check("18446744073709551615", u64::MAX);
    check("-9223372036854775808", i64::MIN);
}

#[test]
fn quoted_and_block_scalars_are_strings() {
    let check = |yaml: &str, text: &str, style: Style| {
        let (scalar, value) = scalar(yaml);
        assert_eq!(value, json!(text), "{yaml:?}");
        assert_eq!((scalar.text.as_str(), scalar.style), (text, style), "{yaml:?}");
    };
    check("a: '012345678901'\n", "012345678901", Style::SingleQuoted);
    check("a: 'it''s'\n", "it's", Style::SingleQuoted);
    check("a: ''\n", "", Style::SingleQuoted);
    check("a: \"yes\"\n", "yes", Style::DoubleQuoted);
    // The parser returns `~` for a missing value.
    check("a: \"~\"\n", "~", Style::DoubleQuoted);
    check("a: '~'\n", "~", Style::SingleQuoted);
    check("a: |-\n  ~\n", "~", Style::Literal);
    check("a: \"\\x41\\u00e9\\n\\/\\ud83d\\ude00\\0\"\n", "Aé\n/😀\0", Style::DoubleQuoted);
    check("a: |\n  1\n  2\n", "1\n2\n", Style::Literal);
    check("a: |-\n  true\n", "true", Style::Literal);
    check("a: >-\n  1\n  2\n", "1 2", Style::Folded);
    check("a: >\n  one\n\n  two\n", "one\ntwo\n", Style::Folded);
    check("a: 'one\n  two'\n", "one two", Style::SingleQuoted);
}

#[test]
fn a_plain_scalar_over_several_lines_is_one_string() {
    let (scalar, value) = scalar("a: 1\n  2\n");
    assert_eq!((scalar.text.as_str(), value), ("1 2", json!("1 2")));
}

/// A block scalar includes the line break of its last line, if there is one.
#[test]
fn a_block_that_ends_with_the_text() {
    for (yaml, text) in [
        ("a: |\n  x", "x"),
        ("a: |\n  x\n", "x\n"),
        ("a: |+\n  x", "x"),
        ("a: |+\n  x\n\n", "x\n\n"),
        ("a: |-\n  x", "x"),
        ("a: >\n  x\n  y", "x y"),
        ("a: >\n  x\n   y", "x\n y"),
        ("a: |\r\n  x", "x"),
        ("a: |\n  é\n  # no comment", "é\n# no comment"),
        ("a: |\n  x\n# a comment", "x\n"),
        ("a: |\n  x\n...", "x\n"),
        // In a last line of spaces, the indentation is not part of the value.
        ("a: |\n  x\n  ", "x\n"),
        ("a: |\n  x\n   ", "x\n "),
        ("a: |+\n  x\n\n ", "x\n\n"),
        ("a: |+\n", ""),
        ("a: |", ""),
    ] {
        assert_eq!(scalar(yaml).0.text, text, "{yaml:?}");
    }
}

#[test]
fn basic_tags_of_yaml_set_the_type() {
    let check =
        |written: &str, value: Value| assert_eq!(scalar(&format!("a: {written}\n")).1, value, "{written}");
    check("!!str 012345678901", json!("012345678901"));
    check("!!str", json!(""));
    check("!<tag:yaml.org,2002:str> yes", json!("yes"));
    check("! 12", json!("12"));
    check("!!int '12'", json!(12));
    check("!!float 12", json!(12.0));
    check("!!bool 'yes'", json!(true));
    check("!!null ''", Value::Null);
    check("!!null", Value::Null);
}
