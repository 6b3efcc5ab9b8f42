//! Writes the manifest as JSON: the bytes that serde_json would write.
//!
//! The user's program is built without optimization, where serde_json takes four fifths of its time: it calls several functions
//! for each byte of a string. Here a string takes two loops without calls, and the file grows piece by piece, as the manifest of
//! thousands of tables would double the memory of the program.
//!
//! Whatever is not in a manifest is an error, such as bytes, 128-bit integers, and the numbers of serde_json's feature
//! `arbitrary_precision`, which another crate of the program may turn on; the caller leaves it to serde_json then.

use std::fmt::{self, Display, Write as _};
use std::io;

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Size of a piece of the file.
const PIECE: usize = 64 * 1024;

/// Writes a value as JSON without white space.
pub(super) fn write(value: &impl Serialize, file: &mut dyn io::Write) -> fmt::Result {
    let mut writer = Writer { file, piece: vec![0; PIECE].into(), filled: 0 };
    value.serialize(&mut writer)?;
    writer.flush()
}

struct Writer<'a> {
    file: &'a mut dyn io::Write,
    /// A slice and not a `Vec`, whose every index is a call.
    piece: Box<[u8]>,
    filled: usize,
}

impl Writer<'_> {
    fn flush(&mut self) -> fmt::Result {
        let filled = std::mem::take(&mut self.filled);
        self.file.write_all(&self.piece[..filled]).map_err(|_| fmt::Error)
    }

    fn byte(&mut self, byte: u8) -> fmt::Result {
        if self.filled == PIECE {
            self.flush()?;
        }
        self.piece[self.filled] = byte;
        self.filled += 1;
        Ok(())
    }

    /// Writes bytes as they are.
    fn bytes(&mut self, bytes: &[u8]) -> fmt::Result {
        let end = self.filled + bytes.len();
        if end <= PIECE {
            self.piece[self.filled..end].copy_from_slice(bytes);
            self.filled = end;
            return Ok(());
        }
        self.flush()?;
        if bytes.len() <= PIECE {
            return self.bytes(bytes);
        }
        self.file.write_all(bytes).map_err(|_| fmt::Error)
    }

    fn string(&mut self, text: &str) -> fmt::Result {
        self.byte(b'"')?;
        self.content(text.as_bytes())?;
        self.byte(b'"')
    }

    /// Writes the content of a string, with its escapes.
    fn content(&mut self, bytes: &[u8]) -> fmt::Result {
        let (mut start, mut at) = (0, 0);
        while at < bytes.len() {
            let byte = bytes[at];
            if byte < b' ' || byte == b'"' || byte == b'\\' {
                self.bytes(&bytes[start..at])?;
                self.escape(byte)?;
                start = at + 1;
            }
            at += 1;
        }
        if start == 0 { self.bytes(bytes) } else { self.bytes(&bytes[start..]) }
    }

    fn escape(&mut self, byte: u8) -> fmt::Result {
        let short = match byte {
            b'"' | b'\\' => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            _ => return self.bytes(format!("\\u{byte:04x}").as_bytes()),
        };
        self.byte(b'\\')?;
        self.byte(short)
    }

    /// Writes the name of a field or a variant. Ours need no escapes.
    fn name(&mut self, name: &str) -> fmt::Result {
        self.byte(b'"')?;
        self.bytes(name.as_bytes())?;
        self.bytes(b"\":")
    }
}

/// Writes what is formatted as the content of a string.
impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.content(text.as_bytes())
    }
}

/// The entries of an object, or the items of an array.
struct Entries<'a, 'w> {
    writer: &'a mut Writer<'w>,
    is_empty: bool,
    end: &'static [u8],
}

impl<'a, 'w> Entries<'a, 'w> {
    fn object(writer: &'a mut Writer<'w>) -> Result<Self, fmt::Error> {
        writer.byte(b'{')?;
        Ok(Self { writer, is_empty: true, end: b"}" })
    }

    fn array(writer: &'a mut Writer<'w>) -> Result<Self, fmt::Error> {
        writer.byte(b'[')?;
        Ok(Self { writer, is_empty: true, end: b"]" })
    }

    /// Begins the value of an enumeration: an object with one entry.
    fn variant(
        writer: &'a mut Writer<'w>,
        variant: &str,
        begin: u8,
        end: &'static [u8],
    ) -> Result<Self, fmt::Error> {
        writer.byte(b'{')?;
        writer.name(variant)?;
        writer.byte(begin)?;
        Ok(Self { writer, is_empty: true, end })
    }

