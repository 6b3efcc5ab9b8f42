//! Writes block YAML: properties, policy documents, raw resources, whole templates for `AWS::Include`.
//!
//! The input is a [`Tree`], a value of a tera template, JSON, or a parsed document, with functions in their long form. The output
//! is text that follows a `key:`, with one entry or item per line, and parses to the same value. It depends only on the value:
//! keys of JSON are in the conventional order of policies and resources, then by name; keys of a tree or document keep their
//! order.

use std::borrow::Cow;

use serde_json::Value as Json;
use tablewright_template::{Kind, Node};

use crate::render::scalar::{push_scalar, scalar};
use crate::render::tree::{COMMENT, Tree, short_form_of_call};

/// Returns the text that follows `key:`, without indentation: ` x` for a scalar, otherwise a line break and lines.
pub(super) fn block<T: Written>(value: &T) -> String {
    let mut out = String::new();
    write(value, 0, Place::Property, &mut out);
    out
}

/// Writes like [`block`], with all functions in their long form.
pub(super) fn long_block(node: &Node) -> String {
    let mut out = String::new();
    write(node, 0, Place::InFunction, &mut out);
    out
}

/// The filter `yaml` of the templates: writes a value as the text that follows a `key:`, indented by `indent` spaces.
pub(super) fn yaml_filter(value: &tera::Value, kwargs: &tera::Kwargs) -> tera::TeraResult<tera::Value> {
    let mut out = String::new();
    write(value, kwargs.must_get("indent")?, Place::Property, &mut out);
    Ok(tera::Value::safe_string(&out))
}

/// A value that can be written, with the order of its entries.
pub(super) trait Written: Sized {
    fn view(&self) -> View<'_, Self>;

    /// Comment lines above the value, if it is an item of a list.
    fn comment(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}

pub(super) enum View<'a, T> {
    Map(Vec<(&'a str, &'a T)>),
    List(&'a [T]),
    Text(&'a str),
    /// A number, a boolean, null, or a function that is already YAML.
    Plain(Cow<'a, str>),
    /// YAML that follows a `key:`, without indentation.
    Block(&'a str),
    /// JSON of the user.
    Json(&'a Json),
}

impl Written for Tree<'_> {
    fn view(&self) -> View<'_, Self> {
        match self {
            Self::Text(text) => View::Text(text),
            Self::Word(word) => View::Plain((*word).into()),
            Self::Number(number) => View::Plain(number.to_string().into()),
            Self::Bool(yes) => View::Plain(if *yes { "true" } else { "false" }.into()),
            Self::Call(call) => View::Plain(short_form_of_call(call).into()),
            Self::Json(value) => View::Json(value),
            Self::List(items) => View::List(items),
            Self::Map(entries) => View::Map(entries.iter().map(|(key, value)| (*key, value)).collect()),
            Self::Commented(_, value) => value.view(),
        }
    }

    fn comment(&self) -> impl Iterator<Item = &str> {
        let lines = match self {
            Self::Commented(lines, _) => &lines[..],
            _ => &[],
        };
        lines.iter().map(String::as_str)
    }
}

/// A safe string is already YAML: a function, or a block that [`Tree::to_tera`] wrote.
impl Written for tera::Value {
    fn view(&self) -> View<'_, Self> {
        if let Some(entries) = self.as_map() {
            let entries = entries.iter().filter_map(|(key, value)| Some((key.as_str()?, value)));
            return View::Map(entries.filter(|(key, _)| *key != COMMENT).collect());
        }
        if let Some(items) = self.as_array() {
            return View::List(items);
        }
        match self.as_str() {
            Some(text) if !self.is_safe() => View::Text(text),
            Some(block) if block.starts_with([' ', '\n']) => View::Block(block),
            Some(word) => View::Plain(word.into()),
            None => View::Plain(self.to_string().into()),
        }
    }

    fn comment(&self) -> impl Iterator<Item = &str> {
        let lines = self.as_map().and_then(|entries| entries.get(&tera::value::Key::Str(COMMENT)));
        lines.and_then(Self::as_array).into_iter().flatten().filter_map(Self::as_str)
    }
}

impl Written for Json {
    fn view(&self) -> View<'_, Self> {
        match self {
            Self::Object(entries) => {
                let mut entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value)).collect();
                entries.sort_by_key(|(key, _)| (rank(key), *key));
                View::Map(entries)
            }
            Self::Array(items) => View::List(items),
            Self::String(text) => View::Text(text),
            Self::Number(number) => View::Plain(yaml_number(&number.to_string()).into()),
            Self::Bool(_) | Self::Null => View::Plain(self.to_string().into()),
        }
    }
}

impl Written for Node {
    fn view(&self) -> View<'_, Self> {
        match &self.kind {
            Kind::Mapping(entries) => {
                View::Map(entries.iter().map(|entry| (entry.key.as_str(), &entry.value)).collect())
            }
            Kind::Sequence(items) => View::List(items),
            Kind::Scalar(_) => match self.as_str() {
                Some(text) => View::Text(text),
                None => match self.to_value() {
                    Json::Number(number) => View::Plain(yaml_number(&number.to_string()).into()),
                    word => View::Plain(word.to_string().into()),
                },
            },
        }
    }
}

/// Where a function is. Inside of a function the long form is used, as CloudFormation does not allow all short forms there.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Property,
    InFunction,
}

