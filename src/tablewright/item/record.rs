//! Serializes an item as `serde_dynamo` would, to inspect its attributes.
//!
//! The rules follow the source of `serde_dynamo` 4.3: integers and floats become N, `None` and units NULL, bytes B, sequences and
//! tuples L, and enums are externally tagged. *Invariants:* depends on serde only; duplicate attributes are kept, so that they
//! can be reported.

use std::fmt;

use serde::Serialize;
use serde::ser::{
    Error as _, Impossible, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// A DynamoDB attribute value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stored {
    S(String),
    /// In decimal, as it is sent.
    N(String),
    B(Vec<u8>),
    Bool(bool),
    Null,
    L(Vec<Stored>),
    /// In serialized order, including duplicate names.
    M(Vec<(String, Stored)>),
    /// `SS`, `NS` or `BS`. The content is not needed, as sets cannot be keys.
    Set,
}

/// Serializes a value, or returns the error that `serde_dynamo` would return.
pub(crate) fn record<T: Serialize + ?Sized>(value: &T) -> Result<Stored, RecordError> {
    value.serialize(Recorder)
}

/// A value that `serde_dynamo` cannot serialize.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordError(String);

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}

impl serde::ser::Error for RecordError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl Stored {
    /// Returns the name of the type, such as `S` or `BOOL`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
            Self::Set => "a set",
        }
    }
}

struct Recorder;

/// Newtype names that `serde_dynamo` uses to mark sets for its serializer; U+037E is the Greek question mark.
const SETS: [&str; 3] = ["\u{37E}STRINGSET\u{37E}", "\u{37E}NUMBERSET\u{37E}", "\u{37E}BYTESSET\u{37E}"];

macro_rules! written_as {
    ($($method:ident($ty:ty) => $variant:ident),+ $(,)?) => {
        $(fn $method(self, value: $ty) -> Result<Stored, RecordError> {
            Ok(Stored::$variant(value.to_string()))
        })+
    };
}

// i128 and u128 use serde's default implementations, which return the same errors as `serde_dynamo`.
impl Serializer for Recorder {
    type Ok = Stored;
    type Error = RecordError;
    type SerializeSeq = List;
    type SerializeTuple = List;
    type SerializeTupleStruct = List;
    type SerializeTupleVariant = List;
    type SerializeMap = Map;
    type SerializeStruct = Map;
    type SerializeStructVariant = Map;

    written_as! {
        serialize_i8(i8) => N,
        serialize_i16(i16) => N,
        serialize_i32(i32) => N,
        serialize_i64(i64) => N,
        serialize_u8(u8) => N,
        serialize_u16(u16) => N,
        serialize_u32(u32) => N,
        serialize_u64(u64) => N,
        serialize_f32(f32) => N,
        serialize_f64(f64) => N,
        serialize_char(char) => S,
        serialize_str(&str) => S,
    }

