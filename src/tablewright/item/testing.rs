//! Test helpers that compare the serialized form of an item with its table.
//!
//! They check what the compiler cannot: `stored_as`, `serialize_with`, a manual `impl Serialize`, flattened maps. *Invariant:* no
//! clock is read, so an expired TTL is not reported.

use std::fmt;

use serde::Serialize;

use crate::item::record::{Stored, record};
use crate::{AttributeDef, ItemDef, Scalar, TableItem};

/// Asserts that an item, as `serde_dynamo` writes it, can be put into its table.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tablewright::TableItem;
///
/// #[derive(Serialize, Deserialize, TableItem)]
/// #[serde(rename_all = "camelCase")]
/// struct Note {
///     #[ddb(partition)]
///     user_id: String,
///     #[ddb(ttl)]
///     expires_at: u64,
/// }
///
/// # let note =
/// Note { user_id: "u-1".into(), expires_at: 1_800_000_000 };
/// tablewright::testing::assert_shape(&note);
/// ```
///
/// # Panics
///
/// Panics if it cannot, with all problems: see [`check_shape`].
#[track_caller]
pub fn assert_shape<T: TableItem + Serialize>(item: &T) {
    if let Err(error) = check_shape(item) {
        panic!("{error}");
    }
}

/// Checks that an item, as `serde_dynamo` writes it, can be put into its table.
///
/// - Every key of the table is present exactly once, has the right type and is not empty.
/// - Every key of an index is absent, or has the right type and is not empty. DynamoDB rejects the whole item otherwise.
/// - The TTL attribute is absent, NULL or a Number of seconds since 1970. A number of milliseconds is a time tens of thousands of
///   years ahead; a duration is a time shortly after 1970, and DynamoDB ignores times that are more than five years in the past.
///
/// ```
/// # use serde::Serialize;
/// # use tablewright::TableItem;
/// #[derive(Serialize, TableItem)]
/// struct Session {
///     #[ddb(partition)]
///     id: String,
///     #[ddb(ttl)]
///     expires_at: u64,
/// }
///
/// let wrong = Session { id: String::new(), expires_at: 1_800_000_000_000 };
/// let error = tablewright::testing::check_shape(&wrong).unwrap_err();
/// assert_eq!(error.problems().len(), 2);
/// ```
///
/// # Errors
///
/// Returns a [`ShapeError`] with all differences.
pub fn check_shape<T: TableItem + Serialize>(item: &T) -> Result<(), ShapeError> {
    let table = const { T::ITEM };
    let problems = match record(item) {
        Ok(Stored::M(attributes)) => differences(&table, &attributes),
        Ok(other) => vec![format!("it is serialized as {}, but an item must be a map", other.type_name())],
        Err(error) => vec![format!("it cannot be serialized: {error}")],
    };
    if problems.is_empty() {
        return Ok(());
    }
    Err(ShapeError { item: std::any::type_name::<T>(), table: table.id, problems })
}

/// An item that cannot be put into its table.
///
/// Returned by [`check_shape`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShapeError {
    item: &'static str,
    table: &'static str,
    problems: Vec<String>,
}

