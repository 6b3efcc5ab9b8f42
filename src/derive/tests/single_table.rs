//! One table for items of several types: `keys_only`, `stored_in`, enums of items and nested key structs.

#![expect(dead_code, reason = "the shape of the types is of interest, not what is in them")]

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, to_value};
use tablewright::{
    Attr, AttributeDef, IndexKind, ItemDef, KeyAttr, KeyParts, KeyRole, ProjectionDef, Scalar, TableItem,
};

/// Everything of the shop.
#[derive(TableItem)]
#[ddb(
    keys_only,
    rename_all = "camelCase",
    index(name = "gsi1", partition(gsi1pk), sort(gsi1sk)),
    index(
        name = "by-region",
        partition(tenant_id, region),
        sort(created_at),
        project(only(total, note_text))
    )
)]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort, rename = "SK")]
    sk: String,
    gsi1pk: String,
    gsi1sk: u64,
    tenant_id: TenantId,
    region: String,
    created_at: u64,
    #[ddb(ttl)]
    expires_at: u64,
    total: Attr,
    note_text: Attr,
}

#[derive(Clone, Serialize, Deserialize, KeyAttr)]
struct TenantId(String);

#[derive(Serialize, Deserialize, TableItem)]
#[ddb(stored_in = App)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[ddb(key)]
    pk: String,
    #[ddb(key)]
    #[serde(rename = "SK")]
    sk: String,
    #[ddb(key)]
    tenant_id: TenantId,
    #[ddb(key)]
    region: String,
    #[ddb(key)]
    created_at: u64,
    // An item may lack an index key; it is left out then.
    #[ddb(key)]
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[ddb(ttl)]
    expires_at: Option<u32>,
    total: u64,
}

/// Named unlike its wire names, with a scalar from another type.
#[derive(Serialize, Deserialize, TableItem)]
#[ddb(stored_in = App)]
struct Customer {
    #[ddb(key)]
    #[serde(rename = "pk")]
    id: TenantId,
    #[ddb(key)]
    #[serde(rename = "SK")]
    profile: Profile,
    body: Vec<u8>,
}

#[derive(Serialize, Deserialize, KeyAttr)]
enum Profile {
    Profile,
}

fn names(attributes: &[AttributeDef]) -> Vec<&str> {
    attributes.iter().map(|attribute| attribute.name).collect()
}

#[test]
fn a_table_of_keys_has_names_of_its_own() {
    let ItemDef { id, doc, partition, sort, ttl, indexes, .. } = App::ITEM;
    assert_eq!((id, doc), ("App", "Everything of the shop."));
    assert_eq!((partition.name, partition.scalar), ("pk", Scalar::S));
    assert_eq!(sort.map(|sort| sort.name), Some("SK"));
    assert_eq!(ttl.map(|ttl| ttl.name), Some("expiresAt"));
    let [gsi1, by_region] = indexes else { panic!("two indexes") };
    assert_eq!((names(gsi1.partition), names(gsi1.sort)), (vec!["gsi1pk"], vec!["gsi1sk"]));
    assert_eq!(names(by_region.partition), ["tenantId", "region"]);
    assert_eq!(by_region.projection, ProjectionDef::Include(&["total", "noteText"]));
}

#[test]
fn an_item_of_a_table_has_the_shape_of_that_table() {
    assert_eq!(Order::ITEM, App::ITEM);
    assert_eq!(Customer::ITEM, App::ITEM);
    assert_eq!(Box::<Order>::ITEM, App::ITEM);
}

#[test]
fn an_item_may_define_the_table_of_others() {
    #[derive(Serialize, TableItem)]
    #[ddb(index(name = "by-kind", partition(kind)))]
    struct User {
        #[ddb(partition)]
        id: String,
        kind: String,
    }
    /// The tag of serde is a String beside the fields, so it can be a key.
    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = User)]
    #[serde(tag = "kind")]
    struct Session {
        #[ddb(key)]
        id: String,
    }
    assert_eq!(Session::ITEM, User::ITEM);
    assert_eq!(to_value(Session { id: "a".into() }).ok(), Some(json!({ "kind": "Session", "id": "a" })));
}

#[test]
fn a_promise_is_believed_in_an_item_too() {
    #[derive(Serialize)]
    struct Opaque(String);

    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = App)]
    struct Item {
        #[ddb(key, stored_as = S)]
        pk: Opaque,
        #[ddb(key)]
        #[serde(rename = "SK")]
        sk: String,
        #[ddb(key, stored_as = N)]
        #[serde(skip_serializing_if = "Option::is_none")]
        gsi1sk: Option<Opaque>,
    }
    assert_eq!(Item::ITEM, App::ITEM);
}

#[test]
fn generic_items_agree_where_they_are_used() {
    #[derive(TableItem)]
    #[ddb(keys_only)]
    struct Of<Id: KeyAttr> {
        #[ddb(partition)]
        id: Id,
        note: Attr,
    }

    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = Of<Id>)]
    struct Item<'a, Id>
    where
        Id: KeyAttr,
    {
        #[ddb(key)]
        id: Id,
        name: &'a str,
    }
    assert_eq!(Item::<u64>::ITEM.partition.scalar, Scalar::N);
    assert_eq!(Item::<String>::ITEM.partition.scalar, Scalar::S);
}

