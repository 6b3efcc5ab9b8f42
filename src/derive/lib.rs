//! The derives of `tablewright`: `TableItem`, `KeyParts` and `KeyAttr`, with the helper attribute `#[ddb(…)]`.
//!
//! In: a struct that serde serializes. Out: one `impl` with constant data and one with the constants for the application,
//! named by absolute paths. Use them from `tablewright`, which has the traits. *Invariant:* no second type, no code that
//! runs, no limit that needs a value.

// From tokens to options …
mod ast;
mod attr;
mod case;
mod serde_attr;
mod types;

// … to a table whose rules hold …
mod item;
mod constant_name;
mod valid;

// … to code …
mod expand;
mod constants;
mod fallback;
mod generics;
mod span;
mod key_attr;

// … or to messages.
mod errors;
mod suggest;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes an item type the definition of its table, or an item of the table that another type defines.
///
/// The struct defines what belongs to the type: keys, indexes, projections and the time-to-live attribute. Billing, backups,
/// names and other settings that differ by environment are set where the table is added to a stack.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{Scalar, TableItem};
///
/// /// A note of a user.
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// struct Note {
///     #[ddb(partition)]
///     user_id: String,
///     #[ddb(sort)]
///     note_id: String,
///     body: String,
/// }
///
/// assert_eq!(Note::ITEM.id, "Note");
/// assert_eq!(Note::ITEM.doc, "A note of a user.");
/// assert_eq!(Note::ITEM.partition.name, "userId");
/// assert_eq!(Note::ITEM.partition.scalar, Scalar::S);
/// ```
///
/// # Names
///
/// Attribute names come from serde: `rename`, `rename_all` and raw identifiers apply. A key that is serialized under one name
/// and deserialized under another is an error, unless an `alias` accepts the first.
///
/// Not allowed on the struct: `transparent`, `into`, `from`, `try_from`, `remote`, because serde then serializes or deserializes
/// other fields than these. Derive on the type that is serialized.
///
/// # Required
///
/// `#[ddb(partition)]` above one field: the partition key of the table. Or `#[ddb(stored_in = …)]` above the struct: the table
/// is that of another type, see [below](#one-table-for-several-types).
///
/// # Optional, above a field
///
/// - `#[ddb(sort)]`: the sort key of the table.
/// - `#[ddb(ttl)]`: holds the time to live, in seconds since 1970. The item expires some time after it.
/// - `#[ddb(key)]`: in an item that is `stored_in` another type's table, one of that table's keys.
/// - `#[ddb(nested)]`, with `#[serde(flatten)]`: a struct of keys, see [below](#keys-in-a-struct-of-their-own).
/// - `#[ddb(rename = "…")]`: the name on the wire, in a `keys_only` struct.
/// - `#[ddb(stored_as = S)]` (or `N` or `B`): the DynamoDB type that serde serializes the key to, where the Rust type does not
///   show it: with `#[serde(with = "…")]`, or for a type of another crate. The compiler cannot check it; a test with
///   `tablewright::testing::assert_shape` can.
///
/// # Optional, above the struct
///
/// - `#[ddb(index(name = "…", partition(…), sort(…), project(…)))]`: a global secondary index. The lists name Rust fields in
///   key order: 1 to 4 for `partition`, up to 4 for `sort`, which may be left out.
/// - `#[ddb(local_index(name = "…", sort(field), project(…)))]`: a local secondary index, another order of the items of one
///   partition. Made with the table and fixed for its life.
/// - `project(all)`, the default: the index holds whole items. `project(keys_only)`: only the keys of index and table.
///   `project(only(field, …))`: these fields too. (Where two indexes share a field, `clippy::duplicated_attributes` reports
///   it: `#[expect]` it.)
/// - `#[ddb(id = "…")]`: the logical id in the template, letters and digits. Without it, the name of the struct: write it
///   before the struct is renamed, or CloudFormation deletes one table and creates another.
/// - `#[ddb(keys_only)]`: the struct lists the keys of a table whose items have other types; `#[ddb(rename_all = "…")]` names
///   them by one of serde's rules.
/// - `#[ddb(stored_in = Type)]`: the table is the one that `Type` defines. No quotes; generic arguments may follow.
/// - `#[ddb(no_constants)]`: no [constants](#constants) are added.
/// - `#[ddb(crate = "path")]`: where `tablewright` is, when it was renamed or re-exported.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{KeyAttr, ProjectionDef, TableItem};
///
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// #[ddb(
///     id = "Orders",
///     index(
///         name = "by-region",
///         partition(tenant_id, region),
///         sort(status, created_at),
///         project(only(total)),
///     ),
///     local_index(name = "by-total", sort(total), project(keys_only)),
/// )]
/// struct Order {
///     #[ddb(partition)]
///     tenant_id: String,
///     #[ddb(sort)]
///     order_id: u64,
///     region: String,
///     status: Status,
///     created_at: u64,
///     total: u64,
///     #[ddb(ttl)]
///     expires_at: Option<u64>,
/// }
///
/// #[derive(Serialize, Deserialize, KeyAttr)]
/// enum Status {
///     Open,
///     Shipped,
/// }
///
/// let by_region = &Order::ITEM.indexes[0];
/// let keys = |attributes: &[tablewright::AttributeDef]| attributes.iter().map(|key| key.name).collect::<Vec<_>>();
/// assert_eq!(keys(by_region.partition), ["tenantId", "region"]);
/// assert_eq!(keys(by_region.sort), ["status", "createdAt"]);
/// assert_eq!(by_region.projection, ProjectionDef::Include(&["total"]));
/// ```
///
/// # Types
///
/// What a key is stored as comes from its type, through the trait `KeyAttr`, so aliases, newtypes and generic parameters
/// work: `Event<Id>` is a table where `Id` is a key. An index key may be an `Option`: an item without it is not in the index.
/// It must be left out of the item too, by `#[serde(skip_serializing_if = "Option::is_none")]`, because DynamoDB refuses
/// NULL where an index wants a key.
///
/// `Vec<u8>` is a list of numbers to serde. For Binary, write it with `serde_bytes`:
///
/// ```
/// # mod serde_bytes {
/// #     pub fn serialize<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
/// #         s.serialize_bytes(bytes)
/// #     }
/// # }
/// use serde::Serialize;
/// use tablewright::{Scalar, TableItem};
///
/// #[derive(Serialize, TableItem)]
/// struct Blob {
///     #[ddb(partition, stored_as = B)]
///     #[serde(with = "serde_bytes")]
///     digest: Vec<u8>,
/// }
///
/// assert_eq!(Blob::ITEM.partition.scalar, Scalar::B);
/// ```
///
/// # One table for several types
///
/// A `keys_only` struct has the keys of a table and nothing else. It is never serialized, so its names come from `rename_all`
/// and `rename` in `#[ddb(…)]`, not from serde. An attribute that is not a key, but listed in a projection, is declared without
/// a type, as `Attr`.
///
/// Each item type has `stored_in`, and marks the keys of that table with `key` and its time to live with `ttl`. The compiler then
/// checks that:
///
/// - the item always has the keys of the table;
/// - each key has the type that the table defines;
/// - a field with the name of a key is marked as one, so that its type is checked.
///
/// An item without a key of an index is not in that index. serde's `tag` counts as a String field, and may be a key of an index.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{Attr, Table, TableItem};
///
/// #[derive(TableItem)]
/// #[ddb(
///     keys_only,
///     rename_all = "camelCase",
///     index(name = "by-region", partition(tenant_id, region), sort(created_at), project(only(total))),
/// )]
/// pub struct App {
///     #[ddb(partition)]
///     pk: String,
///     #[ddb(sort)]
///     sk: String,
///     tenant_id: String,
///     region: String,
///     created_at: u64,
///     total: Attr,
/// }
///
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[ddb(stored_in = App)]
/// #[serde(rename_all = "camelCase")]
/// pub struct Order {
///     #[ddb(key)]
///     pk: String,
///     #[ddb(key)]
///     sk: String,
///     #[ddb(key)]
///     tenant_id: String,
///     #[ddb(key)]
///     region: String,
///     #[ddb(key)]
///     created_at: u64,
///     total: u64,
/// }
///
/// /// Not in `by-region`: a customer has no region.
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[ddb(stored_in = App)]
/// pub struct Customer {
///     #[ddb(key)]
///     pk: String,
///     #[ddb(key)]
///     sk: String,
///     name: String,
/// }
///
/// /// Whatever a query of the table returns.
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[serde(tag = "type")]
/// pub enum Record {
///     Order(Order),
///     Customer(Customer),
/// }
///
/// assert_eq!(Order::ITEM, App::ITEM);
/// assert_eq!(Record::ITEM, App::ITEM);
/// assert_eq!(Table::of::<Record>().id, "App");
/// ```
///
/// The table need not be `keys_only`: items may be `stored_in` any type that defines one.
///
/// An enum of items is an item of their table. Each variant holds one, boxed if you like; all are stored in the same table.
/// It needs `#[serde(tag = "type")]`, under any name: without a tag, or with `content`, serde nests the keys in a map, and
/// `untagged` items cannot be told apart. A variant without an item can only be deserialized, with
/// `#[serde(other, skip_serializing)]`.
///
/// # Keys in a struct of their own
///
/// A struct that derives [`KeyParts`](macro@KeyParts) holds keys that serde flattens into items. `nested` makes them keys of
/// the item, and an index names them as `field.part`:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{KeyParts, TableItem};
///
/// #[derive(Serialize, Deserialize, KeyParts)]
/// #[serde(rename_all = "camelCase")]
/// struct EventKey {
///     #[ddb(partition)]
///     tenant_id: String,
///     #[ddb(sort)]
///     event_id: u64,
/// }
///
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[ddb(index(name = "inverted", partition(key.event_id), sort(key.tenant_id)))]
/// struct Event {
///     #[ddb(nested)]
///     #[serde(flatten)]
///     key: EventKey,
///     body: String,
/// }
///
/// assert_eq!(Event::ITEM.partition.name, "tenantId");
/// assert_eq!(Event::ITEM.indexes[0].partition[0].name, "eventId");
/// ```
///
/// A flattened field that is not `nested` must not contain keys, which only the
/// [shape test](https://docs.rs/tablewright/latest/tablewright/testing/index.html) can check.
///
/// # Constants
///
/// The struct gets a constant for the wire name of each field that serde writes, one for each index, and `ATTRIBUTES` with
/// all names of its own, as visible as the struct itself. So the queries of an application repeat no strings:
///
/// ```
/// use serde::Serialize;
/// use tablewright::TableItem;
///
/// #[derive(Serialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// #[ddb(index(name = "by-region", partition(region)))]
/// struct Event {
///     #[ddb(partition)]
///     event_id: String,
///     region: String,
/// }
///
/// assert_eq!(Event::EVENT_ID, "eventId");
/// assert_eq!(Event::ATTRIBUTES, ["eventId", "region"]);
/// assert_eq!(Event::BY_REGION.name(), "by-region");
/// ```
///
/// Fields come first: an index that has the name of a field is `EMAIL_INDEX`, beside the field's `EMAIL`. A field
/// `attributes` keeps `ATTRIBUTES`, and beside a field `item` the data of the table is `<Note as TableItem>::ITEM`. If the type
/// has constants of those names already, add `#[ddb(no_constants)]`.
///
/// # Mistakes
///
/// All mistakes of a struct are reported in one run, each at its place:
///
/// ```compile_fail
/// use tablewright::TableItem;
///
/// #[derive(TableItem)]
/// struct Note {
///     #[ddb(partiton)] // unknown option `partiton`: did you mean `partition`?
///     user_id: String,
/// }
/// ```
#[proc_macro_derive(TableItem, attributes(ddb))]
pub fn table_item(input: TokenStream) -> TokenStream {
    let node = parse_macro_input!(input as DeriveInput);
    expand::table_item(&node).unwrap_or_else(|error| fallback::table_item(&node, &error)).into()
}

