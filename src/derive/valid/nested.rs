//! The rules for a nested key struct.
//!
//! In: the fields marked `nested`. Out: mistakes, where serde would not write the keys beside the other attributes. What
//! the keys are is in constant data of their type, so the rest is for the compiler.

use crate::ast::{Field, Input};
use crate::attr::FieldOptions;
use crate::errors::Errors;

/// Checks every field marked `nested`.
pub(super) fn check(input: &Input<'_>, errors: &mut Errors) {
    for field in input.nested() {
        refuse_other_marks(field, errors);
        // In a `keys_only` struct it is refused altogether.
        if input.options.keys_only.is_none() {
            check_flattened(field, errors);
        }
    }
}

fn refuse_other_marks(field: &Field<'_>, errors: &mut Errors) {
    let FieldOptions { partition, sort, ttl, stored_as, key, nested: _, rename: _ } = &field.options;
    let others = [partition, sort, ttl, key].into_iter().flatten();
    for word in others.chain(stored_as.iter().map(|stored_as| &stored_as.word)) {
        errors.at(word, "`nested` cannot be combined with this: the key struct marks its own fields");
    }
}

fn check_flattened(field: &Field<'_>, errors: &mut Errors) {
    let Field { name, serde, .. } = field;
    match (&serde.skip, &serde.flatten, &field.options.nested) {
        (Some(skip), _, _) => {
            errors.at(skip, format!("`{name}` holds keys, but serde never serializes it: remove `{skip}`"));
        }
        (None, None, Some(nested)) => {
            errors.at(nested, format!("serde serializes `{name}` as a map, but keys must be attributes of the item: add `#[serde(flatten)]`"));
        }
        (None, _, _) => {}
    }
    if let Some(skip) = &serde.skip_serializing_if {
        errors.at(
            skip,
            format!(
                "`{name}` holds keys and cannot be skipped: skip single index keys in the key struct instead"
            ),
        );
    }
    if let Some((with, _)) = &serde.with {
        errors.at(
            with,
            format!(
                "`{name}` holds keys, and its serialized form is not known from the type: remove `{with}`"
            ),
        );
    }
}
