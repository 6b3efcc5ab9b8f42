//! Properties: values round-trip, and no text causes a panic.

mod survive;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Map, Value};
use survive::survive;
use tablewright_template::{JsonLayout, SubPart, parse, sub_parts};

/// Characters that YAML keeps unchanged, without special line breaks and the byte order mark.
const PRINTABLE: &str =
    "[ -~\u{a0}-\u{2027}\u{202a}-\u{d7ff}\u{e000}-\u{fefe}\u{ff00}-\u{fffd}\u{10000}-\u{10ffff}]{0,12}";
const ANY: &str = "(?s).{0,12}";
/// Texts that have another meaning in YAML if they are not quoted.
const HOSTILE: &str = "[-+0-9:._eExX#&*!|>'\"%@`{}\\[\\],? ~<=yYnNoOfF\\\\\n\t]{0,12}";
/// Text that looks like YAML, or like JSON.
const ALMOST_YAML: &str = "[{}\\[\\],:\"a1\\\\ \n-]{0,60}";
const ALMOST_JSON: &str = "\\{\"[{}\\[\\],:\"a1\\\\ \n-]{0,40}";

fn value(strings: &'static str) -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::num::f64::NORMAL.prop_map(Value::from),
        (-1000..1000_i32).prop_map(|n| Value::from(f64::from(n) / 8.0)),
        strings.prop_map(Value::from),
        HOSTILE.prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(strings, inner, 0..6).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

fn template(strings: &'static str) -> impl Strategy<Value = Value> {
    btree_map(strings, value(strings), 0..6).prop_map(|map| Value::Object(Map::from_iter(map)))
}

fn read(text: &str) -> Result<Value, TestCaseError> {
    parse(text).map(|node| node.to_value()).map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))
}

proptest! {
    // A failure prints its minimal input, to be added to the tests, instead of a file of seeds.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_round_trips(value in template(ANY)) {
        prop_assert_eq!(&read(&value.to_string())?, &value);
        prop_assert_eq!(&read(&format!("{value:#}"))?, &value);
    }

    /// JSON is also YAML, and both parsers return the same value.
    #[test]
    fn json_is_yaml(value in template(PRINTABLE)) {
        prop_assert_eq!(&read(&format!("--- {value}"))?, &value);
        prop_assert_eq!(&read(&format!("# comment\n{value:#}"))?, &value);
    }

    #[test]
    fn written_json_round_trips(value in template(ANY)) {
        let node = parse(&value.to_string()).expect("serde_json writes JSON");
        for layout in [JsonLayout::Compact, JsonLayout::Pretty] {
            prop_assert_eq!(&read(&node.write_json(layout))?, &value);
        }
    }

    #[test]
    fn quoted_text_round_trips(text in prop_oneof![HOSTILE, PRINTABLE]) {
        // The escapes of JSON are escapes of YAML.
        let double = format!("a: {}\n", Value::from(text.as_str()));
        prop_assert_eq!(read(&double)?, serde_json::json!({ "a": text }));
        if !text.contains('\n') {
            let single = format!("a: [!Sub '{0}', '{0}']\n", text.replace('\'', "''"));
            prop_assert_eq!(read(&single)?, serde_json::json!({ "a": [{ "Fn::Sub": text }, text] }));
        }
    }

    #[test]
    fn no_text_causes_a_panic(text in prop_oneof![HOSTILE, ANY, ALMOST_YAML, ALMOST_JSON]) {
        survive(text.as_bytes());
    }
}

const SAMPLES: [&str; 4] = [
    "\u{feff}AWSTemplateFormatVersion: '2010-09-09'\r\nResources:\r\n  Orders:\r\n    Type: AWS::X::Y\r\n",
    "\
Resources:
  Orders: # é
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: !Sub
        - '${a}-x'
        - {a: !Ref Stage}
      KeySchema:
      - AttributeName: id
        KeyType: HASH
      Arn: !GetAtt Key.Arn
",
    "\
---
Description: >-
  folded

  text
Metadata: |+2
   literal
? \"quoted\\n\\u00e9\"
: &a !!str 012
Tags: [{Key: a, Value: 'it''s'}, ~, 12:30, !If [c, 1, !Ref 'AWS::NoValue']]
...
",
    r#"{"Resources": {"T": {"Type": "AWS::X::Y", "P": [1, -2.5e3, true, null, "\u00e9\ud83d\ude00\n"]}}}"#,
];