/// Makes a struct of keys, to be nested into items.
///
/// Every field is a key, and says which: `#[ddb(partition)]` and `#[ddb(sort)]` of a table, or `#[ddb(key)]`, for an index or
/// where the table that an item is `stored_in` decides. `stored_as`, `crate` and `no_constants` mean what they mean for
/// [`TableItem`](macro@TableItem); so do names, types and `Option`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{KeyParts, KeyRole, TableItem};
///
/// /// The keys that all items of the table have.
/// #[derive(Serialize, Deserialize, KeyParts)]
/// struct Keys {
///     #[ddb(partition)]
///     pk: String,
///     #[ddb(sort)]
///     sk: String,
/// }
///
/// #[derive(TableItem)]
/// #[ddb(keys_only)]
/// struct App {
///     #[ddb(partition)]
///     pk: String,
///     #[ddb(sort)]
///     sk: String,
/// }
///
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[ddb(stored_in = App)]
/// struct Order {
///     #[ddb(nested)]
///     #[serde(flatten)]
///     keys: Keys,
///     total: u64,
/// }
///
/// assert_eq!(Keys::PARTS[1].role, KeyRole::Sort);
/// assert_eq!(Order::ITEM, App::ITEM);
/// ```
///
/// A field that is not a key belongs in the item: a key struct can only hold keys.
#[proc_macro_derive(KeyParts, attributes(ddb))]
pub fn key_parts(input: TokenStream) -> TokenStream {
    let node = parse_macro_input!(input as DeriveInput);
    expand::key_parts(&node).unwrap_or_else(|error| fallback::key_parts(&node, &error)).into()
}