    fn comma(&mut self) -> fmt::Result {
        if std::mem::take(&mut self.is_empty) { Ok(()) } else { self.writer.byte(b',') }
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        self.comma()?;
        value.serialize(&mut *self.writer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> fmt::Result {
        self.comma()?;
        self.writer.name(name)?;
        value.serialize(&mut *self.writer)
    }

    fn close(self) -> fmt::Result {
        self.writer.bytes(self.end)
    }
}

macro_rules! displayed {
    ($($method:ident: $number:ty),+) => {
        $(fn $method(self, number: $number) -> fmt::Result {
            write!(self, "{number}")
        })+
    };
}

impl<'a, 'w> Serializer for &'a mut Writer<'w> {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Entries<'a, 'w>;
    type SerializeTuple = Entries<'a, 'w>;
    type SerializeTupleStruct = Entries<'a, 'w>;
    type SerializeTupleVariant = Entries<'a, 'w>;
    type SerializeMap = Entries<'a, 'w>;
    type SerializeStruct = Entries<'a, 'w>;
    type SerializeStructVariant = Entries<'a, 'w>;

    displayed!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    displayed!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_f32(self, _: f32) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_f64(self, number: f64) -> fmt::Result {
        match serde_json::Number::from_f64(number) {
            Some(number) => write!(self, "{number}"),
            None => self.serialize_unit(),
        }
    }

    fn serialize_char(self, _: char) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_str(self, text: &str) -> fmt::Result {
        self.string(text)
    }

    fn serialize_bytes(self, _: &[u8]) -> fmt::Result {
        Err(fmt::Error)
    }

    fn serialize_none(self) -> fmt::Result {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> fmt::Result {
        self.bytes(b"null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> fmt::Result {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.string(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> fmt::Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> fmt::Result {
        self.byte(b'{')?;
        self.name(variant)?;
        value.serialize(&mut *self)?;
        self.byte(b'}')
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::array(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::array(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::array(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::variant(self, variant, b'[', b"]}")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::object(self)
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Entries<'a, 'w>, fmt::Error> {
        // serde_json passes its own numbers and raw values by such names.
        if name.starts_with('$') { Err(fmt::Error) } else { Entries::object(self) }
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a, 'w>, fmt::Error> {
        Entries::variant(self, variant, b'{', b"}}")
    }

    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, items: I) -> fmt::Result {
        let mut entries = Entries::array(self)?;
        for item in items {
            entries.item(&item)?;
        }
        entries.close()
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> fmt::Result {
        self.byte(b'"')?;
        write!(self, "{value}")?;
        self.byte(b'"')
    }
}

macro_rules! items {
    ($($trait:ident: $method:ident),+) => {
        $(impl $trait for Entries<'_, '_> {
            type Ok = ();
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
                self.item(value)
            }

            fn end(self) -> fmt::Result {
                self.close()
            }
        })+
    };
}

items!(
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field
);

macro_rules! fields {
    ($($trait:ident),+) => {
        $(impl $trait for Entries<'_, '_> {
            type Ok = ();
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> fmt::Result {
                self.field(name, value)
            }

            fn end(self) -> fmt::Result {
                self.close()
            }
        })+
    };
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for Entries<'_, '_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> fmt::Result {
        self.item(key)?;
        // A key is a string: serde_json would quote a number.
        if self.writer.piece[self.writer.filled - 1] == b'"' { Ok(()) } else { Err(fmt::Error) }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        self.writer.byte(b':')?;
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> fmt::Result {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;
    use serde_json::json;

    use super::{PIECE, write};
    use crate::{Argument, Expression, Place};

    fn written(value: &impl Serialize) -> Option<String> {
        let mut out = Vec::new();
        write(value, &mut out).ok().map(|()| String::from_utf8(out).unwrap())
    }

    /// Checks that the bytes are those of serde_json.
    fn check(value: &impl Serialize) {
        assert_eq!(written(value), Some(serde_json::to_string(value).unwrap()));
    }

    #[test]
    fn the_bytes_are_those_of_serde_json() {
        let controls: String = ('\0'..='\u{80}').collect();
        check(
            &json!({ &controls: [&controls, "\"\\", "é 🎉", ""], "numbers": [0, -1, u64::MAX, i64::MIN, 0.1, 1e300] }),
        );
        check(&json!([[], {}, [[]], null, true, false, { "a": { "b": [1] } }]));
        check(&f64::NAN);
        check(&Place::caller());
        check(&Some(Place { file: controls, line: 3 }));
        check(&BTreeMap::from([("a", (1_u8, "x", [true])), ("b", (2, "y", [false]))]));

        #[derive(Serialize)]
        enum Kinds {
            Unit,
            Newtype(u32),
            Tuple(i8, String),
            Struct { a: Option<u8>, b: () },
        }
        check(&[
            Kinds::Unit,
            Kinds::Newtype(1),
            Kinds::Tuple(-1, "\n".into()),
            Kinds::Struct { a: None, b: () },
        ]);
    }

    #[test]
    fn expressions_are_written_in_their_long_form() {
        let select = Expression::select_split(4, ":", Expression::Ref("KeyArn".into()));
        let list: Argument = vec!["a".into(), Argument::from(select), true.into()].into();
        check(&list);
        check(&Expression::sub_with("${A}", [("A", Expression::GetAtt("Note".into(), "Arn".into()))]));
    }

    #[test]
    fn texts_of_every_length_end_where_a_piece_ends() {
        for length in [PIECE - 3, PIECE - 2, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1] {
            check(&["x".repeat(length), "y".repeat(length), "\n".into()]);
            check(&BTreeMap::from([("k".repeat(length), [1, 2]), ("l".repeat(length), [3, 4])]));
        }
        check(&vec!["\"\n\u{1}"; PIECE]);
    }

    #[test]
    fn what_is_in_no_manifest_is_left_to_serde_json() {
        #[derive(Serialize)]
        #[serde(rename = "$serde_json::private::Number")]
        struct OfArbitraryPrecision {
            number: &'static str,
        }
        assert_eq!(written(&OfArbitraryPrecision { number: "1" }), None);
        assert_eq!(written(&BTreeMap::from([(1, "a key that is a number")])), None);
        assert_eq!(written(&'c'), None);
        assert_eq!(written(&u128::MAX), None);
    }
}
