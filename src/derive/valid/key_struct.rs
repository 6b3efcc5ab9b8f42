//! The rules for a struct of keys.
//!
//! In: a struct that derives `KeyParts`. Out: its fields, each with what it is to a table. *Invariant:* nothing but keys,
//! so that an item into which it is nested has no attribute that nobody looked at.

use super::{attribute, check_wire_names, constants, options, refuse_serde_options};
use crate::ast::{Field, Input};
use crate::attr::FieldOptions;
use crate::errors::Errors;
use crate::item::{KeyStruct, Role};

/// Checks every rule. `errors` holds what was wrong with the options themselves.
pub(crate) fn check<'a>(input: &'a Input<'a>, mut errors: Errors) -> syn::Result<KeyStruct<'a>> {
    let all_read = errors.is_empty();
    options::check_key_struct(input, &mut errors);
    refuse_serde_options(input, &mut errors);
    check_wire_names(input, &mut errors);
    let attributes: Vec<(&Field<'_>, Role)> =
        input.fields.iter().filter_map(|field| Some((field, role(field, &mut errors)?))).collect();
    if all_read && errors.is_empty() {
        refuse_other_fields(input, &attributes, &mut errors);
    }
    attribute::check(input, &attributes, &mut errors);
    constants::check(input, &mut errors);
    errors.into_result(KeyStruct { input, attributes })
}

fn role(field: &Field<'_>, errors: &mut Errors) -> Option<Role> {
    let FieldOptions { partition, sort, key, .. } = &field.options;
    let marks = [(partition, Role::Partition), (sort, Role::Sort), (key, Role::Key(None))];
    let mut said = marks.into_iter().filter_map(|(word, role)| Some((word.as_ref()?, role)));
    let (_, role) = said.next()?;
    for (second, _) in said {
        errors.at(second, format!("`{}` is already {role}: a field can be only one key", field.name));
    }
    Some(role)
}

fn refuse_other_fields(input: &Input<'_>, attributes: &[(&Field<'_>, Role)], errors: &mut Errors) {
    if attributes.is_empty() {
        let ident = &input.node.ident;
        errors.at(
            ident,
            format!("`{ident}` has no keys: mark them with `partition`, `sort` or `key` in `#[ddb(…)]`"),
        );
        return;
    }
    let is_marked = |field: &Field<'_>| attributes.iter().any(|(marked, _)| marked.name == field.name);
    for field in input.fields.iter().filter(|field| field.serde.skip.is_none() && !is_marked(field)) {
        let message = format!(
            "`{}` is not a key, and a key struct can only hold keys: mark it with `partition`, `sort` or `key` in \
             `#[ddb(…)]`, or move it to the item",
            field.name
        );
        errors.at(field.ident, message);
    }
}
