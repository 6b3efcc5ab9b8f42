//! Tables without an item struct, for items of other languages or with names that are known only at run time.
//!
//! Builder calls create the same [`Table`] as an item type does. Checks that the derive makes at compile time are made when the
//! stack is created, with the source location of the call.

use crate::item::IndexKind;
use crate::item::scalar::Scalar;
use crate::place::Place;
use crate::table::Table;
use crate::table::index::{Attribute, Index, Key, Projection};

/// Tables without an item struct.
impl Table {
    /// Creates a table with a logical id, without a key.
    ///
    /// ```
    /// use tablewright::{Index, Projection, Scalar, Table};
    ///
    /// let table = Table::define("Legacy")
    ///     .partition("pk", Scalar::S)
    ///     .sort("sk", Scalar::N)
    ///     .ttl("expires_at")
    ///     .gsi(Index::new("gsi1").partition("tenant", Scalar::S).partition("region", Scalar::S).sort("at", Scalar::N))
    ///     .lsi(Index::new("lsi1").sort("status", Scalar::S).project(Projection::KeysOnly));
    /// assert_eq!(table.indexes[1].key.partition[0].name, "pk");
    /// ```
    #[must_use]
    #[track_caller]
    pub fn define(id: impl AsRef<str>) -> Self {
        Self::blank(id.as_ref(), Place::caller())
    }

    /// Sets the comment above the table in the template.
    ///
    /// ```
    /// use tablewright::Table;
    ///
    /// let table = Table::define("Legacy").doc("Written by the old shop.");
    /// assert_eq!(table.doc, "Written by the old shop.");
    /// ```
    #[must_use]
    pub fn doc(mut self, doc: impl Into<String>) -> Self {
        self.doc = doc.into();
        self
    }

    /// Adds the partition key.
    ///
    /// See [`define`](Self::define).
    #[must_use]
    #[track_caller]
    pub fn partition(mut self, name: impl Into<String>, scalar: Scalar) -> Self {
        self.key.partition.push(attribute(name, scalar));
        self
    }

    /// Adds the sort key.
    ///
    /// See [`define`](Self::define).
    #[must_use]
    #[track_caller]
    pub fn sort(mut self, name: impl Into<String>, scalar: Scalar) -> Self {
        self.key.sort.push(attribute(name, scalar));
        self
    }

    /// Sets the TTL attribute: the time, in seconds since 1970, after which DynamoDB deletes an item.
    ///
    /// ```
    /// use tablewright::{Scalar, Table};
    ///
    /// let ttl = Table::define("Session").ttl("expires_at").ttl.expect("it is set");
    /// assert_eq!((ttl.name.as_str(), ttl.scalar), ("expires_at", Scalar::N));
    /// ```
    #[must_use]
    #[track_caller]
    pub fn ttl(mut self, name: impl Into<String>) -> Self {
        self.ttl = Some(attribute(name, Scalar::N));
        self
    }

    /// Adds a global secondary index.
    ///
    /// ```
    /// use tablewright::{Index, IndexKind, Scalar, Table};
    ///
    /// let table = Table::define("Order").gsi(Index::new("by-day").partition("day", Scalar::S).sort("at", Scalar::N));
    /// assert_eq!(table.indexes[0].kind, IndexKind::Global);
    /// ```
    #[must_use]
    pub fn gsi(mut self, index: Index) -> Self {
        self.indexes.push(Index { kind: IndexKind::Global, ..index });
        self
    }

    /// Adds a local secondary index. Its partition key is the table's, which must be set before.
    ///
    /// ```
    /// use tablewright::{Index, IndexKind, Scalar, Table};
    ///
    /// let table = Table::define("Order")
    ///     .partition("customer", Scalar::S)
    ///     .lsi(Index::new("by-total").sort("total", Scalar::N));
    /// assert_eq!(table.indexes[0].kind, IndexKind::Local);
    /// assert_eq!(table.indexes[0].key.partition[0].name, "customer");
    /// ```
    #[must_use]
    pub fn lsi(mut self, mut index: Index) -> Self {
        index.kind = IndexKind::Local;
        index.key.partition.splice(0..0, self.key.partition.iter().cloned());
        self.indexes.push(index);
        self
    }
}

/// Indexes without an item struct.
impl Index {
    /// Creates an index without a key that projects all attributes, for [`Table::gsi`] and [`Table::lsi`].
    ///
    /// See [`Index`].
    #[must_use]
    #[track_caller]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: IndexKind::Global,
            key: Key::default(),
            projection: Projection::All,
            provisioned: None,
            on_demand: crate::table::billing::OnDemand::default(),
            warm_throughput: None,
            contributor_insights: None,
            at: Place::caller(),
        }
    }

    /// Adds a partition key attribute; up to four, in key order. A local index has the partition key of its table.
    ///
    /// See [`Index`].
    #[must_use]
    #[track_caller]
    pub fn partition(mut self, name: impl Into<String>, scalar: Scalar) -> Self {
        self.key.partition.push(attribute(name, scalar));
        self
    }

    /// Adds a sort key attribute; up to four, in key order. A local index has one.
    ///
    /// See [`Index`].
    #[must_use]
    #[track_caller]
    pub fn sort(mut self, name: impl Into<String>, scalar: Scalar) -> Self {
        self.key.sort.push(attribute(name, scalar));
        self
    }

    /// Sets the projected attributes.
    ///
    /// See [`Projection`].
    #[must_use]
    pub fn project(mut self, projection: Projection) -> Self {
        self.projection = projection;
        self
    }
}

impl Projection {
    /// Projects the keys and the given attributes.
    ///
    /// ```
    /// use tablewright::Projection;
    ///
    /// assert_eq!(Projection::only(["total"]), Projection::Include(vec!["total".into()]));
    /// ```
    #[must_use]
    pub fn only<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::Include(names.into_iter().map(Into::into).collect())
    }
}

#[track_caller]
fn attribute(name: impl Into<String>, scalar: Scalar) -> Attribute {
    Attribute { name: name.into(), scalar, doc: String::new(), at: Place::caller() }
}
