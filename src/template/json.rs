//! A strict JSON parser with positions.
//!
//! The YAML parser would accept invalid JSON (comments, bare words, trailing commas) and refuse valid JSON (tabs, keys of more
//! than 1,024 characters, DEL in a string). `serde_json` parses strings and validates numbers; the structure is parsed here, as
//! `serde_json` keeps neither positions nor order.

use serde::de::IgnoredAny;

use crate::duplicate::Duplicates;
use crate::tree::{Next, Tree};
use crate::{Deployed, ParseError, ParseErrorKind, Position, Scalar, Style};

pub(crate) fn read(text: &str, duplicates: Duplicates) -> Result<Deployed, ParseError> {
    let mut reader = Reader::new(text);
    let mut tree = Tree::new(duplicates);
    reader.value(&mut tree)?;
    while tree.next() != Next::Root {
        reader.next_in_collection(&mut tree)?;
    }
    match reader.peek() {
        None => tree.finish().ok_or_else(|| ParseErrorKind::Empty.at(Position::START)),
        Some(_) => Err(reader.error("something after the end")),
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Number of bytes that were parsed.
    offset: usize,
    /// Whether the current collection is empty so far.
    at_first: bool,
    /// The last computed position, so that characters are counted only once.
    counted: usize,
    position: Position,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, offset: 0, at_first: false, counted: 0, position: Position::START }
    }

    /// Parses a scalar, or the start of a collection.
    fn value(&mut self, tree: &mut Tree) -> Result<(), ParseError> {
        let next = self.peek();
        let position = self.position();
        let scalar = match next {
            Some(b'{') => {
                self.begin();
                return tree.open_mapping(position, None);
            }
            Some(b'[') => {
                self.begin();
                return tree.open_sequence(position, None);
            }
            Some(b'"') => Scalar::string(self.string()?, Style::DoubleQuoted),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't' | b'f' | b'n') => self.word()?,
            Some(_) | None => return Err(self.error("expected a value")),
        };
        tree.scalar(position, scalar, None)
    }

    /// Parses the text between two values: a comma and a key, or the end of the collection.
    fn next_in_collection(&mut self, tree: &mut Tree) -> Result<(), ParseError> {
        let in_mapping = tree.next() == Next::Key;
        let (end, expected) =
            if in_mapping { (b'}', "expected `,` or `}`") } else { (b']', "expected `,` or `]`") };
        match self.peek() {
            Some(byte) if byte == end => {
                self.offset += 1;
                self.at_first = false;
                return tree.close();
            }
            _ if self.at_first => {}
            Some(b',') => self.offset += 1,
            Some(_) | None => return Err(self.error(expected)),
        }
        self.at_first = false;
        if in_mapping {
            self.key(tree)?;
        }
        self.value(tree)
    }

    fn key(&mut self, tree: &mut Tree) -> Result<(), ParseError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a key in double quotes"));
        }
        let position = self.position();
        tree.key(self.string()?, position);
        if self.peek() != Some(b':') {
            return Err(self.error("expected `:`"));
        }
        self.offset += 1;
        Ok(())
    }

    fn begin(&mut self) {
        self.offset += 1;
        self.at_first = true;
    }

    /// Parses a string.
    fn string(&mut self) -> Result<String, ParseError> {
        let rest = &self.text[self.offset..];
        let mut bytes = rest.bytes().enumerate().skip(1);
        let length = loop {
            match bytes.next() {
                Some((at, b'"')) => break at + 1,
                Some((_, b'\\')) => {
                    bytes.next();
                }
                Some(_) => {}
                None => return Err(self.error("a string without an end")),
            }
        };
        let string = serde_json::from_str(&rest[..length])
            .map_err(|_| self.error("a string with an invalid escape or a control character"))?;
        self.offset += length;
        Ok(string)
    }

    /// Parses a number. The YAML patterns accept every JSON number, with the same value.
    fn number(&mut self) -> Result<Scalar, ParseError> {
        let text = self.take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        if serde_json::from_str::<IgnoredAny>(text).is_err() {
            return Err(self.error("not a number"));
        }
        self.offset += text.len();
        Ok(Scalar::plain(text.to_owned()))
    }

    /// Parses `true`, `false` or `null`.
    fn word(&mut self) -> Result<Scalar, ParseError> {
        let text = self.take_while(|byte| byte.is_ascii_alphanumeric());
        if !matches!(text, "true" | "false" | "null") {
            return Err(self.error("expected a value"));
        }
        self.offset += text.len();
        Ok(Scalar::plain(text.to_owned()))
    }

    fn take_while(&self, fits: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.text[self.offset..];
        let length = rest.bytes().take_while(|byte| fits(*byte)).count();
        &rest[..length]
    }

    /// Skips white space and returns the next byte without consuming it.
    fn peek(&mut self) -> Option<u8> {
        self.offset += self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).len();
        self.text.as_bytes().get(self.offset).copied()
    }

    fn position(&mut self) -> Position {
        self.position = self.position.behind(&self.text[self.counted..self.offset]);
        self.counted = self.offset;
        self.position
    }

    fn error(&mut self, message: &str) -> ParseError {
        ParseErrorKind::Json(message.to_owned()).at(self.position())
    }
}
