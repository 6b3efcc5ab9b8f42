//! A fast parser for the subset of block YAML that the built-in templates write.
//!
//! Returns `None` for any other text, which the general parser of `tablewright-template` handles. The general parser took half of
//! the time of rendering. *Invariant:* the tree is the same as that of the general parser, except for positions; a property test
//! compares them.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Number;
use tablewright_template::{Entry, Kind, MAX_BYTES, Node, Position, Scalar, ScalarValue, Style};

use crate::render::scalar::is_plain;

/// Maximum nesting depth, well below that of the general parser; the built-in templates need 15.
const MAX_DEPTH: usize = 50;
/// Maximum length of a key in bytes; YAML allows 1,024 characters.
const MAX_KEY: usize = 1_000;

/// Parses a text, if every line is in the supported subset.
pub(super) fn read(text: &str) -> Option<Node> {
    let is_known = |byte: u8| byte == b'\n' || (b' '..=b'~').contains(&byte);
    if text.len() > MAX_BYTES || !text.bytes().all(is_known) {
        return None;
    }
    let mut lines = Lines { rest: text.split('\n'), next: None };
    lines.advance();
    let root = mapping(&mut lines, 0, 0)?;
    lines.next.is_none().then_some(root)
}

/// The lines of a text, without empty ones and comments.
struct Lines<'a> {
    rest: std::str::Split<'a, char>,
    next: Option<Line<'a>>,
}

#[derive(Clone, Copy)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

impl Lines<'_> {
    fn advance(&mut self) {
        self.next = self.rest.by_ref().find_map(|line| {
            let indent = line.bytes().take_while(|byte| *byte == b' ').count();
            let text = &line[indent..];
            let has_content = !text.is_empty() && !text.starts_with('#');
            has_content.then_some(Line { indent, text })
        });
    }
}

fn node(kind: Kind) -> Node {
    Node { position: Position::START, kind }
}

/// Parses the block that starts with the next line.
fn block(lines: &mut Lines<'_>, indent: usize, depth: usize) -> Option<Node> {
    if depth > MAX_DEPTH {
        return None;
    }
    if lines.next?.text.starts_with("- ") {
        sequence(lines, indent, depth)
    } else {
        mapping(lines, indent, depth)
    }
}

fn mapping(lines: &mut Lines<'_>, indent: usize, depth: usize) -> Option<Node> {
    let mut entries = Vec::new();
    while let Some(line) = lines.next
        && line.indent >= indent
    {
        if line.indent > indent {
            return None;
        }
        let (key, rest) = key(line.text)?;
        lines.advance();
        let value = value(lines, rest, indent, depth)?;
        entries.push(Entry { key: key.into_owned(), key_position: Position::START, value });
    }
    (!entries.is_empty() && are_unique(&entries)).then(|| node(Kind::Mapping(entries)))
}

fn are_unique(entries: &[Entry]) -> bool {
    const FEW: usize = 16;
    if entries.len() > FEW {
        return entries.iter().map(|entry| &entry.key).collect::<HashSet<_>>().len() == entries.len();
    }
    entries
        .iter()
        .enumerate()
        .all(|(position, entry)| entries[..position].iter().all(|other| other.key != entry.key))
}

fn sequence(lines: &mut Lines<'_>, indent: usize, depth: usize) -> Option<Node> {
    let mut items = Vec::new();
    while let Some(line) = lines.next
        && line.indent >= indent
    {
        if line.indent > indent {
            return None;
        }
        let item = line.text.strip_prefix("- ")?;
        if item.starts_with("- ") || key(item).is_some() {
            // The text after the dash is the first line of a block.
            lines.next = Some(Line { indent: indent + 2, text: item });
            items.push(block(lines, indent + 2, depth + 1)?);
        } else {
            lines.advance();
            items.push(value(lines, item, indent, depth)?);
        }
    }
    Some(node(Kind::Sequence(items)))
}

/// Returns the key of a line and the text after its colon.
fn key(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let (key, behind) = if line.starts_with(['\'', '"']) {
        let (key, behind) = quoted(line)?;
        (Cow::Owned(key.text), behind)
    } else {
        let bytes = line.as_bytes();
        let is_end = |at: &usize| bytes[*at] == b':' && matches!(bytes.get(at + 1), None | Some(b' '));
        let (key, behind) = line.split_at((0..bytes.len()).find(is_end)?);
        if !is_plain(key) {
            return None;
        }
        (Cow::Borrowed(key), behind)
    };
    if key.len() > MAX_KEY {
        return None;
    }
    match behind.strip_prefix(':')? {
        "" => Some((key, "")),
        rest => {
            let rest = rest.strip_prefix(' ').filter(|rest| !rest.is_empty())?;
            Some((key, rest))
        }
    }
}