impl ShapeError {
    /// Returns the problems, one sentence each.
    ///
    /// See [`check_shape`].
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this `{}` cannot be put into table `{}`:", self.item, self.table)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for ShapeError {}

type Attributes<'a> = &'a [(String, Stored)];

fn differences(table: &ItemDef, attributes: Attributes<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    problems.extend(table_key(attributes, &table.partition, "the partition key"));
    problems.extend(table.sort.iter().filter_map(|sort| table_key(attributes, sort, "the sort key")));
    let of_table: Vec<&str> = [table.partition].iter().chain(&table.sort).map(|key| key.name).collect();
    let mut seen = of_table;
    for index in table.indexes {
        for key in index.partition.iter().chain(index.sort) {
            if !seen.contains(&key.name) {
                seen.push(key.name);
                problems.extend(index_key(attributes, key, index.name));
            }
        }
    }
    problems.extend(table.ttl.iter().filter_map(|ttl| time_to_live(attributes, ttl)));
    problems
}

fn table_key(attributes: Attributes<'_>, key: &AttributeDef, role: &str) -> Option<String> {
    match written(attributes, key.name)? {
        Written::Never => {
            let names: Vec<String> = attributes.iter().map(|(name, _)| format!("`{name}`")).collect();
            Some(format!("it has no `{}`, {role}; it has {}", key.name, or_nothing(&names)))
        }
        Written::Once(value) => value_of_key(key, value, role),
        Written::Often => Some(twice(key.name)),
    }
}

fn index_key(attributes: Attributes<'_>, key: &AttributeDef, index: &str) -> Option<String> {
    let role = format!("a key of index `{index}`");
    match written(attributes, key.name)? {
        Written::Never => None,
        Written::Once(Stored::Null) => Some(format!(
            "`{}` is {role}, and DynamoDB rejects an item where it is NULL: skip `None` with \
             `#[serde(skip_serializing_if = \"Option::is_none\")]`",
            key.name
        )),
        Written::Once(value) => value_of_key(key, value, &role),
        Written::Often => Some(twice(key.name)),
    }
}

fn value_of_key(key: &AttributeDef, value: &Stored, role: &str) -> Option<String> {
    let AttributeDef { name, scalar, .. } = key;
    let empty = match (scalar, value) {
        (Scalar::S, Stored::S(text)) => text.is_empty(),
        (Scalar::B, Stored::B(bytes)) => bytes.is_empty(),
        (Scalar::N, Stored::N(number)) => {
            return (!is_number(number))
                .then(|| format!("`{name}` is {role}, and {number} is not a Number of DynamoDB"));
        }
        (Scalar::S | Scalar::N | Scalar::B, _) => {
            let hint = hint(value).unwrap_or_default();
            return Some(format!(
                "`{name}` is {role} and stored as {scalar}, but it is serialized as {}{hint}",
                value.type_name()
            ));
        }
    };
    empty.then(|| format!("`{name}` is {role}, and DynamoDB rejects an empty one"))
}

/// Whether a number is in the range of a DynamoDB Number: 1E-130 to 9.99…E+125, positive or negative, or zero. Only floats can be
/// outside.
fn is_number(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|number| number == 0.0 || (1e-130..1e126).contains(&number.abs()))
}

/// Returns a hint for common mistakes.
fn hint(value: &Stored) -> Option<&'static str> {
    match value {
        Stored::L(_) => Some(
            ": bytes need `#[serde(with = \"serde_bytes\")]`, and a date a `with` that serializes one value",
        ),
        Stored::Null => Some(": every item must have it"),
        Stored::S(_) | Stored::N(_) | Stored::B(_) | Stored::Bool(_) | Stored::M(_) | Stored::Set => None,
    }
}

/// The earliest plausible TTL, in seconds since 1970: September 2001.
const FIRST_SECOND: f64 = 1e9;
/// The latest plausible TTL, in seconds since 1970: the year 5138. In milliseconds, the same number is in 1973.
const LAST_SECOND: f64 = 1e11;

fn time_to_live(attributes: Attributes<'_>, ttl: &AttributeDef) -> Option<String> {
    let name = ttl.name;
    let number = match written(attributes, name)? {
        Written::Never | Written::Once(Stored::Null) => return None,
        Written::Once(Stored::N(number)) => number,
        Written::Once(other) => {
            return Some(format!(
                "`{name}` is the TTL attribute, which must be a Number, but it is serialized as {}: \
                 the item would never expire",
                other.type_name()
            ));
        }
        Written::Often => return Some(twice(name)),
    };
    let reason = match number.parse::<f64>() {
        Ok(second) if is_number(number) => implausible(second)?,
        Ok(_) | Err(_) => "that is not a Number of DynamoDB",
    };
    Some(format!("`{name}` is the TTL attribute, in seconds since 1970, and it is {number}: {reason}"))
}

fn implausible(second: f64) -> Option<&'static str> {
    if second > LAST_SECOND {
        Some("this looks like milliseconds, but DynamoDB expects seconds")
    } else if second != 0.0 && second < FIRST_SECOND {
        Some("that is before 2001, as if it were a duration and not a time")
    } else {
        // Zero is often used for "never", which works: DynamoDB ignores times that are more than five years in the past.
        None
    }
}

/// How often an attribute occurs.
enum Written<'a> {
    Never,
    Once(&'a Stored),
    Often,
}

