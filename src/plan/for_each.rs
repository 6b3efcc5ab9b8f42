//! Expands the loops of `AWS::LanguageExtensions`, `Fn::ForEach::NAME: [IDENTIFIER, COLLECTION, { KEY: VALUE }]`.
//!
//! In: both templates, and the known values of their parameters. Out: the same with each loop replaced by its entries, where the
//! collection is known on every side that has the loop: then a table that leaves a collection is a table that is removed. The other
//! loops stay, since only CloudFormation knows their entries.
//!
//! For each element of the collection, `${IDENTIFIER}` in keys and texts is its text, `&{IDENTIFIER}` the letters and digits of it, and
//! `Ref: IDENTIFIER` its value (CloudFormation user guide, "Fn::ForEach").

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::PlanOptions;
use crate::equality::text;
use crate::parameters::{self, Parameters};

const LOOP: &str = "Fn::ForEach::";

/// More entries than any template can have: what is larger stays a loop.
const MOST_ENTRIES: usize = 10_000;

/// Returns whether a key is that of a loop.
pub(crate) fn is_loop(key: &str) -> bool {
    key.starts_with(LOOP)
}

/// Returns the deployed and the wanted template with their loops expanded; `None` if neither has any.
pub(crate) fn expanded(deployed: &Value, wanted: &Value, options: &PlanOptions) -> Option<(Value, Value)> {
    if !has_loop(deployed) && !has_loop(wanted) {
        return None;
    }
    let (before, after) = parameters::of_both(deployed, wanted, options);
    let mut kept = BTreeSet::new();
    for (template, known) in [(deployed, &before), (wanted, &after)] {
        let mut loops = Loops::new(known, BTreeSet::new());
        loops.is_extended = is_extended(template);
        loops.expand(template);
        kept.append(&mut loops.unknown);
    }
    Some((Loops::new(&before, kept.clone()).expand(deployed), Loops::new(&after, kept).expand(wanted)))
}

/// Returns whether a template has the transform without which CloudFormation refuses loops.
fn is_extended(template: &Value) -> bool {
    const TRANSFORM: &str = "AWS::LanguageExtensions";
    match template.get("Transform") {
        Some(Value::Array(names)) => names.iter().any(|name| name == TRANSFORM),
        one => one.is_some_and(|name| name == TRANSFORM),
    }
}

fn has_loop(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| is_loop(key) || has_loop(value)),
        Value::Array(items) => items.iter().any(has_loop),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The loops of one template.
struct Loops<'a> {
    known: &'a Parameters<'a>,
    /// Whether the template may have loops at all.
    is_extended: bool,
    /// The keys of the loops that stay.
    kept: BTreeSet<String>,
    /// The keys of the loops whose collection is not known.
    unknown: BTreeSet<String>,
    /// How many entries may still be written.
    room: usize,
}

impl<'a> Loops<'a> {
    fn new(known: &'a Parameters<'a>, kept: BTreeSet<String>) -> Self {
        Self { known, is_extended: true, kept, unknown: BTreeSet::new(), room: MOST_ENTRIES }
    }

    fn expand(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let mut entries = Map::new();
                for (key, value) in map {
                    match is_loop(key).then(|| self.entries(key, value)) {
                        Some(Some(more)) => entries.extend(more),
                        Some(None) => drop(entries.insert(key.clone(), value.clone())),
                        None => drop(entries.insert(key.clone(), self.expand(value))),
                    }
                }
                Value::Object(entries)
            }
            Value::Array(items) => items.iter().map(|item| self.expand(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    /// Returns the entries of a loop; `None` where it stays.
    fn entries(&mut self, key: &str, body: &Value) -> Option<Map<String, Value>> {
        if self.kept.contains(key) {
            return None;
        }
        let collection = self.collection(body).filter(|_| self.is_extended);
        let entries = collection.and_then(|(identifier, elements, map)| {
            let mut entries = Map::new();
            for element in elements {
                self.room = self.room.checked_sub(map.len())?;
                let one = substitute(&Value::Object(map.clone()), identifier, &element);
                // Loops inside can range over what this one has filled in.
                let Value::Object(one) = self.expand(&one) else { return None };
                entries.extend(one);
            }
            Some(entries)
        });
        if entries.is_none() {
            self.unknown.insert(key.to_owned());
        }
        entries
    }

    /// Reads a loop: its identifier, the elements of its collection, and what is written for each.
    fn collection<'b>(&self, body: &'b Value) -> Option<(&'b str, Vec<String>, &'b Map<String, Value>)> {
        let [identifier, collection, map] = body.as_array()?.as_slice() else { return None };
        let collection = self.known.resolve(collection).unwrap_or_else(|| collection.clone());
        let elements = collection.as_array()?.iter().map(|element| {
            let element = self.known.resolve(element).unwrap_or_else(|| element.clone());
            match element {
                // A parameter of a list type among literal elements.
                Value::Array(several) => several.iter().map(text).collect::<Option<Vec<String>>>(),
                one => Some(vec![text(&one)?]),
            }
        });
        let elements: Option<Vec<Vec<String>>> = elements.collect();
        Some((identifier.as_str()?, elements?.concat(), map.as_object()?))
    }
}

/// Returns the value with an element in the place of the identifier.
fn substitute(value: &Value, identifier: &str, element: &str) -> Value {
    let letters: String = element.chars().filter(char::is_ascii_alphanumeric).collect();
    let fill = |text: &str| {
        text.replace(&format!("${{{identifier}}}"), element).replace(&format!("&{{{identifier}}}"), &letters)
    };
    match value {
        Value::String(text) => Value::String(fill(text)),
        Value::Array(items) => items.iter().map(|item| substitute(item, identifier, element)).collect(),
        Value::Object(_) if *value == json!({ "Ref": identifier }) => Value::String(element.to_owned()),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (fill(key), substitute(value, identifier, element))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