/// Makes a newtype or an enum a key attribute.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::{KeyAttr, Scalar};
///
/// #[derive(Serialize, Deserialize, KeyAttr)]
/// struct UserId(String);
///
/// #[derive(Serialize, Deserialize, KeyAttr)]
/// enum Status {
///     Open,
///     Closed,
/// }
///
/// assert_eq!(UserId::SCALAR, Scalar::S);
/// assert_eq!(Status::SCALAR, Scalar::S);
/// ```
///
/// # What works
///
/// - A tuple struct of one field: it is stored as that field.
/// - `#[serde(transparent)]` above a struct of one field besides `PhantomData` and skipped ones: as that field.
/// - An enum of unit variants: a String, the name of the variant.
///
/// # What has to be declared
///
/// `#[ddb(stored_as = S)]` (or `N` or `B`) on a type whose shape does not show it: one with its own `impl Serialize`, with
/// `#[serde(into = "…")]`, or an enum that `serde_repr` serializes as a Number. The compiler cannot check it.
///
/// ```
/// use serde::Serialize;
/// use tablewright::{KeyAttr, Scalar};
///
/// #[derive(Clone, Serialize, KeyAttr)]
/// #[serde(into = "String")]
/// #[ddb(stored_as = S)]
/// struct Sku {
///     maker: u32,
///     part: u32,
/// }
///
/// impl From<Sku> for String {
///     fn from(sku: Sku) -> String {
///         format!("{}-{}", sku.maker, sku.part)
///     }
/// }
///
/// assert_eq!(Sku::SCALAR, Scalar::S);
/// ```
///
/// `#[ddb(crate = "path")]` says where `tablewright` is, when it was renamed or re-exported.
///
/// Types of other crates have the trait behind a feature of `tablewright`: `uuid`, `ulid`, `chrono`, `jiff`, `bytes` and
/// `serde_bytes`.
#[proc_macro_derive(KeyAttr, attributes(ddb))]
pub fn key_attr(input: TokenStream) -> TokenStream {
    let node = parse_macro_input!(input as DeriveInput);
    key_attr::key_attr(&node).unwrap_or_else(|error| fallback::key_attr(&node, &error)).into()
}
