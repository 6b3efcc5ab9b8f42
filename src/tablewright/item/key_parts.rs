//! Key structs: key attributes that several item types share.
//!
//! Deriving [`KeyParts`] generates constant data, which the derive of an item with a `nested` key struct merges into its table.
//! *Invariant:* a key struct has only keys, so that every attribute is checked.

use crate::AttributeDef;

/// A struct of key attributes to be flattened into items. Implemented by [`derive(KeyParts)`](macro@crate::KeyParts).
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
/// assert!(!id.may_lack, "the keys of a table are required");
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
    /// Name of the field in Rust.
    pub field: &'static str,
    /// Role of the key in a table.
    pub role: KeyRole,
    /// Whether items may omit it; only keys of indexes may be omitted.
    pub may_lack: bool,
    /// The serialized attribute.
    pub attribute: AttributeDef,
}

/// Role of a key of a key struct in a table.
///
/// See [`KeyParts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRole {
    /// The partition key.
    Partition,
    /// The sort key.
    Sort,
    /// A key whose role is defined elsewhere: by the table that the item is `stored_in`, or by an index.
    Key,
}
