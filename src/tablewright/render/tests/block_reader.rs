//! The reader of the built-in templates' YAML gives the tree of the general parser, or nothing.

use tablewright_template::{JsonLayout, Node};

use super::{definitions, faithful, stack};
use crate::render::block_reader::read;
use crate::render::{Templates, render};

/// Returns the texts of stacks that say everything.
fn texts() -> impl Iterator<Item = String> {
    faithful::stacks().map(|stack| render(&stack, "dev", &Templates::builtin()).unwrap().text)
}

/// The value with the order of its entries.
fn shown(node: &Node) -> String {
    node.write_json(JsonLayout::Compact)
}

/// Returns whether the reader knows the text.
fn check(text: &str) -> bool {
    let Some(read) = read(text) else { return false };
    let general = tablewright_template::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(shown(&read), shown(&general), "{text}");
    true
}

#[test]
fn what_the_built_in_templates_write_is_known() {
    for (name, table) in [definitions::tables().remove(1), definitions::global_tables().remove(1)] {
        let text = render(&stack(table), "dev", &Templates::builtin()).unwrap().text;
        assert!(check(&text), "{name}:\n{text}");
    }
    let known = texts().filter(|text| check(text)).count();
    assert!(known > 5, "only {known} are known: what has a function in flow style is not");
}

#[test]
fn every_other_form_is_left_to_the_general_parser() {
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
        "a: [b]",
        "a: {b: c}",
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
        "a: 1.5",
        "a: 1e3",
        "a: 12:30",
        "a: ~",
        "a: null",
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
        "# a\n\na:\n\n  # b\n  - b: 1\n    c: []\n  - - d\n    - {}\n  - !Ref e\n  - !Join\n    - f\n",
    ] {
        assert!(check(text), "{text:?}");
    }
}

/// Always the same changes, so that a failure comes again.
#[test]
fn a_changed_text_gives_the_same_tree_or_none() {
    const PIECES: [&str; 24] = [
        "", " ", "  ", "\n", ":", ": ", "- ", "-", "#", " #", "'", "\"", "\\", "!", "!Ref ", "[", "]", "{}",
        "0", "a", "\n  ", "\n- ", "&", "|",
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
        // A part is enough, and read quickly.
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
