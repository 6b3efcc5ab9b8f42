//! Parses YAML like CloudFormation: version 1.1 with intrinsic functions as tags, without aliases and merges, and with string
//! keys only.
//!
//! Only this module and [`crate::syntax`] use granit-parser, which returns events with tags, styles and positions and does not
//! interpret scalars; most other parsers convert `0123` to 123. It parses the syntax of YAML 1.2, which differs in rare cases:
//! U+0085, U+2028 and U+2029 are not line breaks, and a comment after a quote needs a space.

use std::borrow::Cow;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::Number;

use crate::duplicate::Duplicates;
use crate::error::quote;
use crate::short_form::Function;
use crate::tree::{Next, Tree};
use crate::{Deployed, Kind, Node, ParseError, ParseErrorKind, Position, Scalar, ScalarValue, Style};

/// Whether a block scalar that ends with the text, without a line break, ends without one in both readers. SnakeYAML and libyaml
/// read it so; the test suite of YAML 1.2 adds a line break.
pub(crate) const CUT_OFF_AS_WRITTEN: bool = true;

pub(crate) fn read(text: &str, duplicates: Duplicates) -> Result<Deployed, ParseError> {
    let options = granit_parser::options! {
        emit_comments: false,
        // An alias is the same error whether its anchor exists or not.
        emit_unresolved_aliases: true,
        block_scalar_eof_without_line_feed: CUT_OFF_AS_WRITTEN,
    };
    let mut tree = Tree::new(duplicates);
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| scan_error(&error))?;
        let place = Place { text, span };
        match event {
            Event::DocumentStart(..) => {
                documents += 1;
                if documents > 1 {
                    return Err(ParseErrorKind::SecondDocument.at(place.start()));
                }
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                return Err(ParseErrorKind::Alias(quote(place.written())).at(place.start()));
            }
            Event::Scalar(content, style, _, tag) => {
                let tag = meaning(tag.as_deref(), &place)?;
                let scalar = written_scalar(content, style_of(style), place.written());
                add_scalar(&mut tree, &place, scalar, tag)?;
            }
            Event::SequenceStart(_, _, tag) => {
                let function = function_of(&tree, &place, meaning(tag.as_deref(), &place)?, "seq")?;
                tree.open_sequence(place.start(), function)?;
            }
            Event::MappingStart(_, _, tag) => {
                let function = function_of(&tree, &place, meaning(tag.as_deref(), &place)?, "map")?;
                tree.open_mapping(place.start(), function)?;
            }
            Event::SequenceEnd | Event::MappingEnd => tree.close()?,
            // Other events have no meaning. Neither has an anchor without an alias: the AWS documentation lists only aliases as
            // not supported.
            _ => {}
        }
    }
    match tree.finish() {
        Some(read) if !is_absent(&read.template) => Ok(read),
        _ => Err(ParseErrorKind::Empty.at(Position::START)),
    }
}

/// The range of an event in the text.
struct Place<'t> {
    text: &'t str,
    span: Span,
}

impl<'t> Place<'t> {
    fn start(&self) -> Position {
        position(&self.span.start)
    }

    fn written(&self) -> &'t str {
        self.span.slice(self.text).unwrap_or_default()
    }

    fn tag_start(&self) -> Position {
        self.span.tag_start().map_or_else(|| self.start(), |mark| position(&mark))
    }

    fn quoted_tag(&self) -> String {
        let tag = self.span.tag_span().and_then(|span| span.slice(self.text));
        quote(tag.unwrap_or_default())
    }

    fn tag_mismatch(&self) -> ParseError {
        ParseErrorKind::TagMismatch(self.quoted_tag()).at(self.tag_start())
    }

    /// Whether there is a tab between the start of the line and this position.
    fn is_after_tab(&self) -> bool {
        let before = self.span.start.byte_offset().and_then(|offset| self.text.get(..offset));
        let line = before.and_then(|before| before.rsplit(['\n', '\r']).next());
        line.is_some_and(|line| line.contains('\t'))
    }
}

/// The meaning of a tag.
#[derive(Clone, Copy)]
enum Meaning<'t> {
    /// No tag.
    Nothing,
    /// A single `!`: the value is a string.
    NonSpecific,
    /// A basic type of YAML, such as `str` for `!!str`.
    Type(&'t str),
    /// A short form.
    Function(Function),
}

fn meaning<'t>(tag: Option<&'t Tag>, place: &Place<'_>) -> Result<Meaning<'t>, ParseError> {
    let Some(tag) = tag else {
        return Ok(Meaning::Nothing);
    };
    let local = match tag.parts() {
        ("!", name) => Some(name),
        // A verbatim tag, such as `!<!Ref>`.
        ("", whole) => whole.strip_prefix('!'),
        _ => None,
    };
    let meaning = match local {
        Some("") => Some(Meaning::NonSpecific),
        Some(name) => Function::of_tag(name, place.tag_start()).map(Meaning::Function),
        None => tag.core_suffix().map(Meaning::Type),
    };
    meaning.ok_or_else(|| ParseErrorKind::UnknownTag(place.quoted_tag()).at(place.tag_start()))
}

