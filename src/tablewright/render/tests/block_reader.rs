//! The fast parser returns the same tree as the general parser, or `None`.

use std::collections::BTreeMap;

use serde_json::json;
use tablewright_template::{JsonLayout, Node};

use super::faithful;
use crate::render::block::block;
use crate::render::block_reader::read;
use crate::render::tree::short_form_of_call;
use crate::render::{Templates, render};
use crate::value::{Argument, Expression, Sub};

/// Returns the templates of stacks with every property.
fn texts() -> impl Iterator<Item = String> {
    faithful::stacks().map(|stack| render(&stack, "dev", &Templates::builtin()).unwrap().text)
}

/// Formats a value, including the order of its entries.
fn shown(node: &Node) -> String {
    node.write_json(JsonLayout::Compact)
}

/// Whether the fast parser supports the text; panics if its tree differs from that of the general parser.
fn check(text: &str) -> bool {
    let Some(read) = read(text) else { return false };
    let general = tablewright_template::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(shown(&read), shown(&general), "{text}");
    true
}

#[test]
fn the_output_of_the_built_in_templates_is_supported() {
    for text in texts() {
        assert!(check(&text), "{text}");
    }
}

#[test]
fn all_rendered_functions_and_numbers_are_supported() {
    let reference = || Expression::Ref("AWS::Region".into());
    let texts = vec!["a]", "{b", "it's: '", ", ", "", "yes", "0123", "line\n"];
    for function in [
        Expression::if_else("IsProd", "a, b", reference()),
        Expression::if_else("IsProd", true, 5),
        Expression::import_value(Expression::sub("${Stage}-key")),
        Expression::GetAtt("a.b".into(), "c".into()),
        Expression::select_split(4, ":", reference()),
        Expression::find_in_map("Stages", reference(), "Name"),
        Expression::join("", texts.into_iter().map(Argument::from)),
        Expression::join("-", []),
        Expression::sub_with("${a}", [("a", reference()), ("AWS::b", Expression::sub("c"))]),
        Expression::sub_with("${a}", [("yes", "no")]),
        Expression::Sub(Sub::With("${a}".into(), BTreeMap::new())),
    ] {
        let value = short_form_of_call(&function);
        assert!(check(&format!("a: {value}")), "{value}");
        assert!(check(&format!("a:\n  - {value}\n  - b")), "{value}");
    }
    let numbers = [0.1, -1.5, 1e300, 2.5e-9, -0.0, f64::MIN_POSITIVE, f64::MAX].map(|float| json!(float));
    let whole = [json!(i64::MIN), json!(u64::MAX), json!(-1), json!(null), json!(true)];
    for value in numbers.iter().chain(&whole) {
        let text = format!("a:{}", block(value));
        assert!(check(&text), "{text}");
    }
}

#[test]
fn other_yaml_is_not_supported() {
    for text in [
        "",
        "a",
        "a:",
        "a: ",
        "a:  b",
        "a: b ",
        "a: b #c",
        "a: b\n  c",
        "a: b\n  c: d",
        "a:\n- b",
        "a:\nb: c",
        "a: &b c",
        "a: *b",
        "a: |\n  b",
        "a: >\n  b",
        "a: !Reff b",
        "a: !Ref",
        "a: !GetAtt b",
        "a: !!str b",
        "? a\n: b",
        "- a",
        " a: b",
        "a: b\n c: d",
        "a:\n    b: c\n  d: e",
        "a: 0123",
        "a: 1e3",
        "a: 12:30",
        "a: ~",
        "a: yes",
        "yes: a",
        "1: a",
        "a: 'b",
        "a: 'b' c",
        "a: \"\\x41\"",
        "a: \"\\uD800\"",
        "a: b\na: c",
        "---\na: b",
        "a: b\n---\nc: d",
        "a: b\n...",
        "%YAML 1.1\n---\na: b",
        "a: b\r\nc: d",
        "a:\tb",
        "a: \u{e9}",
        "<<: a",
        "a: -",
        "a:\n  -",
        "a:\n  - b\n  c: d",
        "a:\n  c: d\n  - b",
        "a: !Join b",
        "a: !Join\n  b: c",
        "{\"a\": 1}",
        "a: [b",
        "a: [b]]",
        "a: [b] c",
        "a: [b] # c",
        "a: [b,c]",
        "a: [ b]",
        "a: [b ]",
        "a: [b, ]",
        "a: [b,\n  c]",
        "a: [b: c]",
        "a: [!Ref b]",
        "a: [c:d]",
        "a: [01]",
        "a: {b}",
        "a: {b:c}",
        "a: {'b':c}",
        "a: {b: c, b: d}",
        "a: {true: b}",
        "a: {1: b}",
        "a: [b}",
        "a: !Ref [b]",
        "a: !If {b: c}",
        "a: !ImportValue [b]",
        "a: -",
        "a: +1",
        "a: .5",
        "a: 1.",
        "a: 1.0e5",
        "a: 1.0E+5",
        "a: 1.0e+999",
        "a: 1_0",
        "a: 18446744073709551616",
        "a: -9223372036854775809",
    ] {
        assert!(read(text).is_none(), "{text:?}");
    }
    for text in [
        "a: b",
        "a: 0",
        "a: 18446744073709551615",
        "a: ''",
        "'a: b': 'it''s'",
        "a: \"\\u00E9\\n\"",
        "a b: c:d",
        "a: N",
        "a: [b]",
        "a: {b: c}",
        "a: {}\nb: []",
        "a: [[], {}, [b c, {'d': [1, 'e: f']}], -1.5, null, true]",
        "a: !If [b, 'c, d', {'Fn::Sub': ']'}]",
        "# a\n\na:\n\n  # b\n  - b: 1\n    c: []\n  - - d\n    - {}\n  - !Ref e\n  - !Join\n    - f\n",
    ] {
        assert!(check(text), "{text:?}");
    }
}

/// Makes the same changes in every run, so that a failure is reproducible.
#[test]
fn a_changed_text_has_the_same_tree_or_is_not_supported() {
    const PIECES: [&str; 30] = [
        "", " ", "  ", "\n", ":", ": ", "- ", "-", "#", " #", "'", "\"", "\\", "!", "!Ref ", "[", "]", "{}",
        "0", "a", "\n  ", "\n- ", "&", "|", ", ", ",", "{", "}", "1.5", "null",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |most: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % most as u64).unwrap()
    };
    let mut known = 0;
    for text in texts() {
        // A part of the text is enough, and keeps the test fast.
        let start = text.find("Resources:").unwrap();
        let text = text[start..].lines().take(60).collect::<Vec<_>>().join("\n");
        for _ in 0..1_200 {
            let mut changed = text.clone();
            for _ in 0..=below(2) {
                let at = below(changed.len());
                let end = (at + below(3)).min(changed.len());
                changed.replace_range(at..end, PIECES[below(PIECES.len())]);
            }
            known += usize::from(check(&changed));
        }
    }
    assert!(known > 500, "{known} changed texts are of the known form");
}
