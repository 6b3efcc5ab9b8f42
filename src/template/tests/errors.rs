//! Invalid templates: the message and position of each error.

use serde_json::json;
use tablewright_template::{Kind, MAX_BYTES, MAX_DEPTH, ParseErrorKind, parse, parse_deployed};

fn check(text: &str, message: &str) {
    match parse(text) {
        Ok(node) => panic!("{text:?} should be refused, and is {}", node.to_value()),
        Err(error) => assert_eq!(error.to_string(), message, "{text:?}"),
    }
}

fn check_hint(text: &str, hint: Option<&str>) {
    let error = parse(text).expect_err("the text is wrong");
    assert_eq!(error.hint().as_deref(), hint, "{text:?}");
}

#[test]
fn nothing() {
    for text in ["", " \r\n\t\n", "\u{feff}", "# comment\n", "---\n", "---\n...\n", "%YAML 1.1\n---\n"] {
        check(text, "line 1, column 1: the template is empty");
    }
}

#[test]
fn unknown_tags() {
    check("a:\n  - !Reff x", "line 2, column 5: unknown tag `!Reff`");
    check("a: !ref x", "line 1, column 4: unknown tag `!ref`");
    check("a: !Foo\n  b: c", "line 1, column 4: unknown tag `!Foo`");
    check("a: !Foo [b]", "line 1, column 4: unknown tag `!Foo`");
    check("!Foo a: b", "line 1, column 1: unknown tag `!Foo`");
    check("a: !!binary aGk=", "line 1, column 4: unknown tag `!!binary`");
    check("a: !!timestamp 2010-09-09", "line 1, column 4: unknown tag `!!timestamp`");
    check("a: !!set {b, c}", "line 1, column 4: unknown tag `!!set`");
    check("a: !!omap [b: c]", "line 1, column 4: unknown tag `!!omap`");
    check("a: !!python/object:os.system x", "line 1, column 4: unknown tag `!!python/object:os.system`");
    check("a: !<tag:example.com,2000:x> y", "line 1, column 4: unknown tag `!<tag:example.com,2000:x>`");
    check("%TAG ! tag:example.com,2000:\n---\na: !Ref y", "line 3, column 4: unknown tag `!Ref`");
    check("a: !e!x y", "line 1, column 4: YAML not well-formed: the handle wasn't declared");
}

#[test]
fn unknown_tags_that_are_near_a_known_one() {
    check_hint("a: !ref x", Some("did you mean `!Ref`?"));
    check_hint("a: !Reff x", Some("did you mean `!Ref`?"));
    check_hint("a: !Getatt x.y", Some("did you mean `!GetAtt`?"));
    check_hint("a: !GetAttr x.y", Some("did you mean `!GetAtt`?"));
    check_hint("a: !Fn::Join [x]", Some("did you mean `!Join`?"));
    check_hint("a: !FindMap [x]", Some("did you mean `!FindInMap`?"));
    check_hint("a: !Something x", None);
    check_hint("a: !vault x", None);
    check_hint("a: !X x", None);
}

#[test]
fn tags_that_do_not_fit() {
    check("a: !!int b", "line 1, column 4: the tag `!!int` does not match this value");
    check("a: !!int 1.5", "line 1, column 4: the tag `!!int` does not match this value");
    check("a: !!bool 1", "line 1, column 4: the tag `!!bool` does not match this value");
    check("a: !!float .inf", "line 1, column 4: the tag `!!float` does not match this value");
    check("a: !!null x", "line 1, column 4: the tag `!!null` does not match this value");
    check("a: !!map x", "line 1, column 4: the tag `!!map` does not match this value");
    check("a: !!str [x]", "line 1, column 4: the tag `!!str` does not match this value");
    check("a: !!seq {b: c}", "line 1, column 4: the tag `!!seq` does not match this value");
}

#[test]
fn get_att_without_an_attribute() {
    for (text, argument) in
        [("a: !GetAtt T", "T"), ("a: !GetAtt", ""), ("a: !GetAtt .Arn", ".Arn"), ("a: !GetAtt T.", "T.")]
    {
        check(
            text,
            &format!("line 1, column 4: `!GetAtt {argument}` does not name a resource and an attribute"),
        );
    }
    check_hint("a: !GetAtt T", Some("write `!GetAtt Resource.Attribute`"));
}

