//! Syntax trees: the bytes of each node, and YAML that the other tree does not accept.

use tablewright_template::{
    Layout, MAX_BYTES, MAX_DEPTH, ParseErrorKind, Syntax, SyntaxEntry, SyntaxKind, SyntaxNode,
};

/// Compares a tree, one node per line: its value, its properties, and its bytes in the text.
fn check(text: &str, wanted: &[&str]) {
    let syntax = Syntax::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let mut lines = Vec::new();
    for document in &syntax.documents {
        show(text, document, 0, &mut lines);
    }
    for comment in &syntax.comments {
        lines.push(format!("comment {:?}", &text[comment.range.clone()]));
    }
    assert_eq!(lines, wanted, "{text}");
}

fn show(text: &str, node: &SyntaxNode, depth: usize, lines: &mut Vec<String>) {
    let mut line = "  ".repeat(depth);
    if let Some(anchor) = &node.anchor {
        line += &format!("&{anchor} ");
    }
    if let Some(tag) = &node.tag {
        line += &format!("{tag} ");
    }
    let written = &text[node.range.clone()];
    match &node.kind {
        SyntaxKind::Scalar(scalar) => {
            lines.push(format!("{line}{:?} {written:?} at {}", scalar.text, node.position));
        }
        SyntaxKind::Alias(name) => lines.push(format!("{line}*{name} {written:?}")),
        SyntaxKind::Sequence(layout, items) => {
            lines.push(format!("{line}{} list {written:?}", name(*layout)));
            items.iter().for_each(|item| show(text, item, depth + 1, lines));
        }
        SyntaxKind::Mapping(layout, entries) => {
            lines.push(format!("{line}{} map {written:?}", name(*layout)));
            for SyntaxEntry { key, value } in entries {
                show(text, key, depth + 1, lines);
                show(text, value, depth + 2, lines);
            }
        }
    }
}

fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::Block => "block",
        Layout::Flow => "flow",
    }
}

#[test]
fn a_block_collection_ends_with_its_last_node() {
    check(
        "A:\n  B: b # tail\n  # below\n\n# next\nC: {d: [e, f], }\n",
        &[
            r#"block map "A:\n  B: b # tail\n  # below\n\n# next\nC: {d: [e, f], }""#,
            r#"  "A" "A" at line 1, column 1"#,
            r#"    block map "B: b""#,
            r#"      "B" "B" at line 2, column 3"#,
            r#"        "b" "b" at line 2, column 6"#,
            r#"  "C" "C" at line 6, column 1"#,
            r#"    flow map "{d: [e, f], }""#,
            r#"      "d" "d" at line 6, column 5"#,
            r#"        flow list "[e, f]""#,
            r#"          "e" "e" at line 6, column 9"#,
            r#"          "f" "f" at line 6, column 12"#,
            r##"comment "# tail""##,
            r##"comment "# below""##,
            r##"comment "# next""##,
        ],
    );
}

#[test]
fn a_block_scalar_ends_with_its_last_line_or_kept_empty_lines() {
    let check = |until: &str, after: &str| {
        let text = format!("{until}{after}");
        let syntax = Syntax::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let value = &syntax.documents[0].get("A").unwrap().value;
        assert_eq!(&text[..value.range.end], until);
        assert!(value.range.start <= text.lines().next().unwrap().len() + 4, "{text}");
    };
    check("A: |\n  a\n  # b", "\n\n\nC: d\n");
    check("A: |-\n  a\n\n  # content", "\n# comment\n");
    check("A: >\n  a", "  \n\n# c\nC: d\n");
    check("A: |+\n  a\n\n\n", "C: d\n");
    check("A: |+\n  a", "\nC: d\n");
    check("A: |+\n\n\n", "C: d\n");
    check("A: |+ # c\n\n", "# d\n");
    check("A: |+\r\n  a\r\n\r\n", "C: d\r\n");
    check("A: |\r\n  a", "\r\n\r\nC: d\r\n");
    check("A: |\n  a", "");
    check("A: |\n  a\n    ", "\nC: d\n");
    check("A: >-\r\n  a\r\n \r\n  \t", "\r\n  \r\n\r\nC: d\r\n");
    check("A:\n  - |+\n    a\n     ", "\nC: d\n");
    check("A: |\n  a\n    ", "");
    check("A: |\n  a", "\n  ");
    check("A: |2\n\n    ", "\n \nC: d\n");
    check("A: |", "\nC: d");
    check("A: | # c", "\n\n# d\nC: d");
    check("A: 'a\n\n  b'", "\n\nC: d");
}

