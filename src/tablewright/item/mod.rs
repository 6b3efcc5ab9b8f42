//! The output of `#[derive(TableItem)]`: keys, indexes and TTL attribute of a table, as constant data.
//!
//! Constant data instead of builder code takes a third of the build time for a crate of 500 item types, and can be read without
//! running code. *Invariant:* no service limits here; those are in `check`.

pub(crate) mod scalar;
pub(crate) mod key_parts;
#[doc(hidden)]
pub mod single_table;
pub(crate) mod record;
pub mod testing;

use std::fmt;
use std::ops::Deref;

use crate::Scalar;

/// A type whose values are items of a table: the table that it defines, or the one that it is `stored_in`. Implemented by
/// [`derive(TableItem)`](macro@crate::TableItem).
///
/// ```
/// use tablewright::{Scalar, TableItem};
///
/// #[derive(TableItem)]
/// struct Order {
///     #[ddb(partition)]
///     id: u64,
/// }
///
/// assert_eq!(Order::ITEM.id, "Order");
/// assert_eq!(Order::ITEM.partition.scalar, Scalar::N);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not define a table",
    note = "add `#[derive(TableItem)]` to it and mark its partition key with `#[ddb(partition)]`",
    note = "for an item of a table that another type defines, add `#[ddb(stored_in = …)]` instead"
)]
pub trait TableItem {
    /// Keys, indexes and TTL attribute of the table.
    const ITEM: ItemDef;
}

/// Lets enums of items box large variants.
impl<T: TableItem> TableItem for Box<T> {
    const ITEM: ItemDef = T::ITEM;
}

/// Keys, indexes and TTL attribute of a table, as derived from a struct.
///
/// ```
/// use tablewright::{IndexKind, Scalar, ProjectionDef, TableItem};
///
/// /// An order of a customer.
/// #[derive(TableItem)]
/// #[ddb(index(name = "by-day", partition(day), project(keys_only)))]
/// struct Order {
///     #[ddb(partition)]
///     customer: String,
///     #[ddb(sort)]
///     at: u64,
///     day: String,
/// }
///
/// let item = Order::ITEM;
/// assert_eq!(item.doc, "An order of a customer.");
/// assert_eq!(item.sort.map(|sort| (sort.name, sort.scalar)), Some(("at", Scalar::N)));
/// let by_day = &item.indexes[0];
/// assert_eq!((by_day.name, by_day.kind), ("by-day", IndexKind::Global));
/// assert_eq!(by_day.projection, ProjectionDef::KeysOnly);
/// assert_eq!(by_day.partition[0].name, "day");
/// assert!(item.at.line < by_day.partition[0].at.line, "both have a source location");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemDef {
    /// Logical id in the template: the name of the type, or `#[ddb(id = "…")]`.
    pub id: &'static str,
    /// The doc comment of the type, lines joined by `\n`; empty if there is none.
    pub doc: &'static str,
    /// Source location of the type.
    pub at: SourcePlace,
    /// The partition key.
    pub partition: AttributeDef,
    /// The sort key, if the table has one.
    pub sort: Option<AttributeDef>,
    /// The attribute that holds the time to live, in epoch seconds.
    pub ttl: Option<AttributeDef>,
    /// Global and local secondary indexes in the order they are written.
    pub indexes: &'static [IndexDef],
}

/// An attribute, by its serialized name.
///
/// See [`ItemDef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeDef {
    /// The serialized name, after serde's renames.
    pub name: &'static str,
    /// `AttributeType`
    pub scalar: Scalar,
    /// The doc comment of the field, lines joined by `\n`; empty if there is none.
    pub doc: &'static str,
    /// Source location of the field.
    pub at: SourcePlace,
}

/// A secondary index.
///
/// See [`ItemDef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexDef {
    /// `IndexName`.
    pub name: &'static str,
    /// Global, or local to the table's partition key.
    pub kind: IndexKind,
    /// Partition key attributes, in key order; for a local index, the partition key of the table.
    pub partition: &'static [AttributeDef],
    /// Sort key attributes, in key order.
    pub sort: &'static [AttributeDef],
    /// The projected attributes.
    pub projection: ProjectionDef,
    /// Source location of the index.
    pub at: SourcePlace,
}

/// Kind of a secondary index.
///
/// See [`Table::gsi`](crate::Table::gsi) and [`Table::lsi`](crate::Table::lsi).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(rename_all = "snake_case")]
pub enum IndexKind {
    /// A global secondary index (GSI): has its own partition key and capacity, and can be added and removed at any time.
    Global,
    /// A local secondary index (LSI): has the table's partition key, is created with the table and cannot be changed afterwards.
    Local,
}

/// The attributes that are projected into an index, besides the keys.
///
/// See [`ItemDef`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectionDef {
    /// `ALL`
    All,
    /// `KEYS_ONLY`
    KeysOnly,
    /// `INCLUDE`, with the serialized names.
    Include(&'static [&'static str]),
}

/// A non-key attribute in a `keys_only` struct: it has a name, which a projection can list, but no type.
///
/// ```
/// use tablewright::{Attr, TableItem};
///
/// #[derive(TableItem)]
/// #[ddb(keys_only, index(name = "by-owner", partition(owner), project(only(total))))]
/// struct App {
///     #[ddb(partition)]
///     pk: String,
///     owner: String,
///     total: Attr,
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attr;

/// The name of an index, a constant generated by the derive, such as `Event::BY_REGION`.
///
/// Applications pass it to queries, and stacks to [`Table::index`](crate::Table::index).
///
/// ```
/// use tablewright::TableItem;
///
/// #[derive(TableItem)]
/// #[ddb(index(name = "by-region", partition(region)))]
/// struct Event {
///     #[ddb(partition)]
///     id: String,
///     region: String,
/// }
///
/// assert_eq!(Event::BY_REGION.name(), "by-region");
/// assert_eq!(format!("query {}", Event::BY_REGION), "query by-region");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexName(&'static str);

impl IndexName {
    /// Creates the name of an index; the derive calls it for every index of an item type.
    ///
    /// See [`IndexName`].
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// Returns `IndexName`.
    ///
    /// See [`IndexName`].
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for IndexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl AsRef<str> for IndexName {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl Deref for IndexName {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}

/// For the builders of the AWS SDK.
impl From<IndexName> for String {
    fn from(index: IndexName) -> Self {
        index.0.to_owned()
    }
}

/// A line of a source file.
///
/// See [`Place`](crate::Place), which every problem has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file, as the compiler names it: relative to the workspace.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}
