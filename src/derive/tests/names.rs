//! The names in `ITEM` are the names that serde writes: every rule, held against real serialisation.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json, to_value};
use tablewright::{Attr, ItemDef, KeyParts, ProjectionDef, TableItem};

/// The names of all attributes that an item definition mentions.
fn names(item: &ItemDef) -> BTreeSet<&str> {
    let keys = item.indexes.iter().flat_map(|index| index.partition.iter().chain(index.sort));
    let attributes = [item.partition].into_iter().chain(item.sort).chain(item.ttl).chain(keys.copied());
    let projected = item.indexes.iter().flat_map(|index| match index.projection {
        ProjectionDef::Include(names) => names,
        ProjectionDef::All | ProjectionDef::KeysOnly => &[],
    });
    attributes.map(|attribute| attribute.name).chain(projected.copied()).collect()
}

/// The names that serde writes.
fn written(item: &impl Serialize) -> BTreeSet<String> {
    to_value(item).unwrap().as_object().unwrap().keys().cloned().collect()
}

fn check<T: TableItem + Serialize>(item: &T) {
    assert_eq!(names(&T::ITEM), written(item).iter().map(String::as_str).collect());
}

/// One struct per rule, each field mentioned once: as a key, an index key or projected.
macro_rules! rules {
    ($($rule:literal $name:ident)+) => {
        $(
            #[derive(Default, Serialize, TableItem)]
            #[serde(rename_all = $rule)]
            #[ddb(index(
                name = "all",
                partition(r#type, a),
                sort(x1_y2, _leading),
                project(only(
                    trailing_, double__underscore, __dunder, http2, i18n_key, a_b_c, camelCase, UPPER, r#match,
                    größe_é, own,
                )),
            ))]
            #[expect(non_snake_case, reason = "names that are odd on purpose")]
            struct $name {
                #[ddb(partition)]
                user_id: String,
                #[ddb(sort)]
                id: u8,
                r#type: String,
                a: u8,
                x1_y2: u8,
                _leading: u8,
                trailing_: u8,
                double__underscore: u8,
                __dunder: u8,
                http2: u8,
                i18n_key: u8,
                a_b_c: u8,
                camelCase: u8,
                UPPER: u8,
                r#match: u8,
                größe_é: u8,
                #[serde(rename = "Own_Name")]
                own: u8,
            }
        )+

        #[test]
        fn every_rule_is_serdes() {
            $(check(&$name::default());)+
        }
    };
}

rules! {
    "lowercase" Lower
    "UPPERCASE" Upper
    "PascalCase" Pascal
    "camelCase" Camel
    "snake_case" Snake
    "SCREAMING_SNAKE_CASE" ScreamingSnake
    "kebab-case" Kebab
    "SCREAMING-KEBAB-CASE" ScreamingKebab
}

