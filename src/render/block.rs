//! Any JSON value as block YAML: policy documents, metadata, overridden properties, raw resources.
//!
//! In: a value as CloudFormation knows it, functions in their long form. Out: text that follows a `key:`, one entry and one
//! item a line. It reads back as that very value. Keys stand in the order that people know from policies and resources, the
//! others by name, so that the bytes depend on nothing but the value.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::render::scalar::scalar;

/// Writes what follows `key:`, entries at the left margin: ` x` of a scalar, a line break and lines of anything else.
pub(super) fn block(value: &Json) -> String {
    let mut out = String::new();
    write(value, 0, Place::Property, &mut out);
    out
}

/// Whether a short form may stand here: CloudFormation forbids some inside of others, so inside of a function all are long.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Property,
    InFunction,
}

fn write(value: &Json, indent: usize, place: Place, out: &mut String) {
    match value {
        Json::Object(entries) if entries.is_empty() => out.push_str(" {}"),
        Json::Array(items) if items.is_empty() => out.push_str(" []"),
        Json::Object(entries) => {
            if place == Place::Property
                && let Some(short) = short_form(entries)
            {
                out.push_str(&short);
                return;
            }
            if place == Place::Property
                && let Some((tag, arguments)) = short_form_of_list(entries)
            {
                out.push_str(tag);
                write(arguments, indent, Place::InFunction, out);
                return;
            }
            let mut sorted: Vec<(&String, &Json)> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| (rank(key), *key));
            for (key, value) in sorted {
                let place = if is_function(key) { Place::InFunction } else { place };
                line(indent, out);
                out.push_str(&scalar(key));
                out.push(':');
                write(value, indent + 2, place, out);
            }
        }
        Json::Array(items) => {
            for item in items {
                line(indent, out);
                out.push('-');
                let start = out.len();
                write(item, indent + 2, place, out);
                // The first line of what is below begins behind the dash.
                if out[start..].starts_with('\n') {
                    out.replace_range(start..start + indent + 3, " ");
                }
            }
        }
        Json::String(text) => {
            out.push(' ');
            out.push_str(&scalar(text));
        }
        Json::Number(number) => {
            out.push(' ');
            out.push_str(&yaml_number(&number.to_string()));
        }
        Json::Bool(yes) => {
            write!(out, " {yes}").expect("writing to a String does not fail");
        }
        Json::Null => out.push_str(" null"),
    }
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

