//! Which options belong to which kind of struct.
//!
//! In: a struct that defines a table, is stored in one, or is a part of an item. Out: a mistake for each option that
//! belongs to another kind, saying where it is to be written.

use proc_macro2::Ident;

use crate::ast::Input;
use crate::attr::FieldOptions;
use crate::errors::Errors;

/// A struct that defines a table. After a mistake in an option it may only seem to define one.
pub(super) fn check_table(input: &Input<'_>, all_read: bool, errors: &mut Errors) {
    if all_read {
        for field in &input.fields {
            let message = "`key` is for items with `stored_in`: use `partition` or `sort`, or name the field in an index";
            refuse(&field.options.key, message, errors);
        }
    }
    refuse_renames(input, errors);
}

/// An item of a table that another type defines.
pub(super) fn check_stored_item(input: &Input<'_>, table: &str, errors: &mut Errors) {
    refuse_table_options(input, &format!("belongs on `{table}`, which defines the table"), errors);
    for field in &input.fields {
        let FieldOptions { partition, sort, .. } = &field.options;
        let message =
            format!("the definition of table `{table}` decides which key this is: use `#[ddb(key)]`");
        refuse(partition, &message, errors);
        refuse(sort, &message, errors);
    }
    refuse_renames(input, errors);
}

/// A struct of keys.
pub(super) fn check_key_struct(input: &Input<'_>, errors: &mut Errors) {
    refuse_table_options(input, "belongs on an item, not on a key struct", errors);
    if let Some(stored_in) = &input.options.stored_in {
        errors.at(&stored_in.word, "`stored_in` belongs on an item, not on a key struct");
    }
    for field in &input.fields {
        let FieldOptions { ttl, nested, .. } = &field.options;
        refuse(ttl, "a key struct can only hold keys: mark the TTL attribute in the item", errors);
        refuse(nested, "a key struct cannot nest another: nest both structs into the item", errors);
    }
    refuse_renames(input, errors);
}

/// What describes a whole table.
fn refuse_table_options(input: &Input<'_>, message: &str, errors: &mut Errors) {
    let options = &input.options;
    let words = options.id.iter().map(|id| &id.word).chain(&options.keys_only);
    for word in words.chain(options.indexes.iter().map(|index| &index.word)) {
        errors.at(word, format!("`{word}` {message}"));
    }
}

/// A second source of names would contradict the first.
fn refuse_renames(input: &Input<'_>, errors: &mut Errors) {
    if input.options.keys_only.is_some() {
        return;
    }
    let of_fields = input.fields.iter().filter_map(|field| Some(&field.options.rename.as_ref()?.word));
    for word in input.options.rename_all.iter().map(|rule| &rule.word).chain(of_fields) {
        let message = format!(
            "attribute names come from serde: use `#[serde({word} = \"…\")]`; `#[ddb({word} = \"…\")]` is only for a \
             `keys_only` struct"
        );
        errors.at(word, message);
    }
}

fn refuse(option: &Option<Ident>, message: &str, errors: &mut Errors) {
    if let Some(word) = option {
        errors.at(word, message);
    }
}
