//! What `#[derive(TableItem)]` makes of a struct: the data in `ITEM`, and the line that each part of it points at.

#![expect(dead_code, reason = "the shape of the structs is of interest, not what is in them")]

use serde::{Deserialize, Serialize};
use tablewright::{
    AttributeDef, IndexDef, IndexKind, ItemDef, KeyAttr, ProjectionDef, Scalar, SourcePlace, TableItem,
};

const FIRST_LINE: u32 = line!();
/// An order.
///
/// Paid by card.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    id = "Orders",
    index(
        name = "by-region",
        partition(tenant_id, region),
        sort(status, created_at),
        project(only(total, note))
    ),
    local_index(name = "by-total", sort(total), project(keys_only))
)]
#[ddb(index(name = "by-note", partition(note)))]
struct Order {
    /// Whose order it is.
    #[ddb(partition)]
    tenant_id: TenantId,
    #[ddb(sort)]
    order_id: u64,
    region: String,
    /** Where it stands. */
    status: Status,
    created_at: u64,
    total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[ddb(ttl)]
    expires_at: Option<u32>,
}

#[derive(Serialize, Deserialize, KeyAttr)]
struct TenantId(String);

#[derive(Serialize, Deserialize, KeyAttr)]
enum Status {
    Open,
    Shipped,
}

const fn at(below: u32) -> SourcePlace {
    SourcePlace { file: file!(), line: FIRST_LINE + below }
}

const fn attribute(name: &'static str, scalar: Scalar, doc: &'static str, below: u32) -> AttributeDef {
    AttributeDef { name, scalar, doc, at: at(below) }
}

const TENANT_ID: AttributeDef = attribute("tenantId", Scalar::S, "Whose order it is.", 20);
const TOTAL: AttributeDef = attribute("total", Scalar::N, "", 27);
const NOTE: AttributeDef = attribute("note", Scalar::S, "", 29);
const EXPECTED: ItemDef = ItemDef {
    id: "Orders",
    doc: "An order.\n\nPaid by card.",
    at: at(17),
    partition: TENANT_ID,
    sort: Some(attribute("orderId", Scalar::N, "", 22)),
    ttl: Some(attribute("expiresAt", Scalar::N, "", 31)),
    indexes: &[
        IndexDef {
            name: "by-region",
            kind: IndexKind::Global,
            partition: &[TENANT_ID, attribute("region", Scalar::S, "", 23)],
            sort: &[
                attribute("status", Scalar::S, "Where it stands.", 25),
                attribute("createdAt", Scalar::N, "", 26),
            ],
            projection: ProjectionDef::Include(&["total", "note"]),
            at: at(8),
        },
        IndexDef {
            name: "by-total",
            kind: IndexKind::Local,
            partition: &[TENANT_ID],
            sort: &[TOTAL],
            projection: ProjectionDef::KeysOnly,
            at: at(14),
        },
        IndexDef {
            name: "by-note",
            kind: IndexKind::Global,
            partition: &[NOTE],
            sort: &[],
            projection: ProjectionDef::All,
            at: at(16),
        },
    ],
};

#[test]
fn an_item_holds_all_that_the_struct_says() {
    assert_eq!(Order::ITEM, EXPECTED);
}

#[test]
fn the_least_that_can_be_said_is_a_table() {
    #[derive(TableItem)]
    struct Note {
        #[ddb(partition)]
        id: String,
    }
    let ItemDef { id, doc, sort, ttl, indexes, .. } = Note::ITEM;
    assert_eq!((id, doc, sort, ttl, indexes), ("Note", "", None, None, [].as_slice()));
    assert_eq!(Note { id: String::new() }.id, "");
}

#[test]
fn key_order_is_the_written_order() {
    #[derive(TableItem)]
    #[ddb(index(name = "all", partition(d, c), sort(b, a), project(only(f, e))))]
    struct Letters {
        #[ddb(partition)]
        id: String,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
    }
    let index = Letters::ITEM.indexes[0];
    let names = |keys: &[AttributeDef]| keys.iter().map(|key| key.name).collect::<Vec<_>>();
    assert_eq!(names(index.partition), ["d", "c"]);
    assert_eq!(names(index.sort), ["b", "a"]);
    assert_eq!(index.projection, ProjectionDef::Include(&["f", "e"]));
}

/// DynamoDB's guide makes a replica for readers this way; only a local index may not repeat the key.
#[test]
fn a_global_index_may_repeat_the_key_of_the_table() {
    #[derive(TableItem)]
    #[ddb(index(name = "replica", partition(id)))]
    struct Note {
        #[ddb(partition)]
        id: String,
    }
    assert_eq!(Note::ITEM.indexes[0].partition, [Note::ITEM.partition]);
}

#[test]
fn limits_are_reached_before_they_are_broken() {
    #[derive(TableItem)]
    #[ddb(
        id = "I",
        index(name = "i-1", partition(a, b, c, d), sort(e, f, g, h)),
        local_index(name = "l_1", sort(a)),
        local_index(name = "l.2", sort(b)),
        local_index(name = "L-3", sort(c)),
        local_index(name = "l-4", sort(d)),
        local_index(name = "l-5", sort(e))
    )]
    struct Item {
        #[ddb(partition)]
        id: String,
        #[ddb(sort)]
        at: u8,
        a: u8,
        b: u8,
        c: u8,
        d: u8,
        e: u8,
        f: u8,
        g: u8,
        h: u8,
    }
    assert_eq!(Item::ITEM.indexes.len(), 6);
}

#[test]
fn a_promise_takes_the_place_of_the_trait() {
    mod seconds {
        pub(super) fn serialize<S: serde::Serializer>(
            _: &Option<super::Date>,
            s: S,
        ) -> Result<S::Ok, S::Error> {
            s.serialize_u64(0)
        }
    }

    #[derive(Serialize, TableItem)]
    #[ddb(index(name = "by-day", partition(day)), index(name = "by-digest", partition(digest)))]
    struct Event {
        #[ddb(partition, stored_as = S)]
        id: Date,
        #[ddb(stored_as = N)]
        #[serde(skip_serializing_if = "Option::is_none")]
        day: Option<Date>,
        #[ddb(stored_as = B)]
        digest: Date,
        #[ddb(ttl, stored_as = N)]
        #[serde(with = "seconds")]
        expires_at: Option<Date>,
    }
    let event = Event { id: Date, day: None, digest: Date, expires_at: None };
    assert!(serde_json::to_value(&event).is_ok());
    let [by_day, by_digest] = Event::ITEM.indexes else { panic!("two indexes") };
    assert_eq!(Event::ITEM.partition.scalar, Scalar::S);
    assert_eq!(by_day.partition[0].scalar, Scalar::N);
    assert_eq!(by_digest.partition[0].scalar, Scalar::B);
    assert_eq!(Event::ITEM.ttl.map(|ttl| ttl.scalar), Some(Scalar::N));
}

/// A type that the traits know nothing of.
#[derive(Serialize)]
struct Date;