/// Parses the value after a key or dash. If there is no text, or only a tag, it is the block below.
fn value(lines: &mut Lines<'_>, text: &str, indent: usize, depth: usize) -> Option<Node> {
    let mut below = |is_list: bool| {
        let next = lines.next.filter(|line| line.indent > indent)?;
        if is_list && !next.text.starts_with("- ") {
            return None;
        }
        block(lines, next.indent, depth + 1)
    };
    match text {
        "" => below(false),
        _ if text.starts_with(['[', '{']) => flow(text, depth),
        _ => match text.strip_prefix('!').map(|tag| tag.split_once(' ').unwrap_or((tag, ""))) {
            None => scalar(text).map(|scalar| node(Kind::Scalar(scalar))),
            Some((tag, "")) => function(long_form_of_list(tag)?, below(true)?),
            Some((tag, argument)) if argument.starts_with('[') => {
                function(long_form_of_list(tag)?, flow(argument, depth)?)
            }
            Some(("ImportValue", argument)) if argument.starts_with('{') => {
                function("Fn::ImportValue", flow(argument, depth)?)
            }
            Some((tag, argument)) => function_of_text(tag, argument),
        },
    }
}

/// Parses a flow collection that ends with its line.
fn flow(text: &str, depth: usize) -> Option<Node> {
    flow_value(text, depth).filter(|(_, behind)| behind.is_empty()).map(|(node, _)| node)
}

/// Parses a value in a flow collection, and returns the text after it.
fn flow_value(text: &str, depth: usize) -> Option<(Node, &str)> {
    if depth > MAX_DEPTH {
        return None;
    }
    if let Some(inside) = text.strip_prefix('[') {
        let (items, behind) = flow_items(inside, ']', |text| flow_value(text, depth + 1))?;
        return Some((node(Kind::Sequence(items)), behind));
    }
    if let Some(inside) = text.strip_prefix('{') {
        let (entries, behind) = flow_items(inside, '}', |text| flow_entry(text, depth + 1))?;
        return are_unique(&entries).then(|| (node(Kind::Mapping(entries)), behind));
    }
    let (scalar, behind) = flow_scalar(text)?;
    Some((node(Kind::Scalar(scalar)), behind))
}

/// Parses items separated by `, `, up to the closing bracket.
fn flow_items<'a, T>(
    mut rest: &'a str,
    close: char,
    read: impl Fn(&'a str) -> Option<(T, &'a str)>,
) -> Option<(Vec<T>, &'a str)> {
    let mut items = Vec::new();
    if let Some(behind) = rest.strip_prefix(close) {
        return Some((items, behind));
    }
    loop {
        let (item, behind) = read(rest)?;
        items.push(item);
        if let Some(behind) = behind.strip_prefix(close) {
            return Some((items, behind));
        }
        rest = behind.strip_prefix(", ")?;
    }
}

fn flow_entry(text: &str, depth: usize) -> Option<(Entry, &str)> {
    let (key, behind) = flow_scalar(text)?;
    if key.value != ScalarValue::String || key.text.len() > MAX_KEY {
        return None;
    }
    let (value, behind) = flow_value(behind.strip_prefix(": ")?, depth)?;
    Some((Entry { key: key.text, key_position: Position::START, value }, behind))
}

/// Parses a scalar in a flow collection, where plain scalars have no colon.
fn flow_scalar(text: &str) -> Option<(Scalar, &str)> {
    if text.starts_with(['\'', '"']) {
        return quoted(text);
    }
    let end = text.find([',', ':', '[', ']', '{', '}'])?;
    Some((scalar(&text[..end])?, &text[end..]))
}

fn function(name: &str, argument: Node) -> Option<Node> {
    let entry = Entry { key: name.to_owned(), key_position: Position::START, value: argument };
    Some(node(Kind::Mapping(vec![entry])))
}

