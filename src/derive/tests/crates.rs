//! Key types of other crates are stored as they say: their own serialisation, held against the trait.

use serde::Serialize;
use tablewright::testing::assert_shape;
use tablewright::{KeyAttr, Scalar, TableItem};

/// An item with a key of that type; the shape test looks at what is really written.
#[derive(Serialize, TableItem)]
struct Item<Key> {
    #[ddb(partition)]
    key: Key,
}

fn check<Key: KeyAttr + Serialize>(key: Key, scalar: Scalar) {
    assert_eq!(Key::SCALAR, scalar);
    assert_shape(&Item { key });
}

#[test]
fn ids_are_strings() {
    check(ulid::Ulid(1), Scalar::S);
    // Without serialisation: the feature for it would make every test build the SDK anew, which uses `uuid` too.
    assert_eq!(<uuid::Uuid as KeyAttr>::SCALAR, Scalar::S);
}

#[test]
fn dates_are_strings() {
    let epoch = chrono::DateTime::UNIX_EPOCH;
    check(epoch, Scalar::S);
    check(epoch.fixed_offset(), Scalar::S);
    check(epoch.naive_utc(), Scalar::S);
    check(epoch.date_naive(), Scalar::S);
    check(epoch.time(), Scalar::S);
    check(jiff::Timestamp::UNIX_EPOCH, Scalar::S);
    check(jiff::Timestamp::UNIX_EPOCH.to_zoned(jiff::tz::TimeZone::UTC), Scalar::S);
    check(jiff::civil::DateTime::ZERO, Scalar::S);
    check(jiff::civil::DateTime::ZERO.date(), Scalar::S);
    check(jiff::civil::DateTime::ZERO.time(), Scalar::S);
}

#[test]
fn bytes_are_binary() {
    // As with `uuid`.
    assert_eq!(<bytes::Bytes as KeyAttr>::SCALAR, Scalar::B);
    assert_eq!(<bytes::BytesMut as KeyAttr>::SCALAR, Scalar::B);
    check(serde_bytes::ByteBuf::from(b"a"), Scalar::B);
    check(serde_bytes::ByteArray::new([1]), Scalar::B);
    check(serde_bytes::Bytes::new(b"a"), Scalar::B);
}

/// The doc of `KeyAttr` warns of this.
#[test]
fn a_fraction_of_zero_is_left_out() {
    let second = jiff::Timestamp::UNIX_EPOCH;
    let later = second + jiff::SignedDuration::from_millis(500);
    assert!(second.to_string() > later.to_string());
}