/// The same fields in a `keys_only` struct, in a struct of keys and in an item that is stored in the former: three readings
/// of one rule, and serde's own.
macro_rules! shared {
    ($($rule:literal $table:ident $keys:ident $item:ident $nested:ident)+) => {
        $(
            #[derive(TableItem)]
            #[ddb(
                keys_only,
                rename_all = $rule,
                index(name = "all", partition(r#type, x1_y2), sort(_leading, größe_é), project(only(camelCase, own))),
            )]
            #[expect(non_snake_case, reason = "names that are odd on purpose")]
            struct $table {
                #[ddb(partition)]
                user_id: String,
                #[ddb(sort)]
                double__underscore: u8,
                r#type: String,
                x1_y2: u8,
                _leading: u8,
                größe_é: u8,
                camelCase: Attr,
                #[ddb(rename = "Own_Name")]
                own: Attr,
            }

            #[derive(Default, Serialize, KeyParts)]
            #[serde(rename_all = $rule)]
            #[expect(non_snake_case, reason = "names that are odd on purpose")]
            struct $keys {
                #[ddb(partition)]
                user_id: String,
                #[ddb(sort)]
                double__underscore: u8,
                #[ddb(key)]
                r#type: String,
                #[ddb(key)]
                x1_y2: u8,
                #[ddb(key)]
                _leading: u8,
                #[ddb(key)]
                größe_é: u8,
            }

            #[derive(Default, Serialize, TableItem)]
            #[serde(rename_all = $rule)]
            #[ddb(stored_in = $table)]
            #[expect(non_snake_case, reason = "names that are odd on purpose")]
            struct $item {
                #[ddb(key)]
                user_id: String,
                #[ddb(key)]
                double__underscore: u8,
                #[ddb(key)]
                r#type: String,
                #[ddb(key)]
                x1_y2: u8,
                #[ddb(key)]
                _leading: u8,
                #[ddb(key)]
                größe_é: u8,
                camelCase: u8,
                #[serde(rename = "Own_Name")]
                own: u8,
            }

            /// Flattened, so the rule of the key struct counts and not that of the item.
            #[derive(Default, Serialize, TableItem)]
            #[serde(rename_all = $rule)]
            #[ddb(stored_in = $table)]
            #[expect(non_snake_case, reason = "names that are odd on purpose")]
            struct $nested {
                #[ddb(nested)]
                #[serde(flatten)]
                keys: $keys,
                camelCase: u8,
                #[serde(rename = "Own_Name")]
                own: u8,
            }
        )+

        #[test]
        fn every_rule_is_serdes_wherever_it_is_written() {
            $(
                check(&$item::default());
                check(&$nested::default());
                let parts: BTreeSet<&str> = $keys::PARTS.iter().map(|part| part.attribute.name).collect();
                assert_eq!(parts, written(&$keys::default()).iter().map(String::as_str).collect());
                let constants: BTreeSet<String> = $item::ATTRIBUTES.iter().copied().map(String::from).collect();
                assert_eq!(constants, written(&$item::default()));
                assert_eq!($item::ATTRIBUTES, $table::ATTRIBUTES);
                assert_eq!([$item::USER_ID, $item::OWN], [$table::USER_ID, "Own_Name"]);
                tablewright::testing::assert_shape(&$item {
                    user_id: "u".into(),
                    r#type: "t".into(),
                    ..$item::default()
                });
            )+
        }
    };
}

shared! {
    "lowercase" LowerTable LowerKeys LowerItem LowerNested
    "UPPERCASE" UpperTable UpperKeys UpperItem UpperNested
    "PascalCase" PascalTable PascalKeys PascalItem PascalNested
    "camelCase" CamelTable CamelKeys CamelItem CamelNested
    "snake_case" SnakeTable SnakeKeys SnakeItem SnakeNested
    "SCREAMING_SNAKE_CASE" ScreamingSnakeTable ScreamingSnakeKeys ScreamingSnakeItem ScreamingSnakeNested
    "kebab-case" KebabTable KebabKeys KebabItem KebabNested
    "SCREAMING-KEBAB-CASE" ScreamingKebabTable ScreamingKebabKeys ScreamingKebabItem ScreamingKebabNested
}

