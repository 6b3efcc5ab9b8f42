//! The names of the constants that a derive writes.
//!
//! In: fields and indexes. Out: names in upper case. Fields come first: an index with the name of a field has `_INDEX` behind
//! it, so that `EMAIL` stays the attribute.

use syn::LitStr;

use crate::ast::{Field, Input};
use crate::case;

/// The constant that lists all attributes.
pub(crate) const ATTRIBUTES: &str = "ATTRIBUTES";

/// Returns the constant of a field.
pub(crate) fn of_field(field: &Field<'_>) -> String {
    case::constant(&field.name)
}

/// Returns each index with its constant. `fields` are the constants of the fields.
pub(crate) fn of_indexes<'a>(input: &'a Input<'_>, fields: &[String]) -> Vec<(&'a LitStr, String)> {
    let names = input.options.indexes.iter().filter_map(|index| index.name.as_ref());
    let constant = |name: &'a LitStr| {
        let mut constant = case::constant(&name.value());
        if constant == ATTRIBUTES || fields.contains(&constant) {
            constant.push_str("_INDEX");
        }
        (name, constant)
    };
    names.map(constant).collect()
}
