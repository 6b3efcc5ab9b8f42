//! Rules for overrides. V1: invalid overrides and metadata. V2: any override. P3: empty lists.

use serde_json::Value as Json;

use crate::problem::Problem;
use crate::table::Table;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    misses(table, problems);
    for change in &table.overrides {
        let pointer = &change.pointer;
        if change.value.as_array().is_some_and(Vec::is_empty) {
            problems.push(
                Problem::error("P3", &change.at, format!("the override of `{pointer}` is an empty list"))
                    .help("override with `null`, which removes the list")
                    .server_text("List of GlobalSecondaryIndexes is empty"),
            );
        }
        // `null` alone removes the property; nested, it would be written to the template.
        if !change.value.is_null() && super::has_null(&change.value) {
            problems.push(null_inside(&format!("the override of `{pointer}`"), &change.at));
        }
        problems.push(
            Problem::warning(
                "V2",
                &change.at,
                format!("`{pointer}` of table `{}` is overridden with {}", table.id, short(&change.value)),
            )
            .help("the value is not checked; use the typed API if there is one"),
        );
    }
    if super::has_null(&Json::Object(table.metadata.clone())) {
        problems.push(null_inside(&format!("the metadata of table `{}`", table.id), &table.at));
    }
}

fn null_inside(what: &str, at: &crate::Place) -> Problem {
    Problem::error("V1", at, format!("{what} contains `null`"))
        .help("remove the entry")
        .server_text("Template error: null values are not allowed in templates")
}

/// Reports overrides that do not apply to the rendered properties.
#[cfg(feature = "render")]
fn misses(table: &Table, problems: &mut Vec<Problem>) {
    for (change, why) in crate::render::lower::missed_overrides(table) {
        problems.push(
            Problem::error("V1", &change.at, format!("the override of `{}` does not apply: {why}", change.pointer))
                .help("the pointer is relative to `Properties`, and the parent of its last part must exist: see the output of `tablewright render`"),
        );
    }
}

#[cfg(not(feature = "render"))]
fn misses(_table: &Table, _problems: &mut Vec<Problem>) {}

fn short(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
