//! Rules for keys. K1: key of the table. K3: one type for each attribute.

use crate::problem::Problem;
use crate::table::Table;
use crate::table::index::{Attribute, Key};

pub(super) fn check(table: &Table, problems: &mut Vec<Problem>) {
    table_key(table, problems);
    one_type_each(table, problems);
}

fn table_key(table: &Table, problems: &mut Vec<Problem>) {
    let Key { partition, sort } = &table.key;
    if partition.len() != 1 {
        problems.push(
            Problem::error(
                "K1",
                &table.at,
                format!("table `{}` has {} partition keys; a table has one", table.id, partition.len()),
            )
            .help("only a global secondary index can have several partition key attributes")
            .server_text("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        );
    }
    if sort.len() > 1 {
        problems.push(
            Problem::error(
                "K1",
                &table.at,
                format!("table `{}` has {} sort keys; a table has one at most", table.id, sort.len()),
            )
            .help("only a global secondary index can have several sort key attributes"),
        );
    }
    if let ([partition], [sort]) = (&partition[..], &sort[..])
        && partition.name == sort.name
    {
        problems.push(
            Problem::error(
                "K1",
                &sort.at,
                format!("partition and sort key of table `{}` are both `{}`", table.id, sort.name),
            )
            .help("give one of the fields another name with `#[serde(rename = \"…\")]`")
            .server_text("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
        );
    }
}

/// `AttributeDefinitions` is derived from the keys, so an attribute must have the same type in all of them.
fn one_type_each(table: &Table, problems: &mut Vec<Problem>) {
    let mut seen: Vec<&Attribute> = Vec::new();
    let of_indexes = table.indexes.iter().flat_map(|index| index.key.attributes());
    for attribute in table.key.attributes().chain(of_indexes) {
        match seen.iter().find(|other| other.name == attribute.name) {
            Some(other) if other.scalar != attribute.scalar => problems.push(
                Problem::error(
                    "K3",
                    &attribute.at,
                    format!(
                        "attribute `{}` is {} here and {} at {}",
                        attribute.name, attribute.scalar, other.scalar, other.at
                    ),
                )
                .help("an attribute has one type in all keys of a table")
                .server_text("Property AttributeDefinitions is inconsistent with the KeySchema of the table and the secondary indexes"),
            ),
            Some(_) => {}
            None => seen.push(attribute),
        }
    }
}
