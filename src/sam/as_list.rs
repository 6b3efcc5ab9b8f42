//! Shows how a single value is written as the item of a list, as SAM accepts both for `Policies`, but only a list can be extended.

use tablewright_template::{Layout, SyntaxEntry, SyntaxKind};

use crate::insert::after_colon;
use crate::text;

/// Number of lines of a value that are shown.
const SHOWN: usize = 12;

/// Returns the key with its value as the only item of a list, as the user would write it; with `…` as the item if the value is
/// empty, an alias or a function that may return a list itself.
pub(crate) fn as_list(source: &str, entry: &SyntaxEntry) -> String {
    let written = written(source, entry).unwrap_or("…");
    // The first line of a scalar has no indentation; the others are indented deeper than the key.
    let margin = text::indentation(written, 0).max(entry.key.position.column - 1);
    let mut shown = format!("{}:", &source[entry.key.range.clone()]);
    for (number, line) in written.lines().enumerate() {
        if number == SHOWN {
            shown += "\n    …";
            break;
        }
        let lead = if number == 0 { "- " } else { "  " };
        let line = &line[text::indentation(line, 0).min(margin)..];
        shown += "\n";
        shown += format!("  {lead}{line}").trim_end();
    }
    shown
}

/// Returns the text of a value with its tag, from the start of its first line if it is a block mapping.
fn written<'t>(source: &'t str, entry: &SyntaxEntry) -> Option<&'t str> {
    const OF_TEXT: [&str; 5] = ["Ref", "Sub", "GetAtt", "ImportValue", "Join"];
    let SyntaxEntry { key, value } = entry;
    let functions = [value.tag.as_deref(), value.entries().first().and_then(|entry| entry.key.as_str())];
    let is_unclear = |name: &str| {
        let function =
            name.strip_prefix('!').or(name.strip_prefix("Fn::")).or((name == "Ref").then_some(name));
        function.is_some_and(|function| !OF_TEXT.contains(&function))
    };
    if value.is_absent() || functions.into_iter().flatten().any(is_unclear) {
        return None;
    }
    match &value.kind {
        SyntaxKind::Mapping(Layout::Block, _) => {
            let start = text::line_start(source, value.range.start);
            let is_first = text::indentation(source, start) == value.position.column - 1;
            is_first.then(|| &source[start..value.range.end])
        }
        SyntaxKind::Scalar(_) | SyntaxKind::Mapping(Layout::Flow, _) => {
            Some(source[after_colon(source, key)?..value.range.end].trim())
        }
        SyntaxKind::Alias(_) | SyntaxKind::Sequence(..) => None,
    }
}