/// Returns the short form at the start of a collection with the basic type `of_type`, if any.
fn function_of(
    tree: &Tree,
    place: &Place<'_>,
    tag: Meaning<'_>,
    of_type: &str,
) -> Result<Option<Function>, ParseError> {
    match tree.next() {
        Next::Key => return Err(ParseErrorKind::KeyNotScalar.at(place.start())),
        // The parser detects tabs in all indentation except for that of the first line.
        Next::Root if place.is_after_tab() => {
            let message = "tab cannot be used as indentation".to_owned();
            return Err(ParseErrorKind::Yaml(message).at(place.start()));
        }
        Next::Root | Next::Item | Next::Value => {}
    }
    match tag {
        Meaning::Function(function) => Ok(Some(function)),
        Meaning::Nothing | Meaning::NonSpecific => Ok(None),
        Meaning::Type(name) if name == of_type => Ok(None),
        Meaning::Type(_) => Err(place.tag_mismatch()),
    }
}

fn add_scalar(
    tree: &mut Tree,
    place: &Place<'_>,
    mut scalar: Scalar,
    tag: Meaning<'_>,
) -> Result<(), ParseError> {
    let function = match tag {
        Meaning::Function(function) => Some(function),
        Meaning::Nothing | Meaning::NonSpecific | Meaning::Type(_) => None,
    };
    match tag {
        Meaning::Nothing if scalar.style == Style::Plain => {
            scalar.value = ScalarValue::of_plain(&scalar.text);
        }
        Meaning::Type(name) => {
            scalar.value = typed(name, &scalar.text).ok_or_else(|| place.tag_mismatch())?;
        }
        Meaning::Nothing | Meaning::NonSpecific | Meaning::Function(_) => {}
    }
    match tree.next() {
        Next::Key => add_key(tree, place, scalar, tag),
        Next::Root | Next::Item | Next::Value => tree.scalar(place.start(), scalar, function),
    }
}

fn add_key(tree: &mut Tree, place: &Place<'_>, scalar: Scalar, tag: Meaning<'_>) -> Result<(), ParseError> {
    let what = match (tag, scalar.value) {
        (Meaning::Function(_), _) => return Err(ParseErrorKind::KeyNotScalar.at(place.tag_start())),
        (Meaning::Nothing, ScalarValue::String) if scalar.style == Style::Plain && scalar.text == "<<" => {
            return Err(ParseErrorKind::Merge.at(place.start()));
        }
        (_, ScalarValue::String) => {
            tree.key(scalar.text, place.start());
            return Ok(());
        }
        (_, ScalarValue::Null) => "null",
        (_, ScalarValue::Boolean(_)) => "a boolean",
        (_, ScalarValue::Number(_)) => "a number",
    };
    let kind = ParseErrorKind::KeyNotString { key: quote(&scalar.text), what };
    Err(kind.at(place.start()))
}

/// Returns the value of a text with the tag of a basic type, if they match.
fn typed(name: &str, text: &str) -> Option<ScalarValue> {
    match (name, ScalarValue::of_plain(text)) {
        ("str", _) => Some(ScalarValue::String),
        ("null", value @ ScalarValue::Null) | ("bool", value @ ScalarValue::Boolean(_)) => Some(value),
        ("int", ScalarValue::Number(number)) if !number.is_f64() => Some(ScalarValue::Number(number)),
        ("float", ScalarValue::Number(number)) => {
            number.as_f64().and_then(Number::from_f64).map(ScalarValue::Number)
        }
        _ => None,
    }
}

/// Whether the document is empty, as in `---`.
fn is_absent(node: &Node) -> bool {
    match &node.kind {
        Kind::Scalar(scalar) => scalar.text.is_empty() && scalar.value == ScalarValue::Null,
        Kind::Sequence(_) | Kind::Mapping(_) => false,
    }
}

/// Creates a scalar. The parser also returns `~` for a missing value.
pub(crate) fn written_scalar(content: Cow<'_, str>, style: Style, written: &str) -> Scalar {
    let is_there = style != Style::Plain || content != "~" || written == "~";
    Scalar::string(if is_there { content.into_owned() } else { String::new() }, style)
}

pub(crate) fn scan_error(error: &ScanError) -> ParseError {
    let kind = match error.kind() {
        ErrorKind::RecursionLimitExceeded => ParseErrorKind::TooDeep,
        kind => ParseErrorKind::Yaml(kind.to_string()),
    };
    kind.at(position(error.marker()))
}

/// Converts a position of the parser, which counts columns from 0.
pub(crate) fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

pub(crate) fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}
