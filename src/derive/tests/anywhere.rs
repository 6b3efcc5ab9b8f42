//! The derives compile wherever structs do: in macros, among names of the user's, under strict lints, and without
//! `::tablewright` at hand.

#![expect(dead_code, reason = "the shape of the structs is of interest, not what is in them")]

use tablewright::{KeyAttr, Scalar, SourcePlace, TableItem};

macro_rules! item {
    ($name:ident, $ty:ty, $index:literal, $key:ident) => {
        #[derive(TableItem)]
        #[ddb(index(name = $index, partition($key)))]
        pub(crate) struct $name {
            #[ddb(partition)]
            id: $ty,
            $key: $ty,
            #[ddb(ttl)]
            expires_at: u64,
        }
    };
}

#[test]
fn a_struct_that_a_macro_writes_points_at_the_call() {
    mod made {
        use tablewright::TableItem;

        item!(Made, u64, "by-tag", tag);
    }
    let line = line!() - 2;
    assert_eq!(made::Made::ITEM.at, SourcePlace { file: file!(), line });
    assert_eq!(made::Made::ITEM.partition.at, SourcePlace { file: file!(), line });
    assert_eq!(made::Made::ITEM.indexes[0].name, "by-tag");
}

mod shadowed {
    //! Everything that the expansion could trip over, under the user's own definitions.
    #![expect(unused_macros, unused_imports, reason = "they only have to be in the way")]

    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod tablewright {}
    pub(crate) struct Option;
    pub(crate) struct String;
    pub(crate) struct Scalar;
    pub(crate) struct ItemDef;
    pub(crate) trait KeyAttr {}
    pub(crate) trait IndexKeyAttr {}
    pub(crate) fn drop() {}
    macro_rules! assert {
        () => {};
    }
    macro_rules! matches {
        () => {};
    }
    macro_rules! line {
        () => {};
    }
    pub(crate) use {assert, line, matches};
    #[expect(non_upper_case_globals, reason = "as the variant of Option")]
    pub(crate) const Some: u8 = 0;
    #[expect(non_upper_case_globals, reason = "a constant may not become a pattern")]
    pub(crate) const id: u8 = 0;
    #[expect(non_upper_case_globals, reason = "a constant may not become a pattern")]
    pub(crate) const owner: u8 = 0;

    #[derive(::tablewright::TableItem)]
    #[ddb(index(name = "by-owner", partition(owner)))]
    pub(crate) struct Some {
        #[ddb(partition)]
        id: ::std::string::String,
        owner: u64,
        #[ddb(ttl)]
        expires_at: ::std::option::Option<u64>,
    }

    #[derive(::tablewright::KeyAttr)]
    pub(crate) struct None(pub(crate) u64);

    #[derive(::serde::Serialize, ::tablewright::KeyParts)]
    pub(crate) struct Keys {
        #[ddb(partition)]
        pub(crate) id: ::std::string::String,
        #[ddb(key)]
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub(crate) owner: ::std::option::Option<u64>,
    }

    #[derive(::serde::Serialize, ::tablewright::TableItem)]
    #[ddb(stored_in = Some)]
    pub(crate) struct Stored {
        #[ddb(nested)]
        #[serde(flatten)]
        pub(crate) keys: Keys,
        #[ddb(ttl)]
        pub(crate) expires_at: u64,
    }

    #[derive(::serde::Serialize, ::tablewright::TableItem)]
    #[serde(tag = "type")]
    pub(crate) enum Ok {
        Err(Stored),
    }

    #[derive(::tablewright::TableItem)]
    #[ddb(keys_only, index(name = "by-owner", partition(owner)))]
    pub(crate) struct Err {
        #[ddb(partition)]
        pub(crate) id: ::std::string::String,
        pub(crate) owner: u64,
        pub(crate) item: ::tablewright::Attr,
    }
}

#[test]
fn what_the_user_defines_is_not_in_the_way() {
    assert_eq!(shadowed::Some::ITEM.id, "Some");
    assert_eq!(<shadowed::None as KeyAttr>::SCALAR, Scalar::N);
    assert_eq!(shadowed::Stored::ITEM.id, "Some");
    assert_eq!(shadowed::Ok::ITEM.id, "Some");
    assert_eq!((<shadowed::Err as TableItem>::ITEM.id, shadowed::Err::ITEM), ("Err", "item"));
}

/// `tablewright` under another name, as a renamed dependency or a re-export has it.
mod elsewhere {
    pub(crate) mod tools {
        pub(crate) use ::tablewright::*;
    }
}

#[test]
fn tablewright_may_be_elsewhere() {
    use elsewhere::tools::{KeyAttr, TableItem};

    #[derive(TableItem)]
    #[ddb(crate = "crate::elsewhere::tools", index(name = "by-owner", partition(owner)))]
    struct InQuotes {
        #[ddb(partition)]
        id: Key,
        owner: Key,
    }

    #[derive(TableItem)]
    #[ddb(crate = elsewhere::tools)]
    struct Plain {
        #[ddb(partition)]
        id: Key,
    }

    #[derive(serde::Serialize, KeyAttr)]
    #[ddb(crate = elsewhere::tools)]
    struct Key(u8);

    #[derive(serde::Serialize, tablewright::KeyParts)]
    #[ddb(crate = elsewhere::tools)]
    struct Keys {
        #[ddb(partition)]
        id: Key,
    }

    #[derive(serde::Serialize, TableItem)]
    #[ddb(crate = elsewhere::tools, stored_in = Plain)]
    struct Item {
        #[ddb(nested)]
        #[serde(flatten)]
        keys: Keys,
    }

    #[derive(serde::Serialize, TableItem)]
    #[ddb(crate = "crate::elsewhere::tools")]
    #[serde(tag = "type")]
    enum Record {
        Item(Item),
    }

    assert_eq!(Record::ITEM.id, "Plain");
    assert_eq!(InQuotes::ITEM.id, "InQuotes");
    assert_eq!(Plain::ITEM.partition.scalar, Scalar::N);
}

#[test]
fn lints_of_the_user_stay_quiet() {
    #![deny(unused_qualifications, non_snake_case, deprecated, missing_docs, unreachable_pub)]

    #[deprecated]
    #[derive(TableItem)]
    #[ddb(index(name = "byOwner", partition(ownerId)))]
    #[expect(non_snake_case, reason = "names as on the wire")]
    struct Old {
        #[ddb(partition)]
        userId: String,
        ownerId: String,
        #[ddb(ttl)]
        expiresAt: Option<u64>,
    }

    #[deprecated]
    #[derive(KeyAttr)]
    struct OldKey(u8);

    #[expect(deprecated, reason = "the use, not the derive")]
    let item = Old::ITEM;
    assert_eq!(item.partition.name, "userId");
}
