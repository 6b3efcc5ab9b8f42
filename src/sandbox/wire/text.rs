//! Text forms that many answers share: timestamps, scalars as strings, percent encoding, pages.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::Value;

use crate::clock::Millis;
use crate::wire::error::ApiError;

/// A timestamp as CloudFormation writes it: `2026-01-01T00:00:00.123Z`.
pub(crate) fn iso(millis: Millis) -> String {
    let whole = DateTime::from_secs(millis.div_euclid(1_000))
        .fmt(Format::DateTime)
        .unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned());
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), millis.rem_euclid(1_000))
}

/// CloudFormation keeps every scalar as a string; so do the properties that it shows.
pub(crate) fn strings(value: &Value) -> Value {
    match value {
        Value::Bool(flag) => Value::String(flag.to_string()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => items.iter().map(strings).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, field)| (key.clone(), strings(field))).collect())
        }
        Value::Null | Value::String(_) => value.clone(),
    }
}

/// A scalar as text.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// Percent-decodes a path. A plus stays a plus.
pub(crate) fn percent_decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = (*first == b'%').then(|| tail.get(..2)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A page of a list.
pub(crate) struct Page<'a, T> {
    pub(crate) items: &'a [T],
    pub(crate) next: Option<String>,
}

impl<'a, T> Page<'a, T> {
    /// Cuts the page after the item that `token` names.
    pub(crate) fn of(
        all: &'a [T],
        size: usize,
        token: Option<&str>,
        name: impl Fn(&T) -> String,
    ) -> Result<Self, ApiError> {
        let start = match token {
            None => 0,
            Some(token) => {
                let after =
                    token.strip_prefix("after:").and_then(|id| all.iter().position(|item| name(item) == id));
                after.ok_or_else(|| ApiError::validation("Invalid NextToken"))? + 1
            }
        };
        let end = all.len().min(start + size);
        let items = &all[start..end];
        let next =
            (end < all.len()).then(|| items.last().map(|item| format!("after:{}", name(item)))).flatten();
        Ok(Self { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_carry_milliseconds() {
        assert_eq!(iso(1_767_225_600_042), "2026-01-01T00:00:00.042Z");
    }

    #[test]
    fn pages_follow_each_other() {
        let all = ["a", "b", "c"];
        let name = |item: &&str| (*item).to_owned();
        let first = Page::of(&all, 2, None, name).unwrap();
        assert_eq!((first.items, first.next.as_deref()), (&all[..2], Some("after:b")));
        let second = Page::of(&all, 2, Some("after:b"), name).unwrap();
        assert_eq!((second.items, second.next), (&all[2..], None));
        assert!(Page::of(&all, 2, Some("after:z"), name).is_err());
        assert!(Page::of(&all, 2, Some("nonsense"), name).is_err());
    }
}