    fn serialize_bool(self, value: bool) -> Result<Stored, RecordError> {
        Ok(Stored::Bool(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Stored, RecordError> {
        Ok(Stored::B(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Stored, RecordError> {
        Ok(Stored::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Stored, RecordError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Stored, RecordError> {
        Ok(Stored::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Stored, RecordError> {
        Ok(Stored::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Stored, RecordError> {
        variant.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Stored, RecordError> {
        let stored = value.serialize(self)?;
        Ok(if SETS.contains(&name) { Stored::Set } else { stored })
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Stored, RecordError> {
        Ok(tagged(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List, RecordError> {
        Ok(List { variant: None, values: Vec::new() })
    }

    fn serialize_tuple(self, len: usize) -> Result<List, RecordError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<List, RecordError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List, RecordError> {
        Ok(List { variant: Some(variant), values: Vec::new() })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map, RecordError> {
        Ok(Map { variant: None, entries: Vec::new(), key: None })
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Map, RecordError> {
        self.serialize_map(Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Map, RecordError> {
        Ok(Map { variant: Some(variant), entries: Vec::new(), key: None })
    }
}

/// Wraps the value of an enum variant in a map with the name of the variant (external tagging).
fn tagged(variant: Option<&'static str>, stored: Stored) -> Stored {
    match variant {
        Some(variant) => Stored::M(vec![(variant.to_owned(), stored)]),
        None => stored,
    }
}

struct List {
    variant: Option<&'static str>,
    values: Vec<Stored>,
}

impl List {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        self.values.push(record(value)?);
        Ok(())
    }

    fn stored(self) -> Stored {
        tagged(self.variant, Stored::L(self.values))
    }
}

macro_rules! lists {
    ($($kind:ident::$push:ident),+ $(,)?) => {
        $(impl $kind for List {
            type Ok = Stored;
            type Error = RecordError;

            fn $push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
                self.push(value)
            }

            fn end(self) -> Result<Stored, RecordError> {
                Ok(self.stored())
            }
        })+
    };
}

lists! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

struct Map {
    variant: Option<&'static str>,
    entries: Vec<(String, Stored)>,
    key: Option<String>,
}

impl Map {
    fn push<T: Serialize + ?Sized>(&mut self, name: String, value: &T) -> Result<(), RecordError> {
        self.entries.push((name, record(value)?));
        Ok(())
    }

    fn stored(self) -> Stored {
        tagged(self.variant, Stored::M(self.entries))
    }
}

impl SerializeMap for Map {
    type Ok = Stored;
    type Error = RecordError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), RecordError> {
        self.key = Some(key.serialize(MapKey)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), RecordError> {
        let key =
            self.key.take().ok_or_else(|| RecordError::custom("a map writes a value before its key"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<Stored, RecordError> {
        Ok(self.stored())
    }
}

macro_rules! structs {
    ($($kind:ident),+ $(,)?) => {
        $(impl $kind for Map {
            type Ok = Stored;
            type Error = RecordError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), RecordError> {
                self.push(name.to_owned(), value)
            }

            fn end(self) -> Result<Stored, RecordError> {
                Ok(self.stored())
            }
        })+
    };
}

structs!(SerializeStruct, SerializeStructVariant);

/// Serializes a map key, which is the name of an attribute: a string, or a value that is written as one.
struct MapKey;

macro_rules! names {
    ($($method:ident($ty:ty)),+ $(,)?) => {
        $(fn $method(self, value: $ty) -> Result<String, RecordError> {
            Ok(value.to_string())
        })+
    };
}

macro_rules! no_names {
    ($($method:ident($($argument:ty),*) -> $ok:ty),+ $(,)?) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, RecordError> {
            Err(no_name())
        })+
    };
}

fn no_name() -> RecordError {
    RecordError::custom("the key of a map must be a string")
}

type Never = Impossible<String, RecordError>;

impl Serializer for MapKey {
    type Ok = String;
    type Error = RecordError;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    names! {
        serialize_bool(bool),
        serialize_i8(i8),
        serialize_i16(i16),
        serialize_i32(i32),
        serialize_i64(i64),
        serialize_i128(i128),
        serialize_u8(u8),
        serialize_u16(u16),
        serialize_u32(u32),
        serialize_u64(u64),
        serialize_u128(u128),
        serialize_char(char),
        serialize_str(&str),
    }

    no_names! {
        serialize_f32(f32) -> String,
        serialize_f64(f64) -> String,
        serialize_bytes(&[u8]) -> String,
        serialize_none() -> String,
        serialize_unit() -> String,
        serialize_unit_struct(&'static str) -> String,
        serialize_seq(Option<usize>) -> Never,
        serialize_tuple(usize) -> Never,
        serialize_tuple_struct(&'static str, usize) -> Never,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never,
        serialize_map(Option<usize>) -> Never,
        serialize_struct(&'static str, usize) -> Never,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never,
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<String, RecordError> {
        Ok(variant.to_owned())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<String, RecordError> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<String, RecordError> {
        Err(no_name())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<String, RecordError> {
        Err(no_name())
    }
}

#[cfg(test)]
mod tests {
    //! Compared with serde_json where its rules are the same.

    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::{Value, json, to_value};

    use super::{Stored, record};

    /// Converts a value to JSON. Binary and sets have no equivalent.
    fn as_json(stored: &Stored) -> Value {
        match stored {
            Stored::S(text) => text.as_str().into(),
            Stored::N(number) => serde_json::from_str(number).unwrap(),
            Stored::Bool(bool) => (*bool).into(),
            Stored::Null => Value::Null,
            Stored::L(values) => values.iter().map(as_json).collect(),
            Stored::M(entries) => {
                entries.iter().map(|(name, value)| (name.clone(), as_json(value))).collect()
            }
            Stored::B(_) | Stored::Set => panic!("no JSON for {stored:?}"),
        }
    }

    fn check<T: Serialize>(value: T) {
        let stored = record(&value).unwrap();
        assert_eq!(as_json(&stored), to_value(value).unwrap());
    }

    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Newtype(Option<u8>);
    #[derive(Serialize)]
    struct Pair(u8, String);
    #[derive(Serialize, Default)]
    #[serde(rename_all = "camelCase")]
    struct Fields {
        user_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        left_out: Option<u8>,
        #[serde(flatten)]
        rest: BTreeMap<String, Vec<i64>>,
    }
    #[derive(Serialize)]
    enum Outside {
        Unit,
        Newtype(u8),
        Tuple(u8, char),
        Fields { a: bool },
    }
    #[derive(Serialize)]
    #[serde(tag = "type")]
    enum Inside {
        Unit,
        Fields(Fields),
    }
    #[derive(Serialize)]
    #[serde(tag = "type", content = "of")]
    enum Beside {
        Tuple(u8, u8),
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Untagged {
        Text(&'static str),
        Fields { a: u8 },
    }

    #[test]
    fn values_match_serde_json() {
        check(("text", 'c', true, (), None::<u8>, Some(1), Unit));
        check((i8::MIN, i16::MIN, i32::MIN, i64::MIN));
        check((u8::MAX, u16::MAX, u32::MAX, u64::MAX));
        check((1.5_f32, -0.25_f64, 1e21_f64));
        check((Newtype(None), Newtype(Some(1)), Pair(1, "a".into())));
        check(([1, 2], vec![Some("a"), None], Vec::<u8>::new(), &b"bytes"[..]));
        check((Outside::Unit, Outside::Newtype(1), Outside::Tuple(1, 'a'), Outside::Fields { a: true }));
        check((Inside::Unit, Inside::Fields(Fields::default()), Beside::Tuple(1, 2)));
        check((Untagged::Text("a"), Untagged::Fields { a: 1 }));
        check(BTreeMap::from([(1_u8, "a")]));
        check(BTreeMap::from([(true, 1)]));
        check(BTreeMap::from([('a', 1)]));
        check(BTreeMap::from([(i64::MIN, [Newtype(None)])]));
        check(Fields { user_id: "a".into(), left_out: Some(2), rest: [("more".into(), vec![-1])].into() });
        check(json!({ "a": [1, 2.5, { "b": null }], "c": "d" }));
    }

    #[test]
    fn bytes_and_sets_are_distinct_types() {
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(b"ab")
            }
        }
        struct Set;
        impl Serialize for Set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_newtype_struct("\u{37E}STRINGSET\u{37E}", &["a"])
            }
        }
        assert_eq!(record(&Bytes), Ok(Stored::B(b"ab".to_vec())));
        assert_eq!(record(&Set), Ok(Stored::Set));
    }

    #[test]
    fn unsupported_values_are_errors() {
        let check = |result: Result<Stored, super::RecordError>, message: &str| {
            assert_eq!(result.unwrap_err().to_string(), message);
        };
        check(record(&1_i128), "i128 is not supported");
        check(record(&[1_u128]), "u128 is not supported");
        let no_name = "the key of a map must be a string";
        check(record(&BTreeMap::from([(Some(1), 1)])), no_name);
        check(record(&BTreeMap::from([((), 1)])), no_name);
        check(record(&BTreeMap::from([([1, 2], 1)])), no_name);
    }

    #[test]
    fn duplicate_names_are_kept() {
        #[derive(Serialize)]
        struct Twice {
            a: u8,
            #[serde(flatten)]
            rest: BTreeMap<&'static str, u8>,
        }
        let twice = record(&Twice { a: 1, rest: BTreeMap::from([("a", 2)]) });
        let a = |number: &str| (String::from("a"), Stored::N(number.to_owned()));
        assert_eq!(twice, Ok(Stored::M(vec![a("1"), a("2")])));
    }
}
