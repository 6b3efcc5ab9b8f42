//! Rules for indexes. K2: keys of global indexes. X1: unknown indexes. L1, L2: local indexes. G1: number of indexes. P1, P2:
//! projections. N1: unique names.

use crate::item::IndexKind;
use crate::problem::Problem;
use crate::table::Table;
use crate::table::index::{Attribute, Index, Projection};

const MOST_GLOBAL: usize = 20;
const MOST_LOCAL: usize = 5;
const MOST_KEY_ATTRIBUTES: usize = 4;
const MOST_INCLUDED: usize = 20;
const MOST_INCLUDED_IN_ALL: usize = 100;

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    for (position, index) in table.indexes.iter().enumerate() {
        match index.kind {
            IndexKind::Global => global_key(index, problems),
            IndexKind::Local => local_key(table, index, problems),
        }
        projection(table, index, problems);
        if let Some(twin) = table.indexes[..position].iter().find(|other| other.name == index.name) {
            problems.push(
                Problem::error(
                    "N1",
                    &index.at,
                    format!("index `{}` is already defined at {}", index.name, twin.at),
                )
                .help("index names must be unique in a table")
                .server_text(format!("Duplicate index name: {}", index.name)),
            );
        }
    }
    how_many(table, problems);
}

fn global_key(index: &Index, problems: &mut Vec<Problem>) {
    for (what, kind, attributes, least) in
        [("partition", "HASH", &index.key.partition, 1), ("sort", "RANGE", &index.key.sort, 0)]
    {
        if !(least..=MOST_KEY_ATTRIBUTES).contains(&attributes.len()) {
            problems.push(
                Problem::error(
                    "K2",
                    &index.at,
                    format!(
                        "index `{}` has {} {what} key attributes; {least} to {MOST_KEY_ATTRIBUTES} are allowed",
                        index.name,
                        attributes.len()
                    ),
                )
                .server_text(format!("The KeySchema exceeds the maximum allowed number of {kind} key attributes")),
            );
        }
    }
    let names: Vec<&str> = index.key.attributes().map(|attribute| attribute.name.as_str()).collect();
    if let Some(twice) = (1..names.len()).find(|i| names[..*i].contains(&names[*i])) {
        problems.push(
            Problem::error(
                "K2",
                &index.at,
                format!("the key of index `{}` has `{}` twice", index.name, names[twice]),
            )
            .help("list each attribute once"),
        );
    }
}

fn local_key(table: &Table, index: &Index, problems: &mut Vec<Problem>) {
    let mut wrong = |message: String, server_text: &str| {
        problems.push(
            Problem::error("L1", &index.at, message)
                .help("a local index has the table's partition key and its own sort key; a global index has its own partition and sort key")
                .server_text(server_text),
        );
    };
    if table.key.sort.is_empty() {
        wrong(
            format!("local index `{}` is on a table without a sort key", index.name),
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        );
    }
    if !same(&index.key.partition, &table.key.partition) {
        wrong(
            format!("local index `{}` has a different partition key than its table", index.name),
            "Index KeySchema does not have the same leading hash key as table KeySchema",
        );
    }
    if index.key.sort.len() != 1 {
        wrong(
            format!("local index `{}` has {} sort keys; it must have one", index.name, index.key.sort.len()),
            "Index KeySchema does not have a range key",
        );
    }
}

/// Whether two lists of attributes have the same names and types.
fn same(a: &[Attribute], b: &[Attribute]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name && a.scalar == b.scalar)
}

fn projection(table: &Table, index: &Index, problems: &mut Vec<Problem>) {
    let Projection::Include(names) = &index.projection else {
        return;
    };
    if names.is_empty() {
        problems.push(
            Problem::error("P1", &index.at, format!("index `{}` includes no attributes", index.name))
                .help("name them, or project the keys only")
                .server_text("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
        );
    }
    if names.len() > MOST_INCLUDED {
        problems.push(
            Problem::error(
                "P1",
                &index.at,
                format!(
                    "index `{}` includes {} attributes; {MOST_INCLUDED} are allowed",
                    index.name,
                    names.len()
                ),
            )
            .help("project all attributes instead"),
        );
    }
    for (position, name) in names.iter().enumerate() {
        if names[..position].contains(name) {
            problems.push(
                Problem::error("P1", &index.at, format!("index `{}` includes `{name}` twice", index.name))
                    .help("list it once"),
            );
        }
        if table.key.attributes().chain(index.key.attributes()).any(|key| key.name == *name) {
            problems.push(
                Problem::error(
                    "P1",
                    &index.at,
                    format!("index `{}` includes `{name}`, which is a key", index.name),
                )
                .help("keys are always projected; remove it"),
            );
        }
    }
}

fn how_many(table: &Table, problems: &mut Vec<Problem>) {
    let of_kind = |kind| table.indexes.iter().filter(move |index| index.kind == kind).count();
    let global = of_kind(IndexKind::Global);
    if global > MOST_GLOBAL {
        problems.push(
            Problem::warning(
                "G1",
                &table.at,
                format!("table `{}` has {global} global secondary indexes", table.id),
            )
            .help(format!("the quota is {MOST_GLOBAL} unless AWS raised it for the account"))
            .server_text(format!("GlobalSecondaryIndex count exceeds the per-table limit of {MOST_GLOBAL}")),
        );
    }
    let local = of_kind(IndexKind::Local);
    if local > MOST_LOCAL {
        problems.push(
            Problem::error(
                "L1",
                &table.at,
                format!("table `{}` has {local} local secondary indexes; {MOST_LOCAL} are allowed", table.id),
            )
            .help("use global indexes for some of them")
            .server_text(format!("Number of LocalSecondaryIndexes exceeds per-table limit of {MOST_LOCAL}")),
        );
    }
    if local > 0 {
        problems.push(
            Problem::warning("L2", &table.at, format!("table `{}` has a local secondary index", table.id))
                .help("it limits the items with the same partition key to 10 GB in total, and can only be removed by replacing the table"),
        );
    }
    let included: usize = table
        .indexes
        .iter()
        .map(|index| match &index.projection {
            Projection::Include(names) => names.len(),
            Projection::All | Projection::KeysOnly => 0,
        })
        .sum();
    if included > MOST_INCLUDED_IN_ALL {
        problems.push(
            Problem::error(
                "P2",
                &table.at,
                format!(
                    "the indexes of table `{}` include {included} attributes in all; {MOST_INCLUDED_IN_ALL} are allowed",
                    table.id
                ),
            )
            .help("the same attribute in two indexes counts twice; project all attributes in one of them"),
        );
    }
}