fn write<T: Written>(value: &T, indent: usize, place: Place, out: &mut String) {
    match value.view() {
        View::Map(entries) if entries.is_empty() => out.push_str(" {}"),
        View::List([]) => out.push_str(" []"),
        View::Map(entries) => {
            if place == Place::Property
                && let Some(short) = short_form(&entries)
            {
                out.push_str(&short);
                return;
            }
            if place == Place::Property
                && let Some((tag, arguments)) = short_form_of_list(&entries)
            {
                out.push_str(tag);
                write(arguments, indent, Place::InFunction, out);
                return;
            }
            for (key, value) in entries {
                let place = if is_function(key) { Place::InFunction } else { place };
                line(indent, out);
                push_scalar(key, out);
                out.push(':');
                write(value, indent + 2, place, out);
            }
        }
        View::List(items) => {
            for item in items {
                for text in item.comment() {
                    line(indent, out);
                    out.push('#');
                    out.push_str(text);
                }
                line(indent, out);
                out.push('-');
                let start = out.len();
                write(item, indent + 2, place, out);
                // The first line of the item follows the dash.
                if out[start..].starts_with('\n') {
                    out.replace_range(start..start + indent + 3, " ");
                }
            }
        }
        View::Text(text) => {
            out.push(' ');
            push_scalar(text, out);
        }
        View::Plain(yaml) => {
            out.push(' ');
            out.push_str(&yaml);
        }
        View::Block(block) => indented(block, indent, out),
        View::Json(value) => write(value, indent, place, out),
    }
}

/// Appends a block with its lines indented.
fn indented(block: &str, indent: usize, out: &mut String) {
    let mut lines = block.split('\n');
    out.push_str(lines.next().unwrap_or_default());
    for text in lines {
        line(indent, out);
        out.push_str(text);
    }
}

fn line(indent: usize, out: &mut String) {
    const SPACES: &str = "                                                                ";
    out.push('\n');
    match SPACES.get(..indent) {
        Some(spaces) => out.push_str(spaces),
        None => out.extend(std::iter::repeat_n(' ', indent)),
    }
}

/// Returns a number with a decimal point and a signed exponent, as YAML 1.1 requires: `1e300` would be a string.
fn yaml_number(json: &str) -> String {
    let Some((mantissa, exponent)) = json.split_once(['e', 'E']) else {
        return json.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Returns the short form of a function with one string argument, or of `Fn::GetAtt`.
fn short_form<T: Written>(entries: &[(&str, &T)]) -> Option<String> {
    let [(function, argument)] = entries else { return None };
    match (*function, argument.view()) {
        ("Ref", View::Text(name)) => Some(format!(" !Ref {}", scalar(name))),
        ("Fn::Sub", View::Text(text)) => Some(format!(" !Sub {}", scalar(text))),
        ("Fn::ImportValue", View::Text(name)) => Some(format!(" !ImportValue {}", scalar(name))),
        ("Fn::GetAtt", View::List([id, attribute])) => match (id.view(), attribute.view()) {
            (View::Text(id), View::Text(attribute)) => Some(format!(" !GetAtt {}", get_att(id, attribute)?)),
            _ => None,
        },
        _ => None,
    }
}

/// Returns the tag of a function with a list argument, and the list.
fn short_form_of_list<'a, T: Written>(entries: &[(&str, &'a T)]) -> Option<(&'static str, &'a T)> {
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
    let [(function, arguments)] = entries else { return None };
    let (_, tag) = TAGS.iter().find(|(long, _)| long == function)?;
    matches!(arguments.view(), View::List(_)).then_some((*tag, *arguments))
}

/// Returns the argument of `!GetAtt`, or `None` if splitting it at the first dot would not return the id and attribute.
pub(super) fn get_att(id: &str, attribute: &str) -> Option<String> {
    let splits_again = !id.is_empty() && !id.contains('.') && !attribute.is_empty();
    splits_again.then(|| scalar(&format!("{id}.{attribute}")))
}

fn is_function(key: &str) -> bool {
    key.starts_with("Fn::")
}

/// Returns the sort rank of a key: keys of resources and policies in the order of the AWS documentation, then all others.
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

    use super::{block, long_block, yaml_number};

    fn read_back(yaml: &str) -> Json {
        tablewright_template::parse(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}")).to_value()
    }

    #[test]
    fn entries_and_items_have_their_own_lines() {
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
        aws:SecureTransport: 'false'
Name: !Join
  - '-'
  - - Ref: Env
    - Fn::GetAtt:
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
    fn hostile_text_is_escaped() {
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
            let document = tablewright_template::parse(&yaml).unwrap();
            let long = long_block(&document);
            assert_eq!(read_back(&long)["root"], alone, "{hostile:?}");
            assert!(!long.lines().any(|line| line.contains(" !") && !line.contains("'!")), "{long}");
        }
    }

    #[test]
    fn numbers_are_numbers_in_yaml_1_1_and_1_2() {
        for (json, yaml) in
            [("5", "5"), ("-1.5", "-1.5"), ("1e300", "1.0e+300"), ("1.5e-7", "1.5e-7"), ("2E+3", "2.0e+3")]
        {
            assert_eq!(yaml_number(json), yaml);
        }
        let value = json!({ "a": 1e300, "b": u64::MAX, "c": i64::MIN, "d": 0.1, "e": null, "f": true });
        assert_eq!(read_back(block(&value).trim_start()), value);
        let document = tablewright_template::parse(block(&value).trim_start()).unwrap();
        assert_eq!(long_block(&document), block(&value));
    }
}
