//! The rules for projections.
//!
//! In: what `project(…)` says, and the keys of index and table, as an index names them. Out: the same with fields instead of names.

use std::collections::HashSet;

use super::field_path::resolve;
use crate::ast::Input;
use crate::attr::{IndexOptions, ProjectionOption};
use crate::errors::Errors;
use crate::item::Projection;

const FIELDS_PER_INDEX: usize = 20;
const FIELDS_PER_TABLE: usize = 100;

/// Checks the projection of one index, and turns names into fields.
pub(super) fn check<'a>(
    input: &'a Input<'a>,
    written: &ProjectionOption,
    keys: &[String],
    errors: &mut Errors,
) -> Projection<'a> {
    let only = match written {
        ProjectionOption::All => return Projection::All,
        ProjectionOption::KeysOnly => return Projection::KeysOnly,
        ProjectionOption::Only(only) => only,
    };
    if let Some(next) = only.names.get(FIELDS_PER_INDEX) {
        let message = format!("`only(…)` can list at most {FIELDS_PER_INDEX} fields: use `all`");
        errors.at(next, message);
    }
    let mut seen = HashSet::new();
    for name in &only.names {
        let plain = name.to_string();
        if keys.contains(&plain) {
            errors.at(
                name,
                "this is a key, and an index always projects its keys and those of the table: remove it",
            );
        }
        if !seen.insert(plain) {
            errors.at(name, "this is already listed");
        }
    }
    Projection::Only(resolve(input, only, errors))
}

/// DynamoDB counts a name once for every index that lists it.
pub(super) fn check_total(indexes: &[IndexOptions], errors: &mut Errors) {
    let mut names = indexes.iter().flat_map(|index| match &index.projection {
        ProjectionOption::Only(list) => list.names.as_slice(),
        ProjectionOption::All | ProjectionOption::KeysOnly => &[],
    });
    if let Some(next) = names.nth(FIELDS_PER_TABLE) {
        let message =
            format!("the indexes of a table can list at most {FIELDS_PER_TABLE} fields in total: use `all`");
        errors.at(next, message);
    }
}
