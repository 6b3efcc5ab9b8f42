//! The rules for the constants of a struct.
//!
//! In: its fields and indexes. Out: mistakes, where two constants would have one name.

use std::collections::HashMap;

use crate::ast::Input;
use crate::constant_name;
use crate::errors::Errors;

/// Checks that no two constants have one name.
pub(super) fn check(input: &Input<'_>, errors: &mut Errors) {
    if input.options.no_constants.is_some() {
        return;
    }
    let mut taken: HashMap<String, &str> = HashMap::new();
    for field in input.attributes() {
        let constant = constant_name::of_field(field);
        if let Some(first) = taken.get(&constant) {
            let name = &field.name;
            let message = format!(
                "`{name}` and `{first}` would both have the constant `{constant}`: rename one of them, \
                 or add `#[ddb(no_constants)]` to the struct"
            );
            errors.at(field.ident, message);
        }
        taken.insert(constant, &field.name);
    }
    let fields: Vec<String> = taken.into_keys().collect();
    let mut taken: HashMap<String, String> = HashMap::new();
    for (name, constant) in constant_name::of_indexes(input, &fields) {
        let written = name.value();
        if fields.contains(&constant) {
            let message = format!(
                "index `{written}` and a field would both have the constant `{constant}`: rename the index, \
                 or add `#[ddb(no_constants)]` to the struct"
            );
            errors.at(name, message);
        } else if let Some(first) = taken.get(&constant).filter(|first| **first != written) {
            let message = format!(
                "indexes `{written}` and `{first}` would both have the constant `{constant}`: rename one of them, \
                 or add `#[ddb(no_constants)]` to the struct"
            );
            errors.at(name, message);
        }
        taken.insert(constant, written);
    }
}
