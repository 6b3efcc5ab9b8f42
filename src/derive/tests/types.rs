//! The types that keys may have: through aliases, generic parameters and newtypes.

#![expect(dead_code, reason = "the shape of the types is of interest, not what is in them")]

use std::borrow::Cow;
use std::marker::PhantomData;

use serde::Serialize;
use tablewright::{KeyAttr, Scalar, TableItem};

#[derive(KeyAttr)]
struct Newtype<T>(T);

#[test]
fn a_generic_item_is_a_table_for_each_key_type() {
    /// No bound on the struct: the `impl` has it.
    #[derive(TableItem)]
    #[ddb(index(name = "by-owner", partition(owner)))]
    struct Event<'a, Id, Owner = String, const N: usize = 4>
    where
        Owner: Clone,
    {
        #[ddb(partition)]
        id: Id,
        #[ddb(sort)]
        name: Cow<'a, str>,
        owner: Owner,
        #[ddb(ttl)]
        expires_at: Option<u64>,
        body: [u8; N],
    }
    assert_eq!(Event::<u64>::ITEM.id, "Event");
    assert_eq!(Event::<u64>::ITEM.partition.scalar, Scalar::N);
    assert_eq!(Event::<&str>::ITEM.partition.scalar, Scalar::S);
    assert_eq!(Event::<&str, u8>::ITEM.indexes[0].partition[0].scalar, Scalar::N);
    assert_eq!(Event::<Newtype<u8>>::ITEM.partition.scalar, Scalar::N);
}

/// `$ty` is one token to a derive, with the parameter inside.
macro_rules! event {
    ($name:ident, $ty:ty) => {
        #[derive(TableItem)]
        struct $name<Id> {
            #[ddb(partition)]
            id: $ty,
        }
    };
}

#[test]
fn a_generic_item_may_come_from_a_macro() {
    event!(Event, Id);
    assert_eq!(Event::<u8>::ITEM.partition.scalar, Scalar::N);
}

#[test]
fn a_bound_of_the_users_own_is_carried_along() {
    #[derive(TableItem)]
    #[ddb(index(name = "by-id", partition(id)))]
    struct Event<Id: KeyAttr + Clone, Parent>
    where
        Parent: tablewright::IndexKeyAttr,
    {
        #[ddb(partition)]
        id: Id,
        #[ddb(sort)]
        boxed: Box<Id>,
        parent: Parent,
    }
    assert_eq!(Event::<u8, u8>::ITEM.sort.map(|sort| sort.scalar), Some(Scalar::N));
}

#[test]
fn types_behind_aliases_are_seen_through() {
    type Text = String;
    type Maybe<T> = Option<T>;

    #[derive(Serialize, TableItem)]
    #[ddb(index(name = "by-owner", partition(owner)))]
    struct Note {
        #[ddb(partition)]
        id: Text,
        #[serde(skip_serializing_if = "Option::is_none")]
        owner: Maybe<u64>,
    }
    assert_eq!(Note::ITEM.partition.scalar, Scalar::S);
    assert_eq!(Note::ITEM.indexes[0].partition[0].scalar, Scalar::N);
    assert!(serde_json::to_value(Note { id: String::new(), owner: None }).is_ok());
}

#[test]
fn key_types_take_the_scalar_of_what_serde_writes() {
    #[derive(Serialize, KeyAttr)]
    #[serde(transparent)]
    struct Named<'a> {
        id: &'a str,
    }

    /// The typed id that many teams have.
    #[derive(Serialize, KeyAttr)]
    #[serde(transparent)]
    struct Id<T: ?Sized> {
        id: u64,
        of: PhantomData<T>,
    }

    #[derive(Serialize, KeyAttr)]
    #[serde(transparent)]
    struct Cached(String, #[serde(skip)] u8);

    #[derive(Serialize, KeyAttr)]
    #[ddb(stored_as = N)]
    enum Level {
        Low = 1,
    }

    #[derive(Serialize, KeyAttr)]
    #[ddb(stored_as = S)]
    struct Pair {
        left: u8,
        right: u8,
    }

    #[derive(Serialize, KeyAttr)]
    #[ddb(stored_as = B)]
    enum Either {
        Left(u8),
    }

    fn check<T: KeyAttr + Serialize>(key: &T, scalar: Scalar, written: serde_json::Value) {
        assert_eq!(T::SCALAR, scalar);
        assert_eq!(serde_json::to_value(key).ok(), Some(written));
    }
    check(&Named { id: "a" }, Scalar::S, "a".into());
    check(&Id::<str> { id: 1, of: PhantomData }, Scalar::N, 1.into());
    check(&Cached("a".into(), 1), Scalar::S, "a".into());
    // Promises: believed, whatever serde_json writes.
    check(&Level::Low, Scalar::N, "Low".into());
    check(&Pair { left: 1, right: 2 }, Scalar::S, serde_json::json!({ "left": 1, "right": 2 }));
    check(&Either::Left(1), Scalar::B, serde_json::json!({ "Left": 1 }));
    assert_eq!(Newtype::<&str>::SCALAR, Scalar::S);
    assert_eq!(Newtype::<Newtype<u8>>::SCALAR, Scalar::N);
}
