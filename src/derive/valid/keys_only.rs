//! The rules for a `keys_only` struct.
//!
//! In: the struct that defines a table for items of several types. Out: mistakes, where it holds what is no key, or names
//! that serde would give: nothing of it is ever written, so it is not serde's business.

use crate::ast::{Field, Input};
use crate::errors::Errors;
use crate::item::Role;
use crate::types;

/// Checks a struct that says `keys_only`.
pub(super) fn check(input: &Input<'_>, attributes: &[(&Field<'_>, Role)], errors: &mut Errors) {
    if input.options.keys_only.is_none() {
        return;
    }
    // After another mistake a key may only seem to be none.
    let all_right = errors.is_empty();
    refuse_serde_attributes(input, errors);
    for field in &input.fields {
        if let Some(nested) = &field.options.nested {
            errors.at(nested, "a `keys_only` struct cannot nest a key struct: declare the keys as fields");
            continue;
        }
        let role = attributes.iter().find(|(other, _)| other.name == field.name).map(|(_, role)| role);
        check_type(field, role, all_right, errors);
    }
}

fn refuse_serde_attributes(input: &Input<'_>, errors: &mut Errors) {
    let of_fields = input.fields.iter().flat_map(|field| field.attrs);
    for attr in input.node.attrs.iter().chain(of_fields).filter(|attr| attr.path().is_ident("serde")) {
        let message =
            "a `keys_only` struct is never serialized: use `rename_all` and `rename` in `#[ddb(…)]`";
        errors.at(attr, message);
    }
}

fn check_type(field: &Field<'_>, role: Option<&Role>, all_right: bool, errors: &mut Errors) {
    let name = &field.name;
    match role {
        Some(Role::Projected(_)) | None if all_right && !types::is_attr(field.ty) => errors.at(
            field.ty,
            format!(
                "`{name}` is not a key: declare other attributes of a `keys_only` struct without a type, as `{name}: Attr`"
            ),
        ),
        Some(role @ (Role::Partition | Role::Sort | Role::IndexKey(_) | Role::Ttl)) if types::is_attr(field.ty) => {
            errors.at(
                field.ty,
                format!("`{name}` is {role} and requires a type: `Attr` is for attributes that are not keys"),
            );
        }
        Some(_) | None => {}
    }
}