#[test]
fn a_field_without_a_rule_keeps_its_name() {
    #[derive(Serialize, TableItem)]
    struct Plain {
        #[ddb(partition)]
        r#type: String,
        #[ddb(sort)]
        note_id: u8,
    }
    check(&Plain { r#type: String::new(), note_id: 1 });
    assert_eq!(Plain::ITEM.partition.name, "type");
}

#[test]
fn rename_wins_over_the_rule_in_every_form() {
    #[derive(Serialize, Deserialize, TableItem)]
    #[serde(rename_all(serialize = "UPPERCASE"))]
    #[serde(rename_all(deserialize = "UPPERCASE"))]
    #[ddb(index(name = "all", partition(split, in_two), project(only(written_only, by_rule))))]
    struct Renamed {
        #[ddb(partition)]
        #[serde(rename = "pk")]
        user_id: String,
        #[serde(rename(serialize = "s", deserialize = "s"))]
        split: u8,
        #[serde(rename(serialize = "t"))]
        #[serde(rename(deserialize = "t"))]
        in_two: u8,
        #[serde(rename(serialize = "w"))]
        written_only: u8,
        by_rule: u8,
    }
    check(&Renamed { user_id: String::new(), split: 0, in_two: 0, written_only: 0, by_rule: 0 });
}

#[test]
fn a_rule_for_writing_only_needs_an_alias_on_keys() {
    #[derive(Serialize, Deserialize, TableItem)]
    #[serde(rename_all(serialize = "camelCase"))]
    struct Moved {
        #[ddb(partition)]
        #[serde(alias = "userId")]
        user_id: String,
        #[ddb(sort)]
        #[serde(rename(serialize = "at", deserialize = "created", deserialize = "at"))]
        created_at: u64,
        // Never read: nothing to find again.
        #[ddb(ttl)]
        #[serde(skip_deserializing)]
        expires_at: u64,
    }
    let item = json!({ "userId": "u", "at": 7, "expiresAt": 0 });
    let read: Moved = serde_json::from_value(item.clone()).unwrap();
    check(&read);
    assert_eq!(to_value(&read).unwrap(), item);
}

#[test]
fn what_is_not_written_and_what_is_added_does_not_disturb() {
    #[derive(Serialize)]
    struct Rest {
        colour: &'static str,
    }

    #[derive(Serialize, TableItem)]
    #[serde(bound = "", expecting = "a note", rename = "N", tag = "kind", rename_all = "camelCase")]
    struct Note {
        #[ddb(partition)]
        #[serde(default = "String::new", alias = "id")]
        user_id: String,
        // The same name as the key, and no conflict: it is not written.
        #[serde(skip, rename = "userId")]
        cached: Option<u8>,
        #[serde(flatten)]
        rest: Rest,
    }
    let note = Note { user_id: "u".into(), cached: Some(1), rest: Rest { colour: "red" } };
    assert_eq!(to_value(&note).unwrap(), json!({ "kind": "N", "userId": "u", "colour": "red" }));
    assert_eq!(names(&Note::ITEM), BTreeSet::from(["userId"]));
    assert!(note.cached.is_some());
}

#[test]
fn what_a_key_is_stored_as_is_what_serde_writes() {
    /// The type in the item definition, beside the value that serde writes.
    fn check<T: TableItem + Serialize>(item: &T) {
        let stored = match &to_value(item).unwrap()[T::ITEM.partition.name] {
            Value::String(_) => "S",
            Value::Number(_) => "N",
            other => panic!("{other} is no key"),
        };
        assert_eq!(T::ITEM.partition.scalar.as_str(), stored);
    }

    macro_rules! keys {
        ($($value:expr => $ty:ty),+ $(,)?) => {
            $({
                #[derive(Serialize, TableItem)]
                struct Item {
                    #[ddb(partition)]
                    key: $ty,
                }
                check(&Item { key: $value });
            })+
        };
    }

    #[derive(Serialize, tablewright::KeyAttr)]
    struct Newtype(u64);
    #[derive(Serialize, tablewright::KeyAttr)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Status {
        VeryOpen,
    }

    keys! {
        String::from("a") => String,
        "a" => &'static str,
        'a' => char,
        "a".into() => Box<str>,
        "a".into() => std::borrow::Cow<'static, str>,
        [127, 0, 0, 1].into() => std::net::IpAddr,
        1 => u8,
        -1 => i64,
        1.5 => f64,
        std::num::NonZero::<u32>::MIN => std::num::NonZero<u32>,
        Newtype(1) => Newtype,
        Status::VeryOpen => Status,
        Box::new(Newtype(1)) => Box<Newtype>,
    }
}
