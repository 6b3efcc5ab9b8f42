//! The rules for an item of a table that another type defines.
//!
//! In: a struct that says `stored_in`. Out: its marked fields. Whether they are the keys of the table is for the compiler,
//! which knows the table: [`expand`](crate::expand) asserts that.

use proc_macro2::Ident;

use super::{attribute, check_serde, constants, options};
use crate::ast::{Field, Input};
use crate::attr::FieldOptions;
use crate::errors::Errors;
use crate::item::{Role, StoredItem};
use crate::types;

/// Checks every rule that needs no look at the table. `errors` holds what was wrong with the options themselves.
pub(crate) fn check<'a>(
    input: &'a Input<'a>,
    table: &'a syn::Type,
    mut errors: Errors,
) -> syn::Result<StoredItem<'a>> {
    let name = types::name(table);
    if input.node.ident == name {
        errors.at(table, "`stored_in` must name another type: remove it to define a table");
    }
    options::check_stored_item(input, &name, &mut errors);
    check_serde(input, &mut errors);
    check_marks(input, &mut errors);
    let attributes: Vec<(&Field<'_>, Role)> =
        input.fields.iter().filter_map(|field| Some((field, role(field, &name)?))).collect();
    attribute::check(input, &attributes, &mut errors);
    constants::check(input, &mut errors);
    errors.into_result(StoredItem { input, table, attributes })
}

fn role(field: &Field<'_>, table: &str) -> Option<Role> {
    let FieldOptions { key, ttl, .. } = &field.options;
    match (key, ttl) {
        (Some(_), _) => Some(Role::Key(Some(table.to_owned()))),
        (None, Some(_)) => Some(Role::Ttl),
        (None, None) => None,
    }
}

fn check_marks(input: &Input<'_>, errors: &mut Errors) {
    let mut first: Option<&Ident> = None;
    for field in &input.fields {
        let FieldOptions { key, ttl: Some(ttl), .. } = &field.options else {
            continue;
        };
        if key.is_some() {
            errors.at(ttl, "a field is either a key or the TTL attribute");
        }
        match first {
            Some(first) => {
                errors.at(ttl, format!("`{first}` is already the TTL attribute, and a table has one"));
            }
            None => first = Some(field.ident),
        }
    }
}
