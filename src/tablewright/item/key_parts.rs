//! Keys that several item types share, in a struct of their own.
//!
//! In: the fields of a key struct. Out: [`KeyParts`], constant data that the derive of an item merges into its table where
//! the key struct is `nested`. *Invariant:* a key struct holds nothing but keys, so that no attribute goes unchecked.

use crate::AttributeDef;

/// A struct of key attributes, to flatten into items. Derive it; see [`KeyParts`](macro@crate::KeyParts).
///
/// ```
/// use tablewright::{KeyParts, KeyRole};
///
/// #[derive(KeyParts)]
/// struct OfATenant {
///     #[ddb(partition)]
///     tenant: String,
///     #[ddb(sort)]
///     id: u64,
/// }
///
/// let [tenant, id] = OfATenant::PARTS else { unreachable!("it has two keys") };
/// assert_eq!((tenant.field, tenant.role), ("tenant", KeyRole::Partition));
/// assert_eq!((id.attribute.name, id.role), ("id", KeyRole::Sort));
/// assert!(!id.may_lack, "every item has the table's keys");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a key struct",
    label = "cannot be nested into an item",
    note = "add `#[derive(KeyParts)]` to it and mark its fields with `#[ddb(partition)]`, `#[ddb(sort)]` or `#[ddb(key)]`",
    note = "a field without keys only needs `#[serde(flatten)]`, not `nested`"
)]
pub trait KeyParts {
    /// The keys, in the order of the fields.
    const PARTS: &'static [KeyPart];
}

/// One key of a key struct.
///
/// See [`KeyParts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPart {
    /// The field as Rust names it.
    pub field: &'static str,
    /// What the key is to a table.
    pub role: KeyRole,
    /// Whether an item may lack it: only a key of an index.
    pub may_lack: bool,
    /// The attribute with its name on the wire.
    pub attribute: AttributeDef,
}

/// What a key of a key struct is to a table.
///
/// See [`KeyParts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// The partition key.
    Partition,
    /// The sort key.
    Sort,
    /// A key whose part the table decides: of the table that the item is `stored_in`, or of an index.
    Key,
}