#[test]
fn a_list_starts_at_its_first_dash() {
    let check = |before: &str, list: &str| {
        let text = format!("{before}{list}");
        let syntax = Syntax::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let value = &syntax.documents[0].get("A").unwrap().value;
        assert_eq!(&text[value.range.clone()], list);
        let (line, last) = (before.lines().count(), before.lines().last().unwrap());
        let line = if before.ends_with('\n') { line + 1 } else { line };
        assert_eq!(value.position.line, line);
        assert_eq!(value.position.column, if before.ends_with('\n') { 1 } else { last.chars().count() + 1 });
    };
    check("A:\n  ", "- a\n  - b");
    check("A:\n", "- a\n- b");
    check("A: # - c\n# - d\n\n", "- # - e\n  a\n- b");
    check("A: &x\n", "-\n  a: b\n-");
    check("A: # c\r\n\r\n", "- a");
    check("A: ", "[a, b]");
}

#[test]
fn anchors_aliases_tags_and_documents_are_kept() {
    check(
        "\u{feff}--- # é\n&m A: &é !Sub x\n'B': !GetAtt\n- &i 1\n- *é\n<<: *nowhere\n? [k]\n: !t\n...\n---\n--- &r {}\n",
        &[
            "block map \"&m A: &é !Sub x\\n'B': !GetAtt\\n- &i 1\\n- *é\\n<<: *nowhere\\n? [k]\\n: !t\"",
            r#"  &m "A" "A" at line 2, column 4"#,
            r#"    &é !Sub "x" "x" at line 2, column 15"#,
            r#"  "B" "'B'" at line 3, column 1"#,
            r#"    !GetAtt block list "- &i 1\n- *é""#,
            r#"      &i "1" "1" at line 4, column 6"#,
            r#"      *é "*é""#,
            r#"  "<<" "<<" at line 6, column 1"#,
            r#"    *nowhere "*nowhere""#,
            r#"  flow list "[k]""#,
            r#"    "k" "k" at line 7, column 4"#,
            r#"    !t "" "" at line 8, column 5"#,
            r#""" "" at line 10, column 4"#,
            r#"&r flow map "{}""#,
            r##"comment "# é""##,
        ],
    );
}

#[test]
fn duplicate_keys_are_kept() {
    let syntax = Syntax::parse("A: 1\nA: 2\n").unwrap();
    let root = &syntax.documents[0];
    assert_eq!(root.entries().len(), 2);
    assert_eq!(root.get("A").unwrap().key.position.line, 1);
    assert_eq!(Syntax::parse("# nothing\n").unwrap().documents, []);
}

#[test]
fn many_consecutive_comments_are_parsed() {
    let text = format!("A:\n{}  - b\n", "  # c\n".repeat(500));
    assert_eq!(Syntax::parse(&text).unwrap().comments.len(), 500);
}

#[test]
fn invalid_yaml_is_an_error_with_its_position() {
    let kind = |text: &str| Syntax::parse(text).unwrap_err().kind().clone();
    let error = Syntax::parse("A: b\n C: d\n").unwrap_err();
    assert_eq!(error.position().line, 2, "{error}");
    assert_eq!(kind(&"x".repeat(MAX_BYTES + 1)), ParseErrorKind::TooLong { bytes: MAX_BYTES + 1 });
    assert!(Syntax::parse(&format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH))).is_ok());
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
        let deep = format!("{}x{}", open.repeat(MAX_DEPTH + 1), close.repeat(MAX_DEPTH + 1));
        assert_eq!(kind(&deep), ParseErrorKind::TooDeep);
        let deeper = format!("{}x", open.repeat(10_000));
        assert_eq!(kind(&deeper), ParseErrorKind::TooDeep);
    }
}
