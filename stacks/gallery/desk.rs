//! The buyers' desk: suppliers, contracts and shipments in one table, checked against each other when they are compiled.

use serde::{Deserialize, Serialize};
use tablewright::{Attr, Env, KeyParts, Result, Stack, StreamView, Table, TableItem};

/// The table: its keys and nothing else. No item has this type, so its names are ours and not serde's.
///
/// pk | sk
/// --- | ---
/// `SUPPLIER#7` | `-`
/// `SUPPLIER#7` | `CONTRACT#2026`
/// `SUPPLIER#7` | `SHIPMENT#MSC: "Aurora"`
#[derive(TableItem)]
#[ddb(
    keys_only,
    id = "Desk",
    rename_all = "camelCase",
    index(name = "by-kind", partition(kind), sort(name), project(keys_only)),
    index(name = "expected", partition(country, harbour), sort(due), project(only(bags, lot_grade)))
)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: String,
    /// Written by serde: the `tag` of [`Record`].
    kind: String,
    name: String,
    country: String,
    harbour: String,
    /// A day, as in 2026-11-20.
    due: String,
    #[ddb(ttl, rename = "ttl")]
    forgotten_at: u64,
    // Not keys, but in an index.
    bags: Attr,
    lot_grade: Attr,
}

/// What every item begins with, flattened into it.
#[derive(Serialize, Deserialize, KeyParts)]
pub struct Of {
    #[ddb(partition)]
    pub pk: String,
    #[ddb(sort)]
    pub sk: String,
}

/// A farm or a cooperative.
#[derive(Serialize, Deserialize, TableItem)]
#[ddb(stored_in = Keys)]
pub struct Supplier {
    #[ddb(nested)]
    #[serde(flatten)]
    pub of: Of,
    #[ddb(key)]
    pub name: String,
    pub iban: Option<String>,
}

/// What was agreed for a year. It has no name, so it is not in `by-kind`.
#[derive(Serialize, Deserialize, TableItem)]
#[ddb(stored_in = Keys)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    #[ddb(nested)]
    #[serde(flatten)]
    pub of: Of,
    pub price_per_bag: u64,
}

/// Bags on a ship.
#[derive(Serialize, Deserialize, TableItem)]
#[ddb(stored_in = Keys)]
#[serde(rename_all = "camelCase")]
pub struct Shipment {
    #[ddb(nested)]
    #[serde(flatten)]
    pub of: Of,
    #[ddb(key)]
    pub country: String,
    #[ddb(key)]
    pub harbour: String,
    #[ddb(key)]
    pub due: String,
    pub bags: u32,
    pub lot_grade: String,
    /// A year after it has come.
    #[ddb(ttl)]
    #[serde(rename = "ttl", default, skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<u64>,
}

/// Whatever a query returns.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    Supplier(Supplier),
    Contract(Contract),
    Shipment(Box<Shipment>),
    /// Of a newer release: read past it, never write it.
    #[serde(other, skip_serializing)]
    Unknown,
}

pub fn stack(_env: &Env) -> Result<Stack> {
    let mut stack =
        Stack::new("desk").description("Suppliers, contracts, shipments: one table").tag("team", "buying");
    // The same table as that of `Keys` and of each item.
    let desk = stack.table(Table::of::<Record>().stream(StreamView::KeysOnly));
    stack.output("DeskTable", desk.name());
    Ok(stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_item_fits_into_the_table() {
        let of = |sk: &str| Of { pk: "SUPPLIER#7".into(), sk: sk.into() };
        for record in [
            Record::Supplier(Supplier { of: of("-"), name: "Finca \"El Puente\"".into(), iban: None }),
            Record::Contract(Contract { of: of("CONTRACT#2026"), price_per_bag: 31_500 }),
            Record::Shipment(Box::new(Shipment {
                of: of("SHIPMENT#Aurora"),
                country: "DE".into(),
                harbour: "Hamburg".into(),
                due: "2026-11-20".into(),
                bags: 275,
                lot_grade: "AA".into(),
                forgotten_at: Some(1_800_000_000),
            })),
        ] {
            tablewright::testing::assert_shape(&record);
        }
    }
}