/// YAML 1.1 wants a point and a signed exponent in a float: `1e300` would be text.
fn yaml_number(json: &str) -> String {
    let Some((mantissa, exponent)) = json.split_once(['e', 'E']) else {
        return json.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Returns the short form of a function with one text, or of `Fn::GetAtt`.
fn short_form(entries: &serde_json::Map<String, Json>) -> Option<String> {
    let mut entries = entries.iter();
    let (Some((function, argument)), None) = (entries.next(), entries.next()) else {
        return None;
    };
    match (function.as_str(), argument) {
        ("Ref", Json::String(name)) => Some(format!(" !Ref {}", scalar(name))),
        ("Fn::Sub", Json::String(text)) => Some(format!(" !Sub {}", scalar(text))),
        ("Fn::ImportValue", Json::String(name)) => Some(format!(" !ImportValue {}", scalar(name))),
        ("Fn::GetAtt", Json::Array(path)) => match &path[..] {
            [Json::String(id), Json::String(attribute)] => {
                Some(format!(" !GetAtt {}", get_att(id, attribute)?))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Returns the tag of a function that takes a list, and the list.
fn short_form_of_list(entries: &serde_json::Map<String, Json>) -> Option<(&'static str, &Json)> {
    const TAGS: [(&str, &str); 10] = [
        ("Fn::And", " !And"),
        ("Fn::Equals", " !Equals"),
        ("Fn::FindInMap", " !FindInMap"),
        ("Fn::If", " !If"),
        ("Fn::Join", " !Join"),
        ("Fn::Not", " !Not"),
        ("Fn::Or", " !Or"),
        ("Fn::Select", " !Select"),
        ("Fn::Split", " !Split"),
        ("Fn::Sub", " !Sub"),
    ];
    let (function, arguments) = entries.iter().next().filter(|_| entries.len() == 1)?;
    let (_, tag) = TAGS.iter().find(|(long, _)| long == function)?;
    arguments.is_array().then_some((*tag, arguments))
}

/// Returns the text of `!GetAtt`, or nothing where splitting it at the first dot would not give the two again.
pub(super) fn get_att(id: &str, attribute: &str) -> Option<String> {
    let splits_again = !id.is_empty() && !id.contains('.') && !attribute.is_empty();
    splits_again.then(|| scalar(&format!("{id}.{attribute}")))
}

fn is_function(key: &str) -> bool {
    key.starts_with("Fn::")
}

/// Where a key stands: those of resources and policies in the order that AWS documents, all others behind them.
fn rank(key: &str) -> usize {
    const FIRST: [&str; 19] = [
        "Type",
        "Version",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "DependsOn",
        "DeletionPolicy",
        "UpdateReplacePolicy",
        "Metadata",
        "Properties",
        "Key",
    ];
    FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{block, yaml_number};

    fn read_back(yaml: &str) -> Json {
        tablewright_template::parse(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}")).to_value()
    }

    #[test]
    fn one_entry_and_one_item_a_line() {
        let value = json!({
            "Statement": [
                { "Action": ["a", "b"], "Effect": "Allow", "Resource": { "Fn::GetAtt": ["Note", "Arn"] } },
                { "Condition": { "Bool": { "aws:SecureTransport": "false" } }, "Effect": "Deny" },
            ],
            "Version": "2012-10-17",
            "Nested": [[1, [2]], [], {}],
            "Name": { "Fn::Join": ["-", [{ "Ref": "Env" }, { "Fn::GetAtt": ["A", "B"] }]] },
        });
        let text = "
Version: '2012-10-17'
Statement:
  - Effect: Allow
    Action:
      - a
      - b
    Resource: !GetAtt Note.Arn
  - Effect: Deny
    Condition:
      Bool:
        'aws:SecureTransport': 'false'
Name: !Join
  - '-'
  - - Ref: Env
    - 'Fn::GetAtt':
        - A
        - B
Nested:
  - - 1
    - - 2
  - []
  - {}";
        assert_eq!(block(&value), text);
        assert_eq!(read_back(text.trim_start()), value);
    }

    #[test]
    fn nothing_breaks_out_of_its_place() {
        for hostile in [
            "",
            " ",
            "yes",
            "~",
            "null",
            "1e3",
            "0x1F",
            "a: b",
            "a #b",
            "- a",
            "? a",
            "[a",
            "{a: b}",
            "!Ref x",
            "&a",
            "*a",
            "%a",
            "@a",
            "|",
            ">",
            "'",
            "\"",
            "\\",
            "two\nlines",
            "tab\t",
            "\r\n",
            "\u{0}\u{7}",
            "\u{85}\u{2028}\u{feff}",
            "é 🎉",
            "{{ x }}",
            "{% if %}",
            "${Note}",
            "trailing ",
            "---",
            "...",
            ": ",
            "<<",
            "Ref",
            "Fn::Sub",
        ] {
            let value = json!({
                hostile: hostile,
                "list": [hostile, [hostile], { hostile: [hostile] }],
                "call": { "Fn::Sub": hostile },
                "calls": [{ "Fn::Join": [hostile, [hostile, { "Ref": hostile }]] }, [{ "Fn::If": [] }]],
                "attribute": { "Fn::GetAtt": [hostile, hostile] },
                "other": { "Fn::Whatever": { hostile: hostile } },
            });
            let yaml = format!("root:{}", block(&value).replace('\n', "\n  "));
            assert_eq!(read_back(&yaml)["root"], value, "{hostile:?}");
            let alone = json!({ "Fn::Select": [1, [hostile, value]] });
            let yaml = format!("root:{}", block(&alone).replace('\n', "\n  "));
            assert_eq!(read_back(&yaml)["root"], alone, "{hostile:?}");
        }
    }

    #[test]
    fn numbers_are_numbers_in_both_versions_of_yaml() {
        for (json, yaml) in
            [("5", "5"), ("-1.5", "-1.5"), ("1e300", "1.0e+300"), ("1.5e-7", "1.5e-7"), ("2E+3", "2.0e+3")]
        {
            assert_eq!(yaml_number(json), yaml);
        }
        let value = json!({ "a": 1e300, "b": u64::MAX, "c": i64::MIN, "d": 0.1, "e": null, "f": true });
        assert_eq!(read_back(block(&value).trim_start()), value);
    }
}