/// Bytes with a meaning in YAML, JSON or UTF-8.
const BYTES: &[u8] = b"\0\t\n\r !\"#%&'*,-.0:<>?@[\\]`{|}~\x7f\x80\xff";

/// Changes, removes, duplicates and swaps bytes of valid templates, the same in every run.
#[test]
fn mutated_templates_cause_no_panic() {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    for round in 0..20_000 {
        let mut bytes = SAMPLES[round % SAMPLES.len()].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let at = random.below(bytes.len());
            let other = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] = BYTES[random.below(BYTES.len())],
                1 => bytes[at] ^= 1 << random.below(8),
                2 => drop(bytes.remove(at)),
                3 => bytes.swap(at, other),
                _ => {
                    let piece = bytes[at.min(other)..at.max(other)].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
            if bytes.is_empty() {
                bytes.push(b'a');
            }
        }
        survive(&bytes);
        if let Err(error) = String::from_utf8(bytes) {
            survive(String::from_utf8_lossy(error.as_bytes()).as_bytes());
        }
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

/// The parts of a string of `Fn::Sub`, each with the spaces that CloudFormation trims.
fn parts() -> impl Strategy<Value = Vec<(SubPart<'static>, &'static str, &'static str)>> {
    let blank = || prop::sample::select(vec!["", "", " ", "\t", "\n  "]);
    let text = prop::sample::select(vec!["a", "-", "$ ", "}", "{b}", " ", "ü"]).prop_map(SubPart::Text);
    let escaped = prop::sample::select(vec!["A", "b c", "", "!x"]).prop_map(SubPart::Escaped);
    let variable =
        prop::sample::select(vec!["A", "T.Arn", "AWS::Region", "a b", ""]).prop_map(SubPart::Variable);
    vec((prop_oneof![text, escaped, variable], blank(), blank()), 0..8)
}

proptest! {
    // The same texts in every run.
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(10),
        cases: 2000,
        ..ProptestConfig::default()
    })]

    /// Joined parts are split into the same parts, with or without spaces.
    #[test]
    fn joined_parts_of_sub_are_split_again(parts in parts()) {
        let mut text = String::new();
        let mut expected = String::new();
        for (part, before, after) in &parts {
            expected.push_str(&part.to_string());
            match part {
                SubPart::Text(part) => text.push_str(part),
                SubPart::Escaped(name) => text.push_str(&format!("${{{before}!{name}}}")),
                SubPart::Variable(name) => text.push_str(&format!("${{{before}{name}{after}}}")),
            }
        }
        let apart = sub_parts(&text);
        prop_assert_eq!(apart.iter().map(SubPart::to_string).collect::<String>(), expected);
        let others = |part: &&SubPart<'_>| !matches!(part, SubPart::Text(_));
        prop_assert!(apart.windows(2).all(|two| two.iter().any(|part| others(&part))));
        let written: Vec<&SubPart<'_>> = parts.iter().map(|(part, ..)| part).filter(others).collect();
        prop_assert_eq!(apart.iter().filter(others).collect::<Vec<_>>(), written);
    }

    /// The parts of any text join to the same text, except for spaces inside of braces.
    #[test]
    fn split_parts_of_sub_can_be_joined(text in "[$\\{\\}!. aA:\n]{0,24}") {
        let joined: String = sub_parts(&text).iter().map(SubPart::to_string).collect();
        let bare = |text: &str| text.replace(char::is_whitespace, "");
        prop_assert_eq!(bare(&joined), bare(&text));
        prop_assert_eq!(sub_parts(&joined), sub_parts(&text));
        if !text.contains(char::is_whitespace) {
            prop_assert_eq!(joined, text);
        }
    }
}
