//! Rules for names. N1: tables and indexes. N2: attributes.

use crate::place::Place;
use crate::problem::Problem;
use crate::table::Table;
use crate::table::index::Projection;
use crate::value::Value;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    if let Some(Value::Literal(name)) = &table.name {
        resource_name("table", name, &table.at, problems);
    }
    for index in &table.indexes {
        resource_name("index", &index.name, &index.at, problems);
    }
    let keys = table.key.attributes().chain(table.indexes.iter().flat_map(|index| index.key.attributes()));
    let mut seen: Vec<&str> = Vec::new();
    for attribute in keys.chain(&table.ttl) {
        if !seen.contains(&attribute.name.as_str()) {
            seen.push(&attribute.name);
            attribute_name(&attribute.name, &attribute.at, problems);
        }
    }
    for index in &table.indexes {
        if let Projection::Include(names) = &index.projection {
            for name in names {
                attribute_name(name, &index.at, problems);
            }
        }
    }
}

/// Checks `TableName` and `IndexName`: 3 to 255 characters of `a-z A-Z 0-9 _ . -`.
fn resource_name(what: &str, name: &str, at: &Place, problems: &mut Vec<Problem>) {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let problem = if !(3..=255).contains(&name.len()) {
        format!("{what} name `{name}` has {} characters; 3 to 255 are allowed", name.len())
    } else if let Some(wrong) = name.chars().find(|c| !allowed(*c)) {
        format!(
            "{what} name `{name}` has the character {wrong:?}; letters, digits, `_`, `.` and `-` are allowed"
        )
    } else {
        return;
    };
    problems.push(
        Problem::error("N1", at, problem)
            .help(match what {
                "table" => "set another name with `.name(…)` or `.base_name(…)`, or change `table_name` in tablewright.toml",
                _ => "change `name = \"…\"` of the index",
            })
            .server_text(format!("Value '{name}' at '{what}Name' failed to satisfy constraint")),
    );
}

/// Checks the name of a key, TTL or projected attribute: 1 to 255 bytes.
fn attribute_name(name: &str, at: &Place, problems: &mut Vec<Problem>) {
    if !(1..=255).contains(&name.len()) {
        problems.push(
            Problem::error(
                "N2",
                at,
                format!("attribute name `{name}` has {} bytes; 1 to 255 are allowed", name.len()),
            )
            .help("rename it with `#[serde(rename = \"…\")]`"),
        );
    }
}