/// Returns how often an attribute occurs, or `None` for the empty name of a fallback, which the derive already reported.
fn written<'a>(attributes: Attributes<'a>, name: &str) -> Option<Written<'a>> {
    let mut values = attributes.iter().filter(|(written, _)| written == name).map(|(_, value)| value);
    if name.is_empty() {
        return None;
    }
    Some(match (values.next(), values.next()) {
        (None, _) => Written::Never,
        (Some(value), None) => Written::Once(value),
        (Some(_), Some(_)) => Written::Often,
    })
}

fn twice(name: &str) -> String {
    format!("`{name}` is serialized more than once, and only the last value is stored")
}

fn or_nothing(names: &[String]) -> String {
    if names.is_empty() { String::from("no attributes") } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde::ser::SerializeMap;

    use super::{assert_shape, check_shape};
    use crate::{Attr, TableItem};

    /// Values that an item serializes by hand, so that the compiler cannot check them.
    enum Field {
        S(&'static str),
        N(i64),
        F(f64),
        B(&'static [u8]),
        L,
        M,
        Bool,
        Null,
    }
    use Field::{B, Bool, F, L, M, N, Null, S};

    impl Serialize for Field {
        fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
            match self {
                S(text) => serializer.serialize_str(text),
                N(number) => serializer.serialize_i64(*number),
                F(number) => serializer.serialize_f64(*number),
                B(bytes) => serializer.serialize_bytes(bytes),
                L => [1, 2].serialize(serializer),
                M => serde_json::json!({ "a": 1 }).serialize(serializer),
                Bool => serializer.serialize_bool(true),
                Null => serializer.serialize_none(),
            }
        }
    }

    #[derive(TableItem)]
    #[ddb(
        keys_only,
        index(name = "by-owner", partition(owner), sort(at)),
        index(name = "by-digest", partition(digest), sort(sk), project(only(total)))
    )]
    struct App {
        #[ddb(partition)]
        pk: String,
        #[ddb(sort)]
        sk: u64,
        owner: String,
        at: u64,
        #[ddb(stored_as = B)]
        digest: String,
        #[ddb(ttl)]
        expires: u64,
        total: Attr,
    }

    struct Item(Vec<(&'static str, Field)>);

    impl TableItem for Item {
        const ITEM: crate::ItemDef = App::ITEM;
    }

    impl Serialize for Item {
        fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
            let mut map = serializer.serialize_map(None)?;
            for (name, field) in &self.0 {
                map.serialize_entry(name, field)?;
            }
            map.end()
        }
    }

    fn problems(item: &(impl TableItem + Serialize)) -> Vec<String> {
        check_shape(item).map_or_else(|error| error.problems().to_vec(), |()| Vec::new())
    }

    /// Checks the problems of an item with valid keys and one other attribute.
    fn check(name: &'static str, field: Field, expected: &[&str]) {
        let mut fields = vec![("pk", S("a")), ("sk", N(0))];
        fields.retain(|(other, _)| *other != name);
        fields.push((name, field));
        assert_eq!(problems(&Item(fields)), expected, "{name}");
    }

    #[test]
    fn valid_items_have_no_problems() {
        let all = vec![
            ("pk", S("a")),
            ("sk", N(-1)),
            ("owner", S("o")),
            ("at", F(1.5)),
            ("digest", B(b"d")),
            ("expires", N(1_800_000_000)),
            ("total", M),
        ];
        assert_eq!(problems(&Item(all)), [""; 0]);
        assert_shape(&Item(vec![("pk", S("a")), ("sk", N(0))]));
        check("expires", Null, &[]);
        check("expires", N(0), &[]);
        check("at", F(0.0), &[]);
        check("body", L, &[]);
    }

    #[test]
    fn keys_of_the_table_are_required() {
        assert_eq!(
            problems(&Item(vec![("PK", S("a")), ("other", N(1))])),
            [
                "it has no `pk`, the partition key; it has `PK`, `other`",
                "it has no `sk`, the sort key; it has `PK`, `other`"
            ]
        );
        let sort = "it has no `sk`, the sort key; it has no attributes";
        assert_eq!(problems(&Item(Vec::new()))[1], sort);
    }

    #[test]
    fn keys_must_have_the_right_type() {
        let list =
            ": bytes need `#[serde(with = \"serde_bytes\")]`, and a date a `with` that serializes one value";
        let pk = "`pk` is the partition key and stored as S, but it is serialized as";
        check("pk", N(1), &[&format!("{pk} N")]);
        check("pk", B(b"a"), &[&format!("{pk} B")]);
        check("pk", L, &[&format!("{pk} L{list}")]);
        check("pk", M, &[&format!("{pk} M")]);
        check("pk", Bool, &[&format!("{pk} BOOL")]);
        check("pk", Null, &[&format!("{pk} NULL: every item must have it")]);
        check("sk", S("1"), &["`sk` is the sort key and stored as N, but it is serialized as S"]);
        let digest = "`digest` is a key of index `by-digest` and stored as B, but it is serialized as L";
        check("digest", L, &[&format!("{digest}{list}")]);
        check(
            "owner",
            N(1),
            &["`owner` is a key of index `by-owner` and stored as S, but it is serialized as N"],
        );
    }

    #[test]
    fn keys_must_not_be_empty_or_out_of_range() {
        check("pk", S(""), &["`pk` is the partition key, and DynamoDB rejects an empty one"]);
        check("owner", S(""), &["`owner` is a key of index `by-owner`, and DynamoDB rejects an empty one"]);
        check(
            "digest",
            B(b""),
            &["`digest` is a key of index `by-digest`, and DynamoDB rejects an empty one"],
        );
        for (number, written) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (-f64::INFINITY, "-inf")] {
            check(
                "sk",
                F(number),
                &[&format!("`sk` is the sort key, and {written} is not a Number of DynamoDB")],
            );
        }
        assert!(
            problems(&Item(vec![("pk", S("a")), ("sk", F(1e126))]))[0]
                .ends_with("is not a Number of DynamoDB")
        );
        check("sk", F(1e125), &[]);
        check("sk", F(-1e-130), &[]);
    }

    #[test]
    fn an_index_key_may_be_absent_but_not_null() {
        let null = "`at` is a key of index `by-owner`, and DynamoDB rejects an item where it is NULL: skip `None` \
                    with `#[serde(skip_serializing_if = \"Option::is_none\")]`";
        check("at", Null, &[null]);
    }

    #[test]
    fn a_ttl_must_be_in_seconds() {
        let message = |number: &str, reason: &str| {
            format!("`expires` is the TTL attribute, in seconds since 1970, and it is {number}: {reason}")
        };
        let milliseconds = "this looks like milliseconds, but DynamoDB expects seconds";
        check("expires", N(1_700_000_000_000), &[&message("1700000000000", milliseconds)]);
        let duration = "that is before 2001, as if it were a duration and not a time";
        check("expires", N(86_400), &[&message("86400", duration)]);
        check("expires", N(-1), &[&message("-1", duration)]);
        check("expires", F(f64::NAN), &[&message("NaN", "that is not a Number of DynamoDB")]);
        let text = "`expires` is the TTL attribute, which must be a Number, but it is serialized as S: \
                    the item would never expire";
        check("expires", S("2030-01-01"), &[text]);
        check("expires", N(1_000_000_000), &[]);
        check("expires", N(100_000_000_000), &[]);
    }

    #[test]
    fn duplicate_attributes_are_reported() {
        let twice = "`pk` is serialized more than once, and only the last value is stored";
        assert_eq!(problems(&Item(vec![("pk", S("a")), ("sk", N(1)), ("pk", S("b"))])), [twice]);
    }

    #[test]
    fn an_item_must_be_a_serializable_map() {
        struct Never<T>(T);
        impl<T> TableItem for Never<T> {
            const ITEM: crate::ItemDef = App::ITEM;
        }
        impl<T: Serialize> Serialize for Never<T> {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                self.0.serialize(serializer)
            }
        }
        assert_eq!(problems(&Never("text")), ["it is serialized as S, but an item must be a map"]);
        assert_eq!(problems(&Never([1_i128])), ["it cannot be serialized: i128 is not supported"]);
    }

    #[test]
    #[should_panic(expected = "Item` cannot be put into table `App`:\n  - it has no `pk`")]
    fn assert_shape_panics_with_all_problems() {
        assert_shape(&Item(Vec::new()));
    }
}
