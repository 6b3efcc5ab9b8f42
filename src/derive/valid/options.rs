//! Which options belong to which kind of struct.
//!
//! In: a struct that defines a table, is stored in one, or is a part of an item. Out: a mistake for each option that
//! belongs to another kind, saying where it is to be written.

use proc_macro2::Ident;

use crate::ast::Input;
use crate::attr::FieldOptions;
use crate::errors::Errors;

/// A struct that defines a table. After a mistake in an option it may only seem to define one.
pub(super) fn of_a_table(input: &Input<'_>, all_read: bool, errors: &mut Errors) {
    for field in input.fields.iter().filter(|_| all_read) {
        let message = "`key` marks a key of the table that an item is `stored_in`: in the table itself, write \
                       `partition` or `sort`, or name the field in an index";
        refused(&field.options.key, message, errors);
    }
    names_come_from_serde(input, errors);
}

/// An item of a table that another type defines.
pub(super) fn of_a_stored_item(input: &Input<'_>, table: &str, errors: &mut Errors) {
    above_the_struct(input, &format!("belongs to the table: write it above `{table}`"), errors);
    for field in &input.fields {
        let FieldOptions { partition, sort, .. } = &field.options;
        let message = format!("table `{table}` says which key this is: write `#[ddb(key)]`");
        refused(partition, &message, errors);
        refused(sort, &message, errors);
    }
    names_come_from_serde(input, errors);
}

/// A struct of keys.
pub(super) fn of_a_key_struct(input: &Input<'_>, errors: &mut Errors) {
    above_the_struct(input, "belongs above an item: a key struct is a part of one", errors);
    if let Some(stored_in) = &input.options.stored_in {
        errors.at(&stored_in.word, "`stored_in` belongs above an item: a key struct is a part of one");
    }
    for field in &input.fields {
        let FieldOptions { ttl, nested, .. } = &field.options;
        refused(ttl, "a key struct holds nothing but keys: mark the ttl attribute in the item", errors);
        refused(nested, "a key struct holds its keys itself: nest both structs into the item", errors);
    }
    names_come_from_serde(input, errors);
}

/// What describes a whole table.
fn above_the_struct(input: &Input<'_>, message: &str, errors: &mut Errors) {
    let options = &input.options;
    let words = options.id.iter().map(|id| &id.word).chain(&options.keys_only);
    for word in words.chain(options.indexes.iter().map(|index| &index.word)) {
        errors.at(word, format!("`{word}` {message}"));
    }
}

/// A second source of names would contradict the first.
fn names_come_from_serde(input: &Input<'_>, errors: &mut Errors) {
    if input.options.keys_only.is_some() {
        return;
    }
    let of_fields = input.fields.iter().filter_map(|field| Some(&field.options.rename.as_ref()?.word));
    for word in input.options.rename_all.iter().map(|rule| &rule.word).chain(of_fields) {
        let message = format!(
            "names come from serde: write `#[serde({word} = \"…\")]`; `{word}` of our own is for a `keys_only` struct, \
             which serde never sees"
        );
        errors.at(word, message);
    }
}

fn refused(option: &Option<Ident>, message: &str, errors: &mut Errors) {
    if let Some(word) = option {
        errors.at(word, message);
    }
}
