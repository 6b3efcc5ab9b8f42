//! What `#[derive(TableItem)]` says of an item type: the shape of its table, as constant data.
//!
//! In: tokens of a struct. Out: one [`ItemDef`] of `&'static` data. Constant data instead of builder code keeps a crate of
//! five hundred item types at a third of the build time, and lets a later tool read it without running anything.
//! *Invariant:* no limit of the service is known here; those live in [`check`](crate::check).

use crate::Scalar;

/// An item type that defines a table. Derive it; see [`TableItem`](macro@crate::TableItem).
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not define a table",
    note = "add `#[derive(TableItem)]` to it and mark its partition key with `#[ddb(partition)]`"
)]
pub trait TableItem {
    /// The shape of the table: keys, indexes and the time-to-live attribute.
    const ITEM: ItemDef;
}

/// The shape of a table, as the derive read it from a struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemDef {
    /// The logical id in the template: the name of the type, or `#[ddb(id = "…")]`.
    pub id: &'static str,
    /// The doc comment of the type, lines joined by `\n`; empty without one.
    pub doc: &'static str,
    /// Where the type stands.
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

/// One attribute with its name on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeDef {
    /// The name on the wire, after serde's renames.
    pub name: &'static str,
    /// What it is stored as.
    pub scalar: Scalar,
    /// The doc comment of the field, lines joined by `\n`; empty without one.
    pub doc: &'static str,
    /// Where the field stands.
    pub at: SourcePlace,
}

/// One secondary index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexDef {
    /// `IndexName`.
    pub name: &'static str,
    /// Global, or local to the table's partition key.
    pub kind: IndexKind,
    /// Partition key attributes in key order. Of a local index: the table's own.
    pub partition: &'static [AttributeDef],
    /// Sort key attributes in key order.
    pub sort: &'static [AttributeDef],
    /// Which attributes the index holds.
    pub projection: ProjectionDef,
    /// Where the index is written.
    pub at: SourcePlace,
}

/// Whether an index spans the table or lives beside each partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexKind {
    /// A global secondary index (GSI): its own partition key, its own capacity, added and removed at any time.
    Global,
    /// A local secondary index (LSI): the table's partition key, made with the table and fixed for its life.
    Local,
}

/// Which attributes an index holds besides the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProjectionDef {
    /// `ALL`
    All,
    /// `KEYS_ONLY`
    KeysOnly,
    /// `INCLUDE`, with the names on the wire.
    Include(&'static [&'static str]),
}

/// A line of a source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourcePlace {
    /// The file as the compiler names it: relative to the workspace.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
}
