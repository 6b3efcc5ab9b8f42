//! Overrides of rendered properties by JSON pointer (RFC 6901): the escape hatch for properties that are not modelled.

use serde::Serialize;
use serde_json::Value as Json;

use crate::place::Place;

/// An override of a property of a resource, created by [`Table::override_property`](crate::Table::override_property).
///
/// ```
/// use serde_json::json;
/// use tablewright::Table;
///
/// let table = Table::define("Order").override_property("/TableClass", json!("STANDARD"));
/// assert_eq!(table.overrides[0].pointer, "/TableClass");
/// assert!(table.class.is_none(), "the model is unchanged");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Override {
    /// A JSON pointer into the resource's `Properties`, such as `/SSESpecification/SSEType`; `-` appends to a list.
    pub pointer: String,
    /// The value; `null` removes the existing value.
    pub value: Json,
    /// Source location of its definition.
    pub at: Place,
}

#[cfg(feature = "render")]
impl Override {
    /// Returns the name of the top-level property that the pointer refers to.
    pub(crate) fn property(&self) -> String {
        self.pointer.split('/').nth(1).map(unescape).unwrap_or_default()
    }

    /// Applies the override to the properties.
    ///
    /// # Errors
    ///
    /// Returns a message if the pointer is malformed or its parent does not exist.
    pub(crate) fn apply(&self, properties: &mut Json) -> Result<(), String> {
        let pointer = &self.pointer;
        let (parent, last) = match pointer.rsplit_once('/') {
            Some(split) if pointer.starts_with('/') => split,
            _ => {
                return Err(format!("`{pointer}` is not a JSON pointer such as `/SSESpecification/SSEType`"));
            }
        };
        let missing = || format!("no value at `{pointer}`");
        let last = unescape(last);
        match (properties.pointer_mut(parent), &self.value) {
            (Some(Json::Object(object)), Json::Null) => object.remove(&last).map(drop).ok_or_else(missing),
            (Some(Json::Object(object)), value) if !last.is_empty() => {
                object.insert(last, value.clone());
                Ok(())
            }
            (Some(Json::Array(items)), value) if last == "-" && !value.is_null() => {
                items.push(value.clone());
                Ok(())
            }
            (Some(Json::Array(items)), value) => {
                let position =
                    last.parse().ok().filter(|position| *position < items.len()).ok_or_else(missing)?;
                match value {
                    Json::Null => drop(items.remove(position)),
                    value => items[position] = value.clone(),
                }
                Ok(())
            }
            (Some(Json::Object(_)), _) => Err(missing()),
            (Some(_), _) => Err(format!("`{parent}` is not an object or array")),
            (None, _) => Err(format!("no value at `{parent}`")),
        }
    }
}

#[cfg(feature = "render")]
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

#[cfg(all(test, feature = "render"))]
mod tests {
    use serde_json::{Value as Json, json};

    use super::Override;
    use crate::Place;

    fn apply(pointer: &str, value: Json) -> Result<Json, String> {
        let mut properties = json!({ "A": { "b": 1, "c/d": 2 }, "L": [{ "x": 1 }, { "x": 2 }] });
        let change = Override { pointer: pointer.into(), value, at: Place::caller() };
        change.apply(&mut properties).map(|()| properties)
    }

    #[test]
    fn values_are_set_and_removed() {
        for (pointer, value, at, after) in [
            ("/A/b", json!(5), "/A/b", json!(5)),
            ("/A/new", json!("x"), "/A/new", json!("x")),
            ("/A/c~1d", json!(9), "/A/c~1d", json!(9)),
            ("/New", json!({ "y": [1] }), "/New/y/0", json!(1)),
            ("/L/1/x", json!(7), "/L/1/x", json!(7)),
            ("/L/0", json!("z"), "/L/0", json!("z")),
            ("/L/-", json!(3), "/L/2", json!(3)),
        ] {
            assert_eq!(apply(pointer, value).unwrap().pointer(at), Some(&after), "{pointer}");
        }
        assert_eq!(apply("/A/b", Json::Null).unwrap()["A"], json!({ "c/d": 2 }));
        assert_eq!(apply("/L/0", Json::Null).unwrap()["L"], json!([{ "x": 2 }]));
    }

    #[test]
    fn an_invalid_pointer_is_an_error() {
        for (pointer, value, error) in [
            ("", json!(1), "`` is not a JSON pointer such as `/SSESpecification/SSEType`"),
            ("A/b", json!(1), "`A/b` is not a JSON pointer such as `/SSESpecification/SSEType`"),
            ("/", json!(1), "no value at `/`"),
            ("/B/b", json!(1), "no value at `/B`"),
            ("/A/b/c", json!(1), "`/A/b` is not an object or array"),
            ("/L/2", json!(1), "no value at `/L/2`"),
            ("/L/x", json!(1), "no value at `/L/x`"),
            ("/L/-", Json::Null, "no value at `/L/-`"),
            ("/A/gone", Json::Null, "no value at `/A/gone`"),
        ] {
            assert_eq!(apply(pointer, value).unwrap_err(), error, "{pointer}");
        }
    }
}
