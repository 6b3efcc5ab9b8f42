//! The fields that an index names.
//!
//! In: `field` or `field.part` as written. Out: the field of the struct, or a mistake that says which name was meant.

use crate::ast::Input;
use crate::attr::{FieldList, FieldPath};
use crate::errors::Errors;
use crate::item::Named;
use crate::suggest;

/// Returns the fields that a list names, in written order. A name without a field is a mistake and left out.
pub(super) fn resolve<'a>(input: &'a Input<'a>, list: &FieldList, errors: &mut Errors) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    for path in &list.names {
        let plain = path.field_name();
        let Some(field) = input.fields.iter().find(|field| field.name == plain) else {
            errors.at(&path.field, no_field(input, path, &plain));
            continue;
        };
        match (&field.options.nested, &path.part) {
            (Some(_), None) => {
                errors.at(
                    path,
                    format!("`{plain}` is a key struct: name one of its keys, as in `{plain}.key`"),
                );
            }
            (None, Some(part)) => {
                errors.at(part, format!("`{plain}` is not a nested key struct: use `{plain}`"));
            }
            (Some(_), Some(_)) | (None, None) => found.push(Named { field, path: path.clone() }),
        }
    }
    found
}

fn no_field(input: &Input<'_>, path: &FieldPath, plain: &str) -> String {
    let (item, name) = (&input.node.ident, &path.field);
    if let Some(field) = input.fields.iter().find(|field| field.wire.written == plain) {
        let field = &field.name;
        return format!(
            "`{item}` has no field `{name}`: use `{field}`, the Rust field that is serialized as `{plain}`"
        );
    }
    match suggest::nearest(plain, input.fields.iter().map(|field| field.name.as_str())) {
        Some(field) => format!("`{item}` has no field `{name}`: did you mean `{field}`?"),
        None => format!("`{item}` has no field `{name}`"),
    }
}
