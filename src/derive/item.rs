//! The table that an item struct defines.
//!
//! In: what [`valid`](crate::valid) found. Out: what [`expand`](crate::expand) writes as data. *Invariant:* every name is a
//! field here, and every rule that needs no type holds.

use std::fmt;

use proc_macro2::Ident;

use syn::Type;

use crate::ast::{Field, Input};
use crate::attr::{FieldPath, IndexKind};

/// A table as an item struct defines it.
pub(crate) struct Item<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) id: String,
    /// `None` only where a nested key struct has it.
    pub(crate) partition: Option<&'a Field<'a>>,
    /// `None` may also mean that a nested key struct has it.
    pub(crate) sort: Option<&'a Field<'a>>,
    pub(crate) ttl: Option<&'a Field<'a>>,
    pub(crate) indexes: Vec<Index<'a>>,
    /// The fields that the table knows by name, in the order of the struct.
    pub(crate) attributes: Vec<(&'a Field<'a>, Role)>,
}

/// An item of a table that another type defines.
pub(crate) struct StoredItem<'a> {
    pub(crate) input: &'a Input<'a>,
    /// The type that defines the table.
    pub(crate) table: &'a Type,
    /// The fields that are marked `key` or `ttl`.
    pub(crate) attributes: Vec<(&'a Field<'a>, Role)>,
}

/// A struct of keys, to be nested into items.
pub(crate) struct KeyStruct<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) attributes: Vec<(&'a Field<'a>, Role)>,
}

/// A secondary index.
pub(crate) struct Index<'a> {
    pub(crate) name: String,
    pub(crate) kind: IndexKind,
    /// The word `index` or `local_index`: where the index is written.
    pub(crate) word: &'a Ident,
    pub(crate) partition: Vec<Named<'a>>,
    pub(crate) sort: Vec<Named<'a>>,
    pub(crate) projection: Projection<'a>,
}

/// An attribute that an index names: a field, or a key of the key struct that is nested as the field.
#[derive(Clone)]
pub(crate) struct Named<'a> {
    pub(crate) field: &'a Field<'a>,
    pub(crate) path: FieldPath,
}

/// What an index holds besides the keys.
pub(crate) enum Projection<'a> {
    All,
    KeysOnly,
    Only(Vec<Named<'a>>),
}

/// The strictest thing that a field is to the table.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Role {
    Partition,
    Sort,
    /// A key of the table that the item is stored in, if it is known.
    Key(Option<String>),
    /// A key of the index of this name.
    IndexKey(String),
    Ttl,
    /// Listed in the projection of the index of this name.
    Projected(String),
}

impl Index<'_> {
    /// Whether a field is one of the keys.
    pub(crate) fn has_key(&self, field: &Field<'_>) -> bool {
        self.partition.iter().chain(&self.sort).any(|key| key.is(field))
    }

    /// Whether the projection lists a field.
    pub(crate) fn lists(&self, field: &Field<'_>) -> bool {
        match &self.projection {
            Projection::Only(fields) => fields.iter().any(|other| other.is(field)),
            Projection::All | Projection::KeysOnly => false,
        }
    }
}

impl Named<'_> {
    /// Whether this is the field itself.
    pub(crate) fn is(&self, field: &Field<'_>) -> bool {
        self.path.part.is_none() && self.field.name == field.name
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition => f.write_str("the partition key"),
            Self::Sort => f.write_str("the sort key"),
            Self::Key(Some(table)) => write!(f, "a key of table `{table}`"),
            Self::Key(None) => f.write_str("a key"),
            Self::IndexKey(index) => write!(f, "a key of index `{index}`"),
            Self::Ttl => f.write_str("the TTL attribute"),
            Self::Projected(index) => write!(f, "projected into index `{index}`"),
        }
    }
}
