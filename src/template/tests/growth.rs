//! The work of parsing is linear in the length of the text, for all kinds of texts.
//!
//! Work is measured in allocated bytes, which are the same in every run and show repeated copies. The test has its own binary, as
//! the counter is shared by all threads.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tablewright_template::{JsonLayout, Syntax, parse_deployed};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// 64 KiB, more than an inline template may have.
const LONG: usize = 64 * 1024;
const SHORT: usize = LONG / 4;

#[test]
fn work_is_linear_in_the_length() {
    for (name, begin, piece, end) in [
        ("items", "", "- a\n", ""),
        ("nested items", "", "- - - - a\n", ""),
        ("flow items", "[", "a, ", "]"),
        ("flow items far down", "[[[[[[[[[[[[[[[[", "a, ", "]]]]]]]]]]]]]]]]"),
        ("pairs in a flow sequence", "[", "a: b,", "]"),
        ("the same key", "", "a: b\n", ""),
        ("the same key in JSON", "{\"b\": 1", ", \"a\": 1", "}"),
        ("mappings", "", "- a: b\n  c: d\n", ""),
        ("short forms", "[", "!Ref x,", "]"),
        ("the text of a short form", "a: !GetAtt x", ".y", ""),
        ("anchors", "", "- &a x\n", ""),
        ("escapes", "a: \"", "\\n", "\""),
        ("a quoted text over lines", "a: \"", "x\n ", "\""),
        ("a plain text over lines", "a: ", "x\n ", ""),
        ("blocks", "", "- |\n  x\n", ""),
        ("lines of a block", "a: |\n", "  x\n", "  cut off"),
        ("blank lines of a block", "a: >+\n  x\n", "\n", "   "),
        ("comments", "a: b\n", "# c\n", ""),
        ("comments above", "", "# c\n", "a: b"),
        ("comments in a flow sequence", "a: [\n", "# c\n", "]"),
        ("a long comment", "a: b # ", "c ", "\n"),
        ("a long quoted text", "a: \"", "é ", "\""),
        ("a long plain text", "a: ", "b#:", ""),
        ("aliases", "a: &a b\nc: [", "*a, ", "]"),
        ("merges", "a: &a {b: c}\n", "<<: *a\n", ""),
        ("documents", "", "---\na: b\n", ""),
        ("byte order marks", "", "\u{feff}", "a: b"),
        ("lists without indentation", "", "a:\n- b\n", ""),
        ("empty blocks", "", "- |\n\n\n", ""),
        ("tabs", "a:", "\t", "b"),
        ("blanks", "a:", " ", "b"),
        ("digits", "a: 1", "0", ""),
        ("places of base 60", "a: 1", ":59", ""),
        ("directives", "", "%FOO a\n", "---\na: b"),
        ("ends of documents", "", "...\n", "a: b"),
        ("JSON numbers", "{\"a\": [", "1,", "1]}"),
        ("JSON strings on lines", "{\"a\": [", "\"\",\n", "1]}"),
        ("JSON escapes", "{\"a\": \"", "\\n", "\"}"),
        // Invalid texts.
        ("an open quote", "a: '", "x ", ""),
        ("an open JSON string", "{\"a\": \"", "x", ""),
        ("a long key", "", "x", ": y"),
        ("a long tag", "a: !", "x", " y"),
        ("opened brackets", "", "[", ""),
        ("question marks", "", "? ", ""),
        ("opened braces", "", "{a: ", ""),
        ("closed brackets", "a: [", "]", ""),
        ("opened JSON", "", "{\"a\":", ""),
        ("NUL", "a: ", "\0", ""),
        ("tabs as indentation", "a:\n", "\t", "b: c"),
    ] {
        let text = |length: usize| format!("{begin}{}{end}", piece.repeat(length / piece.len()));
        let (short, long) = (work(&text(SHORT)), work(&text(LONG)));
        // Vectors double their capacity, so the factor can be more than 4; quadratic work would be a factor of 16.
        assert!(long <= short * 6 + 4096, "{name}: {short} bytes for {SHORT}, {long} for {LONG}");
        assert!(long <= LONG * 400, "{name}: {long} bytes for {LONG}");
    }
}

/// Returns the number of bytes that are allocated to parse a text with both parsers and to write its tree.
fn work(text: &str) -> usize {
    let region = Region::new(COUNTED);
    let read = parse_deployed(text);
    let written = read.map(|read| read.template.write_json(JsonLayout::Compact));
    let syntax = Syntax::parse(text);
    let change = region.change();
    drop((written, syntax));
    change.bytes_allocated
}