#[test]
fn an_enum_of_items_is_an_item_of_their_table() {
    #[derive(Serialize, Deserialize, TableItem)]
    #[serde(tag = "type", rename_all = "snake_case")]
    enum Record {
        Order(Box<Order>),
        Customer(Customer),
        // Never written, so it needs no keys.
        #[serde(other, skip_serializing)]
        Unknown,
    }
    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = App)]
    #[serde(tag = "type")]
    enum Said<T: TableItem> {
        Customer(T),
    }
    assert_eq!(Record::ITEM, App::ITEM);
    assert_eq!(Said::<Customer>::ITEM, App::ITEM);
    let customer = Customer { id: TenantId("c".into()), profile: Profile::Profile, body: Vec::new() };
    assert_eq!(
        to_value(Record::Customer(customer)).ok(),
        Some(json!({ "type": "customer", "pk": "c", "SK": "Profile", "body": [] }))
    );
}

/// The tag of an enum may be the key of an index.
#[test]
fn the_tag_of_an_enum_may_be_an_index_key() {
    #[derive(TableItem)]
    #[ddb(keys_only, index(name = "by-type", partition(r#type)))]
    struct Kinds {
        #[ddb(partition)]
        pk: String,
        r#type: String,
    }
    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = Kinds)]
    struct Item {
        #[ddb(key)]
        pk: String,
    }
    #[derive(Serialize, TableItem)]
    #[serde(tag = "type")]
    enum Record {
        Item(Item),
    }
    assert_eq!(Record::ITEM, Kinds::ITEM);
}

#[derive(Serialize, Deserialize, KeyParts)]
#[serde(rename_all = "camelCase")]
struct EventKey {
    /// Whose event it is.
    #[ddb(partition)]
    tenant_id: TenantId,
    #[ddb(sort)]
    event_id: u64,
    #[ddb(key)]
    region: String,
    #[ddb(key)]
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
}

#[test]
fn a_key_struct_says_what_its_fields_are() {
    let said = EventKey::PARTS
        .iter()
        .map(|part| (part.field, part.role, part.may_lack, part.attribute.name, part.attribute.scalar));
    assert_eq!(
        said.collect::<Vec<_>>(),
        [
            ("tenant_id", KeyRole::Partition, false, "tenantId", Scalar::S),
            ("event_id", KeyRole::Sort, false, "eventId", Scalar::N),
            ("region", KeyRole::Key, false, "region", Scalar::S),
            ("owner", KeyRole::Key, true, "owner", Scalar::S),
        ]
    );
    assert_eq!(EventKey::PARTS[0].attribute.doc, "Whose event it is.");
    assert_eq!(EventKey::TENANT_ID, "tenantId");
}

#[test]
fn a_table_takes_its_keys_from_a_nested_struct() {
    #[derive(Serialize, Deserialize, TableItem)]
    #[ddb(
        index(name = "by-region", partition(key.region, kind), sort(key.event_id), project(only(key.owner, body))),
        local_index(name = "by-kind", sort(kind))
    )]
    struct Event {
        #[ddb(nested)]
        #[serde(flatten)]
        key: EventKey,
        kind: String,
        body: String,
    }
    let ItemDef { partition, sort, indexes, .. } = Event::ITEM;
    assert_eq!(partition, EventKey::PARTS[0].attribute);
    assert_eq!(sort, Some(EventKey::PARTS[1].attribute));
    let [by_region, by_kind] = indexes else { panic!("two indexes") };
    assert_eq!(names(by_region.partition), ["region", "kind"]);
    assert_eq!(by_region.sort, [EventKey::PARTS[1].attribute]);
    assert_eq!(by_region.projection, ProjectionDef::Include(&["owner", "body"]));
    assert_eq!((by_kind.kind, names(by_kind.partition)), (IndexKind::Local, vec!["tenantId"]));
    let item = json!({ "tenantId": "t", "eventId": 1, "region": "eu", "kind": "k", "body": "b" });
    let event: Event = serde_json::from_value(item.clone()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(to_value(event).ok(), Some(item));
}

#[test]
fn own_and_nested_keys_make_one_table() {
    #[derive(Serialize, KeyParts)]
    struct Version<T> {
        #[ddb(sort)]
        version: T,
    }
    #[derive(Serialize, TableItem)]
    struct Document<T> {
        #[ddb(partition)]
        id: String,
        #[ddb(nested)]
        #[serde(flatten)]
        version: Version<T>,
    }
    assert_eq!(Document::<u8>::ITEM.partition.name, "id");
    assert_eq!(Document::<u8>::ITEM.sort.map(|sort| sort.scalar), Some(Scalar::N));
    assert_eq!(Document::<char>::ITEM.sort.map(|sort| sort.scalar), Some(Scalar::S));
}

#[test]
fn items_of_one_table_share_their_keys() {
    #[derive(Serialize, KeyParts)]
    struct Keys {
        #[ddb(partition)]
        pk: String,
        #[ddb(key)]
        #[serde(rename = "SK")]
        sk: String,
    }
    #[derive(Serialize, KeyParts)]
    struct Gsi1 {
        #[ddb(key)]
        gsi1pk: String,
        #[ddb(key)]
        gsi1sk: u64,
    }
    #[derive(Serialize, TableItem)]
    #[ddb(stored_in = App)]
    struct Invoice {
        #[ddb(nested)]
        #[serde(flatten)]
        keys: Keys,
        #[ddb(nested)]
        #[serde(flatten)]
        gsi1: Gsi1,
        total: u64,
        // Flattened without keys: nothing to say.
        #[serde(flatten)]
        rest: Value,
    }
    assert_eq!(Invoice::ITEM, App::ITEM);
}