#[test]
fn duplicate_keys_are_errors_with_both_positions() {
    check("a: 1\nb: 2\n'a': 3\n", "line 3, column 1: duplicate key `a`, first at line 1, column 1");
    check(
        "x:\n  - {b: 1, c: {}, \"b\": 2}\n",
        "line 2, column 19: duplicate key `b`, first at line 2, column 6",
    );
    check("{\"a\": 1,\n \"\\u0061\": 2}", "line 2, column 2: duplicate key `a`, first at line 1, column 2");
    check("b: 1\na: 1\na: 2\nb: 2\na: 3\n", "line 3, column 1: duplicate key `a`, first at line 2, column 1");
    // The same key in different mappings is allowed.
    assert!(parse("a: {k: 1}\nb: {k: 1}\n").is_ok());
}

#[test]
fn the_last_of_duplicate_keys_is_used_in_a_deployed_template() {
    let check = |text: &str, value: serde_json::Value, told: &[&str]| {
        let read = parse_deployed(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(read.template.to_value(), value, "{text:?}");
        let duplicates: Vec<String> = read.duplicates.iter().map(ToString::to_string).collect();
        assert_eq!(duplicates, told, "{text:?}");
    };
    check("a: 1\nb: 2\n", json!({ "a": 1, "b": 2 }), &[]);
    check(
        "a: 1\nb: 2\n'a': 3\n",
        json!({ "a": 3, "b": 2 }),
        &["line 1, column 1: duplicate key `a`; CloudFormation uses the one at line 3, column 1"],
    );
    check(
        "{\"a\": 1,\n \"\\u0061\": 2}",
        json!({ "a": 2 }),
        &["line 1, column 2: duplicate key `a`; CloudFormation uses the one at line 2, column 2"],
    );
    // In the order of the document, nested ones, and in ignored values, too.
    check(
        "T: {k: 1, k: 2}\na: 1\nT:\n  k: 3\na: 2\nT:\n  - !Sub [x, {k: 4, k: 5}]\n",
        json!({ "a": 2, "T": [{ "Fn::Sub": ["x", { "k": 5 }] }] }),
        &[
            "line 1, column 1: duplicate key `T`; CloudFormation uses the one at line 6, column 1",
            "line 1, column 5: duplicate key `k`; CloudFormation uses the one at line 1, column 11",
            "line 2, column 1: duplicate key `a`; CloudFormation uses the one at line 5, column 1",
            "line 3, column 1: duplicate key `T`; CloudFormation uses the one at line 6, column 1",
            "line 7, column 15: duplicate key `k`; CloudFormation uses the one at line 7, column 21",
        ],
    );
    let keys: Vec<String> = parse_deployed("b: 1\na: 1\nb: 2\nc: 1\n").map_or_else(
        |error| panic!("{error}"),
        |read| match read.template.kind {
            Kind::Mapping(entries) => entries.into_iter().map(|entry| entry.key).collect(),
            Kind::Scalar(_) | Kind::Sequence(_) => panic!("a mapping"),
        },
    );
    assert_eq!(keys, ["a", "b", "c"], "each where the one stands that counts");
    // Other errors are the same.
    for text in ["a: *x", "a: !Reff x", "1: a\n1: b", "a: [", "{\"a\": 1, \"a\": }", ""] {
        assert_eq!(parse_deployed(text).err(), parse(text).err(), "{text:?}");
        assert!(parse_deployed(text).is_err(), "{text:?}");
    }
}

#[test]
fn keys_that_are_not_strings() {
    check("123456789012: x", "line 1, column 1: map keys must be strings, but `123456789012` is a number");
    check("a: {on: x}", "line 1, column 5: map keys must be strings, but `on` is a boolean");
    check("~: x", "line 1, column 1: map keys must be strings, but `~` is null");
    check(": x", "line 1, column 1: map keys must be strings, but `` is null");
    check("? [a]\n: x", "line 1, column 3: map keys must be strings, but this key is not a scalar");
    check("? {a: b}\n: x", "line 1, column 3: map keys must be strings, but this key is not a scalar");
    check("!Ref a: x", "line 1, column 1: map keys must be strings, but this key is not a scalar");
    check_hint("012: x", Some("quote it: '012'"));
    check_hint("? [a]\n: x", None);
}

#[test]
fn aliases_and_merges() {
    let message = "YAML aliases are not allowed in CloudFormation templates";
    check("a: &x 1\nb: *x\n", &format!("line 2, column 4: {message}: `*x`"));
    check("a: *x\n", &format!("line 1, column 4: {message}: `*x`"));
    check("a: &x b\n*x : c\n", &format!("line 2, column 1: {message}: `*x`"));
    check("a: &x [*x]\n", &format!("line 1, column 8: {message}: `*x`"));
    let message = "YAML merges (`<<`) are not allowed in CloudFormation templates";
    check("a: &x {}\nb:\n  <<: *x\n", &format!("line 3, column 3: {message}"));
    check("<<: {}\n", &format!("line 1, column 1: {message}"));
    check_hint("a: *x\n", Some("write the values out, or let `aws cloudformation package --use-json` do it"));
}

#[test]
fn more_than_one_document() {
    let message = "a template must be a single YAML document; a second one starts here";
    check("a: 1\n---\nb: 2\n", &format!("line 2, column 1: {message}"));
    check("a: 1\n...\n---\nb: 2\n", &format!("line 3, column 1: {message}"));
    check("---\n---\n", &format!("line 2, column 1: {message}"));
}

#[test]
fn yaml_that_is_not_well_formed() {
    check(
        "a: b: c\n",
        "line 1, column 5: YAML not well-formed: mapping values are not allowed in this context",
    );
    check("a: [1, 2\n", "line 1, column 4: YAML not well-formed: unclosed bracket '['");
    check("a: 'x", "line 1, column 4: YAML not well-formed: unclosed quote");
    check("a: @x\n", "line 1, column 4: YAML not well-formed: unexpected character: `@'");
    check("a: x\u{1}\n", "line 1, column 4: YAML not well-formed: unexpected character: `\\u{1}'");
    check(
        "a: \"\\q\"\n",
        "line 1, column 4: YAML not well-formed: while parsing a quoted scalar, found unknown escape character",
    );
    check(
        "a:\n\tb: 1\n",
        "line 2, column 2: YAML not well-formed: tabs disallowed within this context (block indentation)",
    );
    check("# c\n\ta: 1\n", "line 2, column 2: YAML not well-formed: tab cannot be used as indentation");
    check("\t- a\n", "line 1, column 2: YAML not well-formed: tab cannot be used as indentation");
}

#[test]
fn json_that_is_not_well_formed() {
    let check = |text: &str, place: &str, message: &str| {
        check(text, &format!("{place}: JSON not well-formed: {message}"));
    };
    check("{", "line 1, column 2", "expected a key in double quotes");
    check("{a: 1}", "line 1, column 2", "expected a key in double quotes");
    check("\u{feff}{a: 1}", "line 1, column 2", "expected a key in double quotes");
    check("{'a': 1}", "line 1, column 2", "expected a key in double quotes");
    check("{,}", "line 1, column 2", "expected a key in double quotes");
    check("{\"a\": 1,}", "line 1, column 9", "expected a key in double quotes");
    check("{\"a\" 1}", "line 1, column 6", "expected `:`");
    check("{\"a\"", "line 1, column 5", "expected `:`");
    check("{\"a\":", "line 1, column 6", "expected a value");
    check("{\"a\":\n 1 \"b\": 2}", "line 2, column 4", "expected `,` or `}`");
    check("{\"a\": 1", "line 1, column 8", "expected `,` or `}`");
    check("{\"a\": [1 2]}", "line 1, column 10", "expected `,` or `]`");
    check("{\"a\": [1}", "line 1, column 9", "expected `,` or `]`");
    check("{\"a\": [1,]}", "line 1, column 10", "expected a value");
    check("{\"a\": [,1]}", "line 1, column 8", "expected a value");
    check("{\"a\": tru}", "line 1, column 7", "expected a value");
    check("{\"a\": nullx}", "line 1, column 7", "expected a value");
    check("{\"a\": !Ref x}", "line 1, column 7", "expected a value");
    check("{\"a\": 1} x", "line 1, column 10", "something after the end");
    check("{} {}", "line 1, column 4", "something after the end");
    check("{\"a\": 1 # c\n}", "line 1, column 9", "expected `,` or `}`");
    for number in ["01", "1.", "-", "1e", "1.e3", "0x1F", "1_0", "--1", "1e+"] {
        assert!(parse(&format!("{{\"a\": {number}}}")).is_err(), "{number}");
    }
    check("{\"a\": 01}", "line 1, column 7", "not a number");
    check("{\"a\": \"x}", "line 1, column 7", "a string without an end");
    check("{\"a\": \"x\\\"}", "line 1, column 7", "a string without an end");
    for string in ["\\x41", "\\u12", "\\ud83d", "\\udc00\\ud83d", "\u{1}", "a\nb", "a\tb"] {
        let message = "a string with an invalid escape or a control character";
        check(&format!("{{\"a\": \"{string}\"}}"), "line 1, column 7", message);
    }
}

#[test]
fn nesting_that_is_too_deep() {
    let message = format!("more than {MAX_DEPTH} levels of nesting");
    check(
        &format!("{}{}", "[".repeat(MAX_DEPTH + 1), "]".repeat(MAX_DEPTH + 1)),
        &format!("line 1, column {}: {message}", MAX_DEPTH + 1),
    );
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(100_000),
        "- ".repeat(100_000),
        format!("{}1{}", "{\"a\":[".repeat(64), "]}".repeat(64)),
        (0..2000).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
        format!("a: {}", "!Not [".repeat(100_000)),
        // Short forms count like long forms.
        format!("a: {}1{}", "!Not [".repeat(MAX_DEPTH / 2 + 1), "]".repeat(MAX_DEPTH / 2 + 1)),
        format!("{}!Ref x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH)),
        format!("{}!GetAtt x.y{}", "[".repeat(MAX_DEPTH - 1), "]".repeat(MAX_DEPTH - 1)),
    ] {
        let error = parse(&text).expect_err("too deep");
        assert_eq!(error.kind(), &ParseErrorKind::TooDeep, "{}", &text[..40]);
    }
}

#[test]
fn text_that_is_too_long() {
    let longest = format!("a: {}", "x".repeat(MAX_BYTES - 3));
    assert!(parse(&longest).is_ok());
    check(&format!("{longest}x"), "line 1, column 1: the template has 4194305 bytes, more than 4194304");
}

#[test]
fn an_alias_bomb_is_an_error_at_its_first_alias() {
    let bomb: String = (0..40).map(|i| format!("a{i}: &a{i} [*a{}, *a{}]\n", i + 1, i + 1)).collect();
    check(&bomb, "line 1, column 10: YAML aliases are not allowed in CloudFormation templates: `*a1`");
}

#[test]
fn messages_are_one_short_line() {
    let long = "k".repeat(1000);
    for text in [
        format!("a: !{long} x"),
        format!("a: *{long}"),
        format!("{long}: 1\n{long}: 2\n"),
        format!("{{\"{long}\": 1, \"{long}\": 2}}"),
        format!("a: !GetAtt {long}"),
        format!("{}: x", "1".repeat(18)),
        "\"\\e[31m\\n\": 1\n\"\\e[31m\\n\": 2\n".to_owned(),
        "a: !GetAtt \"\\e\\a\"\n".to_owned(),
    ] {
        let message = parse(&text).expect_err("wrong").to_string();
        assert!(message.chars().count() < 200, "{message}");
        assert!(!message.contains(char::is_control), "{message:?}");
    }
}

#[test]
fn excerpts_show_the_line_and_the_position() {
    let check = |text: &str, excerpt: &str| {
        assert_eq!(parse(text).expect_err("wrong").excerpt(text), excerpt, "{text:?}");
    };
    check("a: !Reff x\n", "1 | a: !Reff x\n  |    ^\n");
    check("\u{feff}a: 1\r\nb: *x\r\nc: 1", "2 | b: *x\n  |    ^\n");
    check("a: 1\rb: *x\rc: 1", "2 | b: *x\n  |    ^\n");
    check(&format!("{}é: *x\n", "# c\n".repeat(99)), "100 | é: *x\n    |    ^\n");
    check("{\"a\":\t*}", "1 | {\"a\": *}\n  |       ^\n");
    check("{\"a\":", "1 | {\"a\":\n  |      ^\n");
    check("", "1 | \n  | ^\n");
    // Of a long line, sixty characters before the position are shown.
    let text = format!("{{\"a\": \"{}\", x{}}}", "b".repeat(5000), "c".repeat(5000));
    let excerpt = parse(&text).expect_err("wrong").excerpt(&text);
    assert_eq!(excerpt, format!("1 | {}\", x{}\n  | {}^\n", "b".repeat(57), "c".repeat(39), " ".repeat(60)));
}

#[test]
fn the_position_of_an_excerpt_may_be_outside_of_the_text() {
    let error = parse("a: 1\nb: *x\n").expect_err("wrong");
    assert_eq!(error.excerpt("one line"), "2 | \n  |    ^\n");
    assert_eq!((error.position().line, error.position().column), (2, 4));
}
