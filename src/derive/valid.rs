//! The rules across the fields of an item.
//!
//! In: the struct with its options. Out: the table it defines, where every name has become a field; or every rule that is
//! broken, each at its tokens, each saying what to write. *Invariant:* whether a key is a String, a Number or Binary is
//! not decided here but by the traits, in what [`expand`](crate::expand) emits.

mod options;
mod attribute;
mod field_path;
mod index;
mod projection;
mod keys_only;
mod nested;
mod stored;
mod key_struct;
mod constants;

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;

pub(crate) use self::attribute::{optional_index_key, ttl_not_a_number};
pub(crate) use self::index::LOCAL_WITHOUT_SORT;
pub(crate) use self::key_struct::check as key_struct;
pub(crate) use self::stored::check as stored_item;
use crate::ast::{Field, Input};
use crate::attr::FieldOptions;
use crate::case;
use crate::errors::Errors;
use crate::item::{Index, Item, Role};

/// The fields that are marked.
#[derive(Clone, Copy)]
struct Marked<'a> {
    partition: Option<&'a Field<'a>>,
    sort: Option<&'a Field<'a>>,
    ttl: Option<&'a Field<'a>>,
    /// Whether keys may be in a nested struct, where only the compiler sees them.
    any_nested: bool,
    /// Whether every option could be read. After a misspelt one, what is missing is only its consequence.
    all_read: bool,
}

/// Checks every rule of a struct that defines a table, and turns names into fields. `errors` holds what was wrong with the
/// options themselves.
pub(crate) fn table<'a>(input: &'a Input<'a>, mut errors: Errors) -> syn::Result<Item<'a>> {
    let all_read = errors.is_empty();
    options::check_table(input, all_read, &mut errors);
    let id = logical_id(input, &mut errors);
    check_serde(input, &mut errors);
    check_marks(input, &mut errors);
    let marked = marked(input, all_read, &mut errors);
    let indexes = index::check(input, marked, &mut errors);
    let attributes = attributes(input, marked, &indexes);
    attribute::check(input, &attributes, &mut errors);
    keys_only::check(input, &attributes, &mut errors);
    constants::check(input, &mut errors);
    let Marked { partition, sort, ttl, .. } = marked;
    errors.into_result(Item { input, id, partition, sort, ttl, indexes, attributes })
}

/// What holds for every struct that becomes an item, or a part of one.
fn check_serde(input: &Input<'_>, errors: &mut Errors) {
    refuse_serde_options(input, errors);
    check_wire_names(input, errors);
    nested::check(input, errors);
}

