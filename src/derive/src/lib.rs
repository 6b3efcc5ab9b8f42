//! The derives of `tablewright`: `TableItem` and `KeyAttr`, with the helper attribute `#[ddb(…)]`.
//!
//! In: a struct as serde writes it. Out: one `impl` with constant data, named by absolute paths. Use them from
//! `tablewright`, which has the traits. *Invariant:* no second type, no code that runs, no limit that needs a value.

// From tokens to options …
mod ast;
mod attr;
mod case;
mod serde_attr;
mod types;

// … to a table whose rules hold …
mod item;
mod valid;

// … to code …
mod expand;
mod fallback;
mod generics;
mod key_attr;

// … or to messages.
mod errors;
mod suggest;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes an item struct the definition of its table.
///
/// The struct says what belongs to the type: keys, indexes, projections and the time-to-live attribute. Billing, backups,
/// names and what else differs by environment is said where the table is added to a stack.
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
/// There is one source of names: serde. What `rename`, `rename_all` and raw identifiers make of a field is its name in the
/// table. A key that is written under one name and read under another is refused, unless an `alias` finds it.
///
/// Refused on the struct: `transparent`, `into`, `from`, `try_from`, `remote`; serde then writes or reads something else
/// than these fields. Derive on the type that is really written.
///
/// # Required
///
/// `#[ddb(partition)]` above one field: the partition key of the table.
///
/// # Optional, above a field
///
/// - `#[ddb(sort)]`: the sort key of the table.
/// - `#[ddb(ttl)]`: holds the time to live, in seconds since 1970. The item expires some time after it.
/// - `#[ddb(stored_as = S)]` (or `N`, or `B`): what serde writes the key as, where the type does not tell: with
///   `#[serde(with = "…")]`, or a type of another crate. It is a promise; the compiler believes it.
///
/// # Optional, above the struct
///
/// - `#[ddb(index(name = "…", partition(…), sort(…), project(…)))]`: a global secondary index. The lists name Rust fields in
///   key order: 1 to 4 for `partition`, up to 4 for `sort`, which may be left out.
/// - `#[ddb(local_index(name = "…", sort(field), project(…)))]`: a local secondary index, another order of the items of one
///   partition. Made with the table and fixed for its life.
/// - `project(all)`, the default: the index holds whole items. `project(keys_only)`: only the keys of index and table.
///   `project(only(field, …))`: these fields too.
/// - `#[ddb(id = "…")]`: the logical id in the template, letters and digits. Without it, the name of the struct: write it
///   before the struct is renamed, or CloudFormation sees one table go and another come.
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
/// # Mistakes
///
/// All mistakes of a struct are reported in one run, each where it stands:
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
/// # What has to be said
///
/// `#[ddb(stored_as = S)]` (or `N`, or `B`) above a type whose shape does not tell: one with its own `impl Serialize`, with
/// `#[serde(into = "…")]`, or an enum that `serde_repr` writes as a Number. It is a promise; the compiler believes it.
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
#[proc_macro_derive(KeyAttr, attributes(ddb))]
pub fn key_attr(input: TokenStream) -> TokenStream {
    let node = parse_macro_input!(input as DeriveInput);
    key_attr::key_attr(&node).unwrap_or_else(|error| fallback::key_attr(&node, &error)).into()
}
