//! Properties for arbitrary bytes, checked for a few thousand inputs by tests and for millions by the fuzzer in `fuzz`.

use std::ops::Range;

use tablewright_template::{
    Deployed, JsonLayout, Kind, Node, ParseError, ParseErrorKind, Syntax, SyntaxKind, SyntaxNode, parse,
    parse_bytes, parse_deployed,
};

/// Checks that parsing bytes does not panic, that positions and ranges are valid, and that trees round-trip.
pub(crate) fn survive(bytes: &[u8]) {
    let read = parse_bytes(bytes);
    let Ok(text) = str::from_utf8(bytes) else {
        let kind = read.expect_err("it is not UTF-8").kind().clone();
        assert!(matches!(
            kind,
            ParseErrorKind::NotUtf8 | ParseErrorKind::Utf16 | ParseErrorKind::TooLong { .. }
        ));
        return;
    };
    assert_eq!(parse(text), read, "{text:?}");
    agrees(parse_deployed(text), &read, text);
    match Syntax::parse(text) {
        Ok(syntax) => check_syntax(&syntax, text),
        Err(error) => check_error(&error, text),
    }
    match read {
        Ok(node) => {
            check_places(&node, text);
            comes_back(&node, text);
        }
        Err(error) => check_error(&error, text),
    }
}

/// Checks that a deployed template is parsed like any other, except for duplicate keys.
fn agrees(deployed: Result<Deployed, ParseError>, read: &Result<Node, ParseError>, text: &str) {
    match (deployed, read) {
        (Ok(Deployed { template, duplicates }), Ok(read)) => {
            assert_eq!(&template, read, "{text:?}");
            assert_eq!(duplicates, [], "{text:?}");
        }
        (deployed, Err(error)) if matches!(error.kind(), ParseErrorKind::DuplicateKey { .. }) => {
            if let Ok(Deployed { template, duplicates }) = deployed {
                assert!(!duplicates.is_empty(), "{text:?}");
                assert!(duplicates.iter().all(|duplicate| duplicate.ignored < duplicate.taken), "{text:?}");
                check_places(&template, text);
                comes_back(&template, text);
            }
        }
        (Err(deployed), Err(error)) => assert_eq!(&deployed, error, "{text:?}"),
        (deployed, read) => panic!("{text:?}: {deployed:?}, but {read:?}"),
    }
}

fn comes_back(node: &Node, text: &str) {
    if let Kind::Mapping(_) = node.kind {
        for layout in [JsonLayout::Compact, JsonLayout::Pretty] {
            let again = parse(&node.write_json(layout)).expect("what is written is well-formed");
            assert_eq!(again.to_value(), node.to_value(), "{text:?}");
        }
    }
}

fn check_error(error: &ParseError, text: &str) {
    assert_eq!(error.excerpt(text).lines().count(), 2, "{text:?}");
    let message = format!("{error} {}", error.hint().unwrap_or_default());
    assert!(!message.contains(char::is_control), "{text:?}: {message:?}");
}

/// Checks that every range is valid and inside of the range of its parent, and that comments start with `#`.
fn check_syntax(syntax: &Syntax, text: &str) {
    syntax.documents.iter().for_each(|root| check_range(root, text, 0..text.len()));
    for comment in &syntax.comments {
        assert!(
            text.get(comment.range.clone()).is_some_and(|piece| piece.starts_with('#')),
            "{text:?}: {comment:?}"
        );
    }
}

fn check_range(node: &SyntaxNode, text: &str, parent: Range<usize>) {
    let range = node.range.clone();
    assert!(text.get(range.clone()).is_some(), "{text:?}: {range:?}");
    assert!(parent.start <= range.start && range.end <= parent.end, "{text:?}: {range:?} in {parent:?}");
    match &node.kind {
        SyntaxKind::Scalar(_) | SyntaxKind::Alias(_) => {}
        SyntaxKind::Sequence(_, items) => {
            items.iter().for_each(|item| check_range(item, text, range.clone()));
        }
        SyntaxKind::Mapping(_, entries) => {
            let nodes = entries.iter().flat_map(|entry| [&entry.key, &entry.value]);
            nodes.for_each(|node| check_range(node, text, range.clone()));
        }
    }
}

/// Checks that every position is in the text, or at its end.
fn check_places(node: &Node, text: &str) {
    let lines = text.split(['\n', '\r']).count();
    let longest = text.split(['\n', '\r']).map(|line| line.chars().count()).max().unwrap_or_default();
    check_place(node, lines, longest + 1);
}

fn check_place(node: &Node, lines: usize, columns: usize) {
    assert!((1..=lines).contains(&node.position.line), "{}", node.position);
    assert!((1..=columns).contains(&node.position.column), "{}", node.position);
    match &node.kind {
        Kind::Scalar(_) => {}
        Kind::Sequence(items) => items.iter().for_each(|item| check_place(item, lines, columns)),
        Kind::Mapping(entries) => entries.iter().for_each(|entry| check_place(&entry.value, lines, columns)),
    }
}