fn long_form_of_list(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "And" => "Fn::And",
        "Equals" => "Fn::Equals",
        "FindInMap" => "Fn::FindInMap",
        "If" => "Fn::If",
        "Join" => "Fn::Join",
        "Not" => "Fn::Not",
        "Or" => "Fn::Or",
        "Select" => "Fn::Select",
        "Split" => "Fn::Split",
        "Sub" => "Fn::Sub",
        _ => return None,
    })
}

fn function_of_text(tag: &str, argument: &str) -> Option<Node> {
    let argument = scalar(argument).filter(|scalar| scalar.value == ScalarValue::String)?;
    let text = |text: &str| {
        node(Kind::Scalar(Scalar {
            text: text.to_owned(),
            style: argument.style,
            value: ScalarValue::String,
        }))
    };
    match tag {
        "Ref" => function("Ref", text(&argument.text)),
        "Sub" => function("Fn::Sub", text(&argument.text)),
        "ImportValue" => function("Fn::ImportValue", text(&argument.text)),
        "GetAtt" => {
            let (id, attribute) = argument.text.split_once('.')?;
            let is_whole = !id.is_empty() && !attribute.is_empty();
            is_whole.then(|| function("Fn::GetAtt", node(Kind::Sequence(vec![text(id), text(attribute)]))))?
        }
        _ => None,
    }
}

/// Parses a scalar that ends with its line.
fn scalar(text: &str) -> Option<Scalar> {
    if text.starts_with(['\'', '"']) {
        return quoted(text).filter(|(_, behind)| behind.is_empty()).map(|(scalar, _)| scalar);
    }
    let value = match text {
        "true" => ScalarValue::Boolean(true),
        "false" => ScalarValue::Boolean(false),
        // Attribute types such as `N` are booleans in YAML 1.1, but strings in CloudFormation.
        "N" => ScalarValue::String,
        "null" => ScalarValue::Null,
        _ if is_plain(text) => ScalarValue::String,
        _ => ScalarValue::Number(number(text)?),
    };
    Some(Scalar { text: text.to_owned(), style: Style::Plain, value })
}

/// Parses a 64-bit integer, or a float with a decimal point and a signed exponent, which JSON, YAML 1.1 and YAML 1.2 agree on.
fn number(text: &str) -> Option<Number> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) =
        unsigned.split_once('e').map_or((unsigned, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_decimal = are_digits(whole) && (whole == "0" || !whole.starts_with('0'));
    let is_signed = |exponent: &str| exponent.strip_prefix(['+', '-']).is_some_and(are_digits);
    match fraction {
        None if is_decimal && exponent.is_none() => Number::from_i128(text.parse().ok()?),
        Some(fraction) if is_decimal && are_digits(fraction) && exponent.is_none_or(is_signed) => {
            Number::from_f64(text.parse().ok()?)
        }
        _ => None,
    }
}

/// Parses a quoted scalar, and returns the text after the closing quote.
fn quoted(text: &str) -> Option<(Scalar, &str)> {
    if let Some(inside) = text.strip_prefix('\'') {
        let (text, behind) = single_quoted(inside)?;
        return Some((Scalar { text, style: Style::SingleQuoted, value: ScalarValue::String }, behind));
    }
    let (text, behind) = double_quoted(text.strip_prefix('"')?)?;
    Some((Scalar { text, style: Style::DoubleQuoted, value: ScalarValue::String }, behind))
}

fn single_quoted(mut rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    loop {
        let (before, behind) = rest.split_once('\'')?;
        text.push_str(before);
        let Some(more) = behind.strip_prefix('\'') else { return Some((text, behind)) };
        text.push('\'');
        rest = more;
    }
}

/// Parses the escapes that [`scalar`](crate::render::scalar) writes.
fn double_quoted(mut rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    loop {
        let at = rest.find(['"', '\\'])?;
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if rest[at..].starts_with('"') {
            return Some((text, behind));
        }
        let (c, digits) = match behind.bytes().next()? {
            b'"' => ('"', 0),
            b'\\' => ('\\', 0),
            b'n' => ('\n', 0),
            b't' => ('\t', 0),
            b'r' => ('\r', 0),
            b'u' => (escaped(behind.get(1..5)?)?, 4),
            b'U' => (escaped(behind.get(1..9)?)?, 8),
            _ => return None,
        };
        text.push(c);
        rest = &behind[1 + digits..];
    }
}

fn escaped(digits: &str) -> Option<char> {
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then(|| char::from_u32(u32::from_str_radix(digits, 16).ok()?))?
}