/// The logical id is the name of the struct or what `id` says: never a hash or a path, which would replace tables when
/// code moves.
fn logical_id(input: &Input<'_>, errors: &mut Errors) -> String {
    let name = &input.node.ident;
    let (id, tokens) = match &input.options.id {
        Some(id) => (id.value.value(), id.value.to_token_stream()),
        None => (name.unraw().to_string(), name.to_token_stream()),
    };
    if !(1..=255).contains(&id.len()) || !id.chars().all(|c| c.is_ascii_alphanumeric()) {
        let mut near = case::pascal(&id.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        if !(1..=255).contains(&near.len()) {
            near = String::from("…");
        }
        errors.at(
            tokens,
            format!(
                "a CloudFormation logical id has 1 to 255 ASCII letters and digits: \
                 use `#[ddb(id = \"{near}\")]`"
            ),
        );
    }
    id
}

/// What serde writes then is not a map of this struct's fields, or reads back is not this struct.
fn refuse_serde_options(input: &Input<'_>, errors: &mut Errors) {
    let serde = &input.serde;
    let refused = [
        (
            &serde.transparent,
            "`transparent` serializes the field instead of an item: derive `TableItem` on its type",
        ),
        (&serde.into, "`into` serializes another type: derive `TableItem` on that type"),
        (&serde.from, "the item is deserialized as another type: derive `TableItem` on that type"),
        (
            &serde.remote,
            "`remote` describes a type of another crate: derive `TableItem` on a struct of your own",
        ),
    ];
    for (word, message) in refused {
        if let Some(word) = word {
            errors.at(word, message);
        }
    }
}

fn check_wire_names(input: &Input<'_>, errors: &mut Errors) {
    let fields: Vec<&Field<'_>> = input.attributes().collect();
    for (at, field) in fields.iter().enumerate() {
        let Field { name, wire, .. } = field;
        let written = &wire.written;
        if let Some(first) = fields[..at].iter().find(|first| first.wire.written == *written) {
            let first = &first.name;
            errors.at(
                field.ident,
                format!("`{name}` and `{first}` are both serialized as `{written}`: rename one of them"),
            );
        }
        if let Some(tag) = input.serde.tag.as_ref().filter(|tag| tag.value() == *written) {
            errors.at(
                tag,
                format!(
                    "the tag and the field `{name}` are both serialized as `{written}`: rename one of them"
                ),
            );
        }
    }
}

fn marked<'a>(input: &'a Input<'a>, all_read: bool, errors: &mut Errors) -> Marked<'a> {
    let only_global =
        "and a table has one: only a global index can have several, as in `index(name = \"…\", ";
    let partition = single_marked(
        input,
        |options| &options.partition,
        |first, second| {
            format!("`{first}` is already the partition key, {only_global}partition({first}, {second}))`")
        },
        errors,
    );
    let sort = single_marked(
        input,
        |options| &options.sort,
        |first, second| {
            format!("`{first}` is already the sort key, {only_global}partition(…), sort({first}, {second}))`")
        },
        errors,
    );
    let ttl = single_marked(
        input,
        |options| &options.ttl,
        |first, _| format!("`{first}` is already the TTL attribute, and a table has one"),
        errors,
    );
    let any_nested = input.nested().next().is_some();
    if partition.is_none() && !any_nested && all_read {
        errors.push(no_partition_key(input));
    }
    Marked { partition, sort, ttl, any_nested, all_read }
}

fn check_marks(input: &Input<'_>, errors: &mut Errors) {
    for Field { name, options, .. } in &input.fields {
        let FieldOptions { partition, sort, ttl, .. } = options;
        if let (Some(_), Some(sort)) = (partition, sort) {
            let message = format!("`{name}` is the partition key: the sort key must be another field");
            errors.at(sort, message);
        }
        if let (Some(_), Some(ttl)) = (partition.as_ref().or(sort.as_ref()), ttl) {
            let message = format!(
                "`{name}` is a key of the table, and keys cannot change: mark another field as the TTL attribute"
            );
            errors.at(ttl, message);
        }
    }
}

fn single_marked<'a>(
    input: &'a Input<'a>,
    option: impl Fn(&FieldOptions) -> &Option<Ident>,
    message: impl Fn(&str, &str) -> String,
    errors: &mut Errors,
) -> Option<&'a Field<'a>> {
    let mut fields = input.fields.iter().filter(|field| option(&field.options).is_some());
    let first = fields.next()?;
    for second in fields {
        errors.at(option(&second.options), message(&first.name, &second.name));
    }
    Some(first)
}

fn no_partition_key(input: &Input<'_>) -> syn::Error {
    let ident = &input.node.ident;
    syn::Error::new(
        ident.span(),
        format!("`{ident}` has no partition key: mark one field with `#[ddb(partition)]`"),
    )
}

/// Finds the fields that the table knows by name, each with the strictest of its roles.
fn attributes<'a>(
    input: &'a Input<'a>,
    marked: Marked<'a>,
    indexes: &[Index<'a>],
) -> Vec<(&'a Field<'a>, Role)> {
    let role_of = |field: &Field<'_>| {
        let is = |marked: Option<&Field<'_>>| marked.is_some_and(|marked| marked.name == field.name);
        let name_of = |index: &Index<'_>| index.name.clone();
        if is(marked.partition) {
            Some(Role::Partition)
        } else if is(marked.sort) {
            Some(Role::Sort)
        } else if let Some(index) = indexes.iter().find(|index| index.has_key(field)) {
            Some(Role::IndexKey(name_of(index)))
        } else if is(marked.ttl) {
            Some(Role::Ttl)
        } else {
            let index = indexes.iter().find(|index| index.lists(field));
            index.map(|index| Role::Projected(name_of(index)))
        }
    };
    let known = input.fields.iter().filter_map(|field| Some((field, role_of(field)?)));
    known.collect()
}
