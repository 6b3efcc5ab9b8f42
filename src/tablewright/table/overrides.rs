//! Properties that stand in the template as written, whatever the model says: the escape hatch.
//!
//! In: a JSON pointer (RFC 6901) and a value. Out: changed properties, or why the pointer hits nothing.

use serde::Serialize;
use serde_json::Value as Json;

use crate::place::Place;

/// One property of a resource as it stands in the template, made by
/// [`Table::override_property`](crate::Table::override_property).
///
/// ```
/// use serde_json::json;
/// use tablewright::Table;
///
/// let table = Table::define("Order").override_property("/TableClass", json!("STANDARD"));
/// assert_eq!(table.overrides[0].pointer, "/TableClass");
/// assert!(table.class.is_none(), "the model does not know");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Override {
    /// A JSON pointer into the resource's `Properties`, such as `/SSESpecification/SSEType`; `-` is behind the last item of a
    /// list.
    pub pointer: String,
    /// What stands there; `null` removes what stands there.
    pub value: Json,
    /// Where it is written.
    pub at: Place,
}

#[cfg(feature = "render")]
impl Override {
    /// Returns the name of the property that the pointer is in.
    pub(crate) fn property(&self) -> String {
        self.pointer.split('/').nth(1).map(unescape).unwrap_or_default()
    }

    /// Applies the override to the properties.
    ///
    /// # Errors
    ///
    /// Says what the pointer does not hit.
    pub(crate) fn apply(&self, properties: &mut Json) -> Result<(), String> {
        let pointer = &self.pointer;
        let Some((parent, last)) = pointer.rsplit_once('/').filter(|_| pointer.starts_with('/')) else {
            return Err(format!("`{pointer}` is not a JSON pointer such as `/SSESpecification/SSEType`"));
        };
        let missing = || format!("there is nothing at `{pointer}`");
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
            (Some(_), _) => Err(format!("`{parent}` is neither a mapping nor a list")),
            (None, _) => Err(format!("there is no `{parent}`")),
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
    fn a_pointer_hits_what_it_names() {
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
    fn a_pointer_that_hits_nothing_is_named() {
        for (pointer, value, error) in [
            ("", json!(1), "`` is not a JSON pointer such as `/SSESpecification/SSEType`"),
            ("A/b", json!(1), "`A/b` is not a JSON pointer such as `/SSESpecification/SSEType`"),
            ("/", json!(1), "there is nothing at `/`"),
            ("/B/b", json!(1), "there is no `/B`"),
            ("/A/b/c", json!(1), "`/A/b` is neither a mapping nor a list"),
            ("/L/2", json!(1), "there is nothing at `/L/2`"),
            ("/L/x", json!(1), "there is nothing at `/L/x`"),
            ("/L/-", Json::Null, "there is nothing at `/L/-`"),
            ("/A/gone", Json::Null, "there is nothing at `/A/gone`"),
        ] {
            assert_eq!(apply(pointer, value).unwrap_err(), error, "{pointer}");
        }
    }
}
