//! The rules for a field that is a key, the ttl or projected.
//!
//! In: such fields with their roles. Out: mistakes, where serde would leave the attribute out of an item, write it under a
//! name that cannot be found again, or in a form that its type does not show.

use crate::ast::{Field, Input};
use crate::errors::Errors;
use crate::item::Role;
use crate::types;

/// Checks every field that the table knows by name, and that `stored_as` stands on no other.
pub(super) fn check(input: &Input<'_>, attributes: &[(&Field<'_>, Role)], errors: &mut Errors) {
    for (field, role) in attributes {
        check_serialized(field, role, errors);
        check_deserialized_name(field, role, errors);
        check_name_length(field, role, errors);
        match role {
            Role::Partition | Role::Sort | Role::Key(_) | Role::IndexKey(_) => {
                check_serialized_form(field, role, errors);
                check_bytes(field, role, errors);
                check_optional_key(field, role, errors);
            }
            Role::Ttl => check_serialized_form(field, role, errors),
            Role::Projected(_) => {}
        }
        check_ttl_scalar(field, errors);
    }
    // After any mistake a key may only seem to be none.
    if errors.is_empty() {
        check_stored_as_is_used(input, attributes, errors);
    }
}

fn check_serialized(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    let Field { name, serde, options, .. } = field;
    if let Some(skip) = &serde.skip {
        errors.at(skip, format!("`{name}` is {role}, but serde never serializes it: remove `{skip}`"));
    }
    // A nested key struct is flattened, and its own rule says that it is no key itself.
    if let (Some(flatten), None) = (&serde.flatten, &options.nested) {
        let message =
            format!("`{name}` is {role}, but `flatten` serializes its fields instead: mark another field");
        errors.at(flatten, message);
    }
    if let (Role::Partition | Role::Sort, Some(skip)) = (role, &serde.skip_serializing_if) {
        errors.at(
            skip,
            format!("`{name}` is {role}, and every item must have it: remove `skip_serializing_if`"),
        );
    }
}

fn check_deserialized_name(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    let Field { name, serde, wire, .. } = field;
    if serde.skip_reading || matches!(role, Role::Projected(_)) || wire.read.contains(&wire.written) {
        return;
    }
    let message = format!(
        "`{name}` is {role}, but it is serialized as `{}` and deserialized as `{}`: use one name, \
         or add `#[serde(alias = \"{0}\")]`",
        wire.written, wire.read[0]
    );
    match &serde.rename {
        Some(rename) => errors.at(rename, message),
        None => errors.at(field.ident, message),
    }
}

fn check_name_length(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    let length = field.wire.written.len();
    if (1..=255).contains(&length) {
        return;
    }
    let message = format!(
        "`{}` is {role}: its attribute name must have 1 to 255 bytes, and it has {length}",
        field.name
    );
    match &field.serde.rename {
        Some(rename) => errors.at(rename, message),
        None => errors.at(field.ident, message),
    }
}

/// Without `with` the type decides, through the traits.
fn check_serialized_form(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    let Field { name, serde, options, .. } = field;
    let (Some((with, module)), None) = (&serde.with, &options.stored_as) else {
        return;
    };
    let option = match role {
        _ if module.value() == "serde_bytes" => stored_as_option(role, "B"),
        Role::Ttl => stored_as_option(role, "N"),
        Role::Partition | Role::Sort | Role::Key(_) | Role::IndexKey(_) | Role::Projected(_) => {
            format!("{} (or `N` or `B`)", stored_as_option(role, "S"))
        }
    };
    errors.at(
        with,
        format!("`{name}` is {role}, and its serialized form is not known from the type: add {option}"),
    );
}

fn check_bytes(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    if field.serde.with.is_some() || !types::is_list_of_bytes(field.ty) {
        return;
    }
    let message = format!(
        "`{}` is {role}, but serde serializes these bytes as a list of numbers: to store them as Binary, add \
         `#[serde(with = \"serde_bytes\")]` and {}",
        field.name,
        stored_as_option(role, "B")
    );
    errors.at(field.ty, message);
}

fn stored_as_option(role: &Role, scalar: &str) -> String {
    match role {
        Role::Partition => format!("`#[ddb(partition, stored_as = {scalar})]`"),
        Role::Sort => format!("`#[ddb(sort, stored_as = {scalar})]`"),
        Role::Ttl => format!("`#[ddb(ttl, stored_as = {scalar})]`"),
        Role::Key(_) => format!("`#[ddb(key, stored_as = {scalar})]`"),
        Role::IndexKey(_) | Role::Projected(_) => format!("`#[ddb(stored_as = {scalar})]`"),
    }
}

/// `stored_as` says what a value is stored as, not what becomes of `None`, which serde writes as NULL.
fn check_optional_key(field: &Field<'_>, role: &Role, errors: &mut Errors) {
    let Field { name, ty, serde, options, .. } = field;
    if options.stored_as.is_none() || !types::is_option(ty) {
        return;
    }
    match role {
        Role::Partition | Role::Sort => {
            errors
                .at(ty, format!("`{name}` is {role}, and every item must have it: it cannot be an `Option`"));
        }
        Role::Key(None) | Role::IndexKey(_) if serde.skip_serializing_if.is_none() => {
            errors.at(ty, optional_index_key(name, role));
        }
        // Which key of its table it is, the compiler finds out.
        Role::Key(_) | Role::IndexKey(_) | Role::Ttl | Role::Projected(_) => {}
    }
}

/// What is wrong with an optional index key that is always written. [`expand`](crate::expand) asserts the same where the
/// compiler has to find out whether a type is an `Option`.
pub(crate) fn optional_index_key(name: &str, role: &Role) -> String {
    format!(
        "`{name}` is {role}, and DynamoDB rejects an item where it is NULL: skip `None` with \
         `#[serde(skip_serializing_if = \"Option::is_none\")]`"
    )
}

/// What is wrong with a ttl that is no Number.
pub(crate) fn ttl_not_a_number(name: &str) -> String {
    format!(
        "`{name}` is the TTL attribute, which must be a Number: use an integer of seconds since 1970, \
         or `stored_as = N` with a serde `with` that serializes one"
    )
}

fn check_ttl_scalar(field: &Field<'_>, errors: &mut Errors) {
    let Field { name, options, .. } = field;
    if let (Some(_), Some(stored_as)) = (&options.ttl, &options.stored_as)
        && stored_as.scalar != "N"
    {
        errors.at(&stored_as.scalar, ttl_not_a_number(name));
    }
}

fn check_stored_as_is_used(input: &Input<'_>, attributes: &[(&Field<'_>, Role)], errors: &mut Errors) {
    for Field { name, options, .. } in &input.fields {
        let needed =
            attributes.iter().any(|(field, role)| field.name == *name && !matches!(role, Role::Projected(_)));
        if let (false, Some(stored_as)) = (needed, &options.stored_as) {
            let message =
                format!("`{name}` is neither a key nor the TTL attribute: `stored_as` has no effect");
            errors.at(&stored_as.word, message);
        }
    }
}
