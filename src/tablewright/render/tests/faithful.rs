//! The comparison in one pass accepts only the output of the built-in templates.

use super::{definitions, forms, stack};
use crate::render::faithful::is_same;
use crate::render::lower::LoweredStack;
use crate::render::{Templates, render};
use crate::{Stack, Table};

pub(super) fn stacks() -> impl Iterator<Item = Stack> {
    let tables = definitions::tables().into_iter().chain(definitions::global_tables());
    let mut everything = forms::everything();
    everything.raw_resource(
        "Topic",
        serde_json::json!({ "Type": "AWS::SNS::Topic", "Properties": { "Number": 1 } }),
    );
    tables.map(|(_, table)| stack(table)).chain([everything])
}

/// Otherwise every template would be compared property by property, which takes as long as the layout.
#[test]
fn the_built_in_templates_keep_the_order_of_the_model() {
    for stack in stacks() {
        let text = render(&stack, "dev", &Templates::builtin()).unwrap().text;
        let found = tablewright_template::parse(&text).unwrap();
        assert!(is_same(&LoweredStack::of(&stack).unwrap(), &found), "{text}");
    }
}

#[test]
fn a_removed_or_changed_line_is_detected() {
    for stack in stacks() {
        let lowered = LoweredStack::of(&stack).unwrap();
        let text = render(&stack, "dev", &Templates::builtin()).unwrap().text;
        let lines: Vec<&str> = text.lines().collect();
        for (position, line) in lines.iter().enumerate().filter(|(_, line)| is_compared(line)) {
            let with =
                |other: &[&str]| [&lines[..position], other, &lines[position + 1..]].concat().join("\n");
            let indent = &line[..line.len() - line.trim_start().len()];
            let changed = line.strip_suffix(':').map_or_else(|| format!("{line}x"), |key| format!("{key}x:"));
            for other in [
                with(&[]),
                with(&[&changed]),
                with(&[line, &format!("{indent}more: 1")]),
                with(&[line, &format!("{indent}- more")]),
            ] {
                if let Ok(found) = tablewright_template::parse(&other) {
                    assert!(!is_same(&lowered, &found), "{line:?} of\n{other}");
                }
            }
        }
    }
}

fn is_compared(line: &str) -> bool {
    !line.is_empty() && !line.trim_start().starts_with('#')
}

#[test]
fn a_table_with_an_override_is_compared_in_one_pass() {
    let table =
        Table::of::<super::Event>().override_property("/BillingMode", serde_json::json!("PROVISIONED"));
    let rendered = render(&stack(table), "dev", &Templates::builtin()).unwrap();
    let read = tablewright_template::parse(&rendered.text).unwrap().to_value();
    assert_eq!(rendered.template, read);
}
