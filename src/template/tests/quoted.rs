//! Quoted text over several lines, which may continue and close at any column, whatever the column of its key.
//!
//! The expected values are those of PyYAML 6.0.3 and ruamel.yaml 0.19, which agree on every text here.

use serde_json::{Value, json};
use tablewright_template::{Node, Syntax, SyntaxKind, SyntaxNode, parse};

/// Where quoted text can be: the text before and after it, and the path to it.
const PLACES: [(&str, &str, &str); 19] = [
    ("", "\n", ""),
    ("a: ", "\nz: 1\n", "/a"),
    ("a:\n  b: ", "\n  c: 1\nz: 1\n", "/a/b"),
    ("a:\n  b:\n    c: ", "\n    d: 2\n", "/a/b/c"),
    ("a:\n  b:\n    c:\n      d: ", "\n", "/a/b/c/d"),
    ("a:\n  b: ", "", "/a/b"),
    ("a:\n  b: ", " # a comment\n  c: 1\n", "/a/b"),
    ("a:\n  b: ", "  \n  c: 1\n", "/a/b"),
    ("a:\n  b:\n    ", "\n  c: 1\n", "/a/b"),
    ("a:\n  b: &x ", "\n  c: 1\n", "/a/b"),
    ("a:\n  b: !!str ", "\n  c: 1\n", "/a/b"),
    ("a:\n  - ", "\n  - x\n", "/a/0"),
    ("a:\n- ", "\n- x\nz: 1\n", "/a/0"),
    ("- - x\n  - ", "\n  - x\n", "/0/1"),
    ("a:\n  - b: ", "\n    c: 1\n", "/a/0/b"),
    ("a:\n- b: ", "\n  c: 1\n", "/a/0/b"),
    ("a:\n  b: [", ", x]\n", "/a/b/0"),
    ("a:\n  b: {c: ", ", d: 1}\n", "/a/b/c"),
    ("? a\n: ", "\n", "/a"),
];

/// The columns at which a line of the text can continue: left of, at and right of the key, and after tabs.
const INDENTS: [&str; 7] = ["", " ", "  ", "    ", "      ", "\t", "  \t"];

/// Text between single or double quotes, with `_` for an indent, and its value.
const BODIES: [(&str, &str); 10] = [
    ("x\n_", "x "),
    ("{\n  k: 1\n_}", "{ k: 1 }"),
    ("x\n\n_y\n_", "x\ny "),
    ("\n_x\n_", " x "),
    ("x\n_# no comment\n_", "x # no comment "),
    ("x\n_- y\n_", "x - y "),
    ("x\n_k: v\n_", "x k: v "),
    ("x\n---y\n_", "x ---y "),
    ("x \n _ y\n_", "x y "),
    ("x\r\n_[y\r\n_", "x [y "),
];

/// Calls `check` with each quoted text and its value.
fn each_quoted(mut check: impl FnMut(&str, &str)) {
    for (body, value) in BODIES {
        for indent in INDENTS {
            let body = body.replace('_', indent);
            check(&format!("'{body}'"), value);
            check(&format!("\"{body}\""), value);
        }
    }
    for indent in INDENTS {
        // Only double quotes have escapes: the line break and the blanks after it are skipped.
        check(&format!("\"x\\\n{indent}y\\n\n{indent}\""), "xy\n ");
        check(&format!("\"{{\n  \\\"k\\\": 1\n{indent}}}\""), "{ \"k\": 1 }");
        check(&format!("'{{\n  it''s\n{indent}}}'"), "{ it's }");
    }
}

#[test]
fn quoted_text_may_continue_and_close_at_any_column() {
    each_quoted(|quoted, value| {
        for (before, after, pointer) in PLACES {
            let text = format!("{before}{quoted}{after}");
            let node = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let found = node.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}\n{text}"));
            assert_eq!(found.to_value(), Value::from(value), "{text:?}");
        }
    });
}

/// The reader that edits takes the same texts, with the same values, and knows where each begins and ends.
#[test]
fn both_readers_take_the_same_quoted_text() {
    each_quoted(|quoted, value| {
        for (before, after, _) in PLACES {
            let text = format!("{before}{quoted}{after}");
            let syntax = Syntax::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let written = |node: &SyntaxNode| text[node.range.clone()] == *quoted;
            let found = find(&syntax.documents[0], &written).unwrap_or_else(|| panic!("not found\n{text}"));
            assert_eq!(found.as_str(), Some(value), "{text:?}");
        }
    });
}

fn find<'n>(node: &'n SyntaxNode, is_it: &dyn Fn(&SyntaxNode) -> bool) -> Option<&'n SyntaxNode> {
    match &node.kind {
        _ if is_it(node) => Some(node),
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => None,
        SyntaxKind::Sequence(_, items) => items.iter().find_map(|item| find(item, is_it)),
        SyntaxKind::Mapping(_, entries) => entries.iter().find_map(|entry| find(&entry.value, is_it)),
    }
}

#[test]
fn quoted_text_that_other_readers_refuse_is_refused() {
    for text in [
        // The start or end of a document cannot be in quoted text.
        "a:\n  b: 'x\n---\n  '\n",
        "a:\n  b: \"x\n...\n\"\n",
        "a:\n  b: 'x\n--- y\n'\n",
        // After the closing quote.
        "a:\n  b: 'x\n' y\n",
        "a:\n  b: \"x\n\": y\n",
        "a:\n  b: 'x\n'y\n",
        // A key must be in one line.
        "a:\n  'x\n  ': 1\n",
        "\"x\n\": 1\n",
        // No closing quote, and an escape that there is not.
        "a:\n  b: 'x\nc: 1\n",
        "a:\n  b: \"x\n\\y\"\n",
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.to_string().contains("YAML not well-formed"), "{text:?}: {error}");
        assert!(Syntax::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_template_with_text_that_closes_under_its_key_is_read() {
    let text = include_str!("cases/quoted-closes-under-its-key.yaml");
    let value = parse(text).expect("a template").pointer("/Outputs/Example/Value").map(Node::to_value);
    assert_eq!(value, Some(json!("{ \"input\": 1 }")));
    assert!(Syntax::parse(text).is_ok());
}
