//! The rules for indexes.
//!
//! In: the indexes as they are written. Out: the same with fields instead of names. The limits of DynamoDB that tokens
//! show are checked here, where the compiler can underline them; `tablewright`'s own check repeats them for tables that
//! are built by hand.

use std::collections::HashSet;

use super::field_path::resolve;
use super::{Marked, projection};
use crate::ast::{Field, Input};
use crate::attr::{FieldList, IndexKind, IndexOptions};
use crate::errors::Errors;
use crate::item::{Index, Named};

const KEYS_PER_LIST: usize = 4;
const LOCAL_INDEXES: usize = 5;

/// What is wrong with a local index of a table without a sort key. [`expand`](crate::expand) asserts the same where the
/// sort key may be in a nested key struct.
pub(crate) const LOCAL_WITHOUT_SORT: &str = "a local index requires a sort key of the table: mark one with \
                                             `#[ddb(sort)]`, or use `index(…)` for a global index";

/// Checks every index, and turns names into fields.
pub(super) fn check<'a>(input: &'a Input<'a>, marked: Marked<'a>, errors: &mut Errors) -> Vec<Index<'a>> {
    let written = &input.options.indexes;
    check_names(written, marked, errors);
    if let Some(sixth) = written.iter().filter(|index| index.kind == IndexKind::Local).nth(LOCAL_INDEXES) {
        errors.at(&sixth.word, format!("a table has at most {LOCAL_INDEXES} local indexes"));
    }
    let indexes = written.iter().map(|index| check_one(input, index, marked, errors)).collect();
    projection::check_total(written, errors);
    indexes
}

fn check_names(indexes: &[IndexOptions], marked: Marked<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for index in indexes {
        match &index.name {
            Some(name) => {
                let value = name.value();
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                if !(3..=255).contains(&value.len()) || !value.chars().all(fits) {
                    errors
                        .at(name, "an index name has 3 to 255 characters: letters, digits, `_`, `-` and `.`");
                } else if !seen.insert(value) {
                    errors.at(name, format!("the name `{}` is already used by another index", name.value()));
                }
            }
            None if marked.all_read => {
                errors.at(
                    &index.word,
                    format!("an index requires a name: use `{}(name = \"…\", …)`", index.word),
                );
            }
            None => {}
        }
    }
}

fn check_one<'a>(
    input: &'a Input<'a>,
    written: &'a IndexOptions,
    marked: Marked<'a>,
    errors: &mut Errors,
) -> Index<'a> {
    let name = written.name.as_ref().map_or_else(String::new, syn::LitStr::value);
    let partition = match written.kind {
        IndexKind::Global => global_partition(input, written, marked, errors),
        IndexKind::Local => {
            local_partition(written, marked, errors);
            Vec::new()
        }
    };
    let sort = match written.kind {
        IndexKind::Global => {
            let list = written.sort.as_ref();
            list.map_or_else(Vec::new, |list| key_list(input, list, errors))
        }
        IndexKind::Local => local_sort(input, written, marked, errors),
    };
    refuse_repeated_keys(written, marked, errors);
    let own = partition.iter().chain(&sort).map(|key| key.path.to_string());
    let of_table = marked.partition.into_iter().chain(marked.sort).map(|key| key.ident.to_string());
    let keys: Vec<String> = own.chain(of_table).collect();
    let projection = projection::check(input, &written.projection, &keys, errors);
    Index { name, kind: written.kind, word: &written.word, partition, sort, projection }
}

fn global_partition<'a>(
    input: &'a Input<'a>,
    written: &IndexOptions,
    marked: Marked<'_>,
    errors: &mut Errors,
) -> Vec<Named<'a>> {
    match &written.partition {
        Some(list) => key_list(input, list, errors),
        None => {
            if marked.all_read {
                errors.at(&written.word, "a global index requires a partition key: add `partition(field)`");
            }
            Vec::new()
        }
    }
}

/// A local index has the partition key of its table, so there is nothing to say.
fn local_partition(written: &IndexOptions, marked: Marked<'_>, errors: &mut Errors) {
    if let Some(list) = &written.partition {
        let message = "a local index uses the partition key of the table: remove `partition(…)`, \
                       or use `index(…)` for a global index";
        errors.at(&list.word, message);
    }
    if marked.sort.is_none() && !marked.any_nested && marked.all_read {
        errors.at(&written.word, LOCAL_WITHOUT_SORT);
    }
}

fn local_sort<'a>(
    input: &'a Input<'a>,
    written: &IndexOptions,
    marked: Marked<'_>,
    errors: &mut Errors,
) -> Vec<Named<'a>> {
    match &written.sort {
        Some(list) => {
            if let Some(second) = list.names.get(1) {
                errors
                    .at(second, "a local index has one sort key attribute: only `index(…)` can have several");
            }
            key_list(input, list, errors)
        }
        None => {
            if marked.all_read {
                errors.at(&written.word, "a local index requires a sort key of its own: add `sort(field)`");
            }
            Vec::new()
        }
    }
}

fn key_list<'a>(input: &'a Input<'a>, list: &FieldList, errors: &mut Errors) -> Vec<Named<'a>> {
    let word = &list.word;
    if let Some(fifth) = list.names.get(KEYS_PER_LIST) {
        errors.at(fifth, format!("an index has at most {KEYS_PER_LIST} {word} key attributes"));
    }
    resolve(input, list, errors)
}

/// A global index may repeat the key of its table: that is how DynamoDB's guide makes a replica to read from. A local one
/// may not: it would be the table again.
fn refuse_repeated_keys(written: &IndexOptions, marked: Marked<'_>, errors: &mut Errors) {
    let lists = match written.kind {
        IndexKind::Global => [&written.partition, &written.sort],
        IndexKind::Local => [&None, &written.sort],
    };
    let mut seen = HashSet::new();
    for name in lists.into_iter().flatten().flat_map(|list| &list.names) {
        let plain = name.field_name();
        let is = |key: Option<&Field<'_>>| key.is_some_and(|key| name.part.is_none() && key.name == plain);
        if written.kind == IndexKind::Local && (is(marked.partition) || is(marked.sort)) {
            let message =
                "this is a key of the table: the sort key of a local index must be another attribute";
            errors.at(name, message);
        }
        if !seen.insert((plain, name.part_name())) {
            errors.at(name, "this is already a key of the index");
        }
    }
}
