//! The DynamoDB key type (S, N or B) of a Rust type.
//!
//! It is a trait constant, so that type aliases, newtypes and generic parameters work, and the compiler refuses types that can
//! never be a key (`bool`, lists, structs) at the field. The implementations match what `serde` and `serde_dynamo` write,
//! verified type by type.

use std::borrow::Cow;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::Arc;

use serde::Serialize;

/// The type of a key attribute: `AttributeType` in CloudFormation and DynamoDB.
///
/// ```
/// use tablewright::{Scalar, Table};
///
/// let table = Table::define("Order").partition("customer", Scalar::S).sort("at", Scalar::N);
/// assert_eq!(table.key.sort[0].scalar.as_str(), "N");
/// assert_eq!(Scalar::B.to_string(), "B");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub enum Scalar {
    /// String, ordered by UTF-8 bytes.
    S,
    /// Number, ordered numerically, up to 38 digits.
    N,
    /// Binary, ordered by unsigned bytes.
    B,
}

impl Scalar {
    /// Returns DynamoDB's name of the type: `S`, `N` or `B`.
    ///
    /// See [`Scalar`].
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A type that can be a key attribute of a table.
///
/// Can be derived for a newtype with `#[serde(transparent)]` (the scalar of the inner type) and for an enum of unit variants (S).
///
/// It is implemented for types of other crates behind the feature of the crate's name: `uuid`, `ulid`, `chrono`, `jiff`, `bytes`,
/// `serde_bytes`. Note that dates are strings: as sort keys, they do not always sort by time. `chrono` and `jiff` omit a fraction
/// of zero, so `09:00:00Z` sorts after `09:00:00.5Z`, and times of different time zones are not ordered at all. Use an integer of
/// seconds to sort by time.
///
/// ```
/// use tablewright::{KeyAttr, Scalar};
///
/// assert_eq!(<String as KeyAttr>::SCALAR, Scalar::S);
/// assert_eq!(<u64 as KeyAttr>::SCALAR, Scalar::N);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a DynamoDB key attribute",
    label = "is not stored as a String, a Number or Binary",
    note = "a key attribute is a string, a number or bytes: use String, an integer, or a newtype that derives `KeyAttr`",
    note = "serde serializes a `Vec<u8>` as a list: bytes need `#[serde(with = \"serde_bytes\")]` and `stored_as = B`",
    note = "for a field that serde serializes in another form, add `#[ddb(partition, stored_as = S)]` (or `N` or `B`)",
    note = "an `Option` can be an index key, but not a key of the table, which every item must have"
)]
pub trait KeyAttr {
    /// The key type.
    const SCALAR: Scalar;
}

/// A type that can be a key attribute of an index: every [`KeyAttr`] and `Option` of one.
///
/// An item without the attribute is not in the index (a sparse index). The attribute must be absent, not NULL, which DynamoDB
/// rejects for index keys: an optional field needs `skip_serializing_if`.
///
/// ```
/// use tablewright::{IndexKeyAttr, Scalar};
///
/// assert_eq!(<Option<u64> as IndexKeyAttr>::SCALAR, Scalar::N);
/// assert!(<Option<u64> as IndexKeyAttr>::OPTIONAL, "items may omit it");
/// assert!(!<u64 as IndexKeyAttr>::OPTIONAL);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an index key or time-to-live attribute of DynamoDB",
    label = "is not stored as a String, a Number or Binary",
    note = "an index key is a string, a number or bytes, or an `Option` of one; a time to live is a number",
    note = "serde serializes a `Vec<u8>` as a list: bytes need `#[serde(with = \"serde_bytes\")]` and `stored_as = B`",
    note = "for a field that serde serializes in another form, add `#[ddb(stored_as = S)]` (or `N` or `B`)"
)]
pub trait IndexKeyAttr {
    /// The key type, if the attribute is present.
    const SCALAR: Scalar;
    /// Whether items may omit it.
    const OPTIONAL: bool;
}

impl<T: KeyAttr> IndexKeyAttr for T {
    const SCALAR: Scalar = T::SCALAR;
    const OPTIONAL: bool = false;
}

impl<T: KeyAttr> IndexKeyAttr for Option<T> {
    const SCALAR: Scalar = T::SCALAR;
    const OPTIONAL: bool = true;
}

macro_rules! stored_as {
    ($scalar:ident: $($type:ty),+ $(,)?) => {
        $(impl KeyAttr for $type { const SCALAR: Scalar = Scalar::$scalar; })+
    };
}

stored_as!(S: String, str, char, std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr, std::net::SocketAddr);
// Not i128 and u128: serde_dynamo does not support them, and a Number has at most 38 digits.
stored_as!(N: u8, u16, u32, u64, usize, i8, i16, i32, i64, isize, f32, f64);
stored_as!(N: NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<usize>);
stored_as!(N: NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<isize>);

impl<T: KeyAttr + ?Sized> KeyAttr for &T {
    const SCALAR: Scalar = T::SCALAR;
}
impl<T: KeyAttr + ?Sized> KeyAttr for Box<T> {
    const SCALAR: Scalar = T::SCALAR;
}
impl<T: KeyAttr + ?Sized> KeyAttr for Rc<T> {
    const SCALAR: Scalar = T::SCALAR;
}
impl<T: KeyAttr + ?Sized> KeyAttr for Arc<T> {
    const SCALAR: Scalar = T::SCALAR;
}
impl<T: KeyAttr + ToOwned + ?Sized> KeyAttr for Cow<'_, T> {
    const SCALAR: Scalar = T::SCALAR;
}

// Types of other crates, each behind the feature of its name, as they are serialized without `#[serde(with)]`.

#[cfg(feature = "uuid")]
stored_as!(S: uuid::Uuid);

#[cfg(feature = "ulid")]
stored_as!(S: ulid::Ulid);

#[cfg(feature = "chrono")]
stored_as!(S: chrono::NaiveDate, chrono::NaiveDateTime, chrono::NaiveTime);

#[cfg(feature = "chrono")]
impl<Zone: chrono::TimeZone> KeyAttr for chrono::DateTime<Zone> {
    const SCALAR: Scalar = Scalar::S;
}

#[cfg(feature = "jiff")]
stored_as!(S: jiff::Timestamp, jiff::Zoned, jiff::civil::Date, jiff::civil::DateTime, jiff::civil::Time);

#[cfg(feature = "bytes")]
stored_as!(B: bytes::Bytes, bytes::BytesMut);

#[cfg(feature = "serde_bytes")]
stored_as!(B: serde_bytes::ByteBuf, serde_bytes::Bytes);

#[cfg(feature = "serde_bytes")]
impl<const LENGTH: usize> KeyAttr for serde_bytes::ByteArray<LENGTH> {
    const SCALAR: Scalar = Scalar::B;
}
