//! Paths into a template that stay valid if lists change.
//!
//! Items of keyed lists (indexes, tags, …) are identified by their name, not by their position, as positions differ in the
//! templates of intermediate steps.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::equality::list_semantics::list_member;
use crate::equality::{identity, intrinsic, is_no_value};

/// One step down into a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// A member of an object.
    Key(String),
    /// An element of a keyed list: its name, and where it stands in the template that shows it.
    Item { name: String, at: usize },
    /// An element of any other list.
    At(usize),
}

/// A place in a template, from its root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(pub(crate) Vec<Segment>);

impl Path {
    /// Returns the path of an entry of a section, such as `/Resources/Notes`.
    pub(crate) fn entry(section: &str, id: &str) -> Self {
        Self::default().key(section).key(id)
    }

    pub(crate) fn key(&self, key: &str) -> Self {
        self.join(Segment::Key(key.to_owned()))
    }

    pub(crate) fn join(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// Returns the object key at this position, counted from the root.
    pub(crate) fn key_at(&self, at: usize) -> Option<&str> {
        match self.0.get(at)? {
            Segment::Key(key) => Some(key),
            Segment::Item { .. } | Segment::At(_) => None,
        }
    }

    /// Returns the last object key on the way: the name of the property that the place belongs to.
    pub(crate) fn property(&self) -> &str {
        let keys = self.0.iter().rev().filter_map(|segment| match segment {
            Segment::Key(key) if key != "Fn::If" => Some(key.as_str()),
            Segment::Key(_) | Segment::Item { .. } | Segment::At(_) => None,
        });
        keys.into_iter().next().unwrap_or_default()
    }

    /// Returns the JSON pointer below the first `skip` segments.
    pub(crate) fn pointer(&self, skip: usize) -> String {
        let mut pointer = String::new();
        for segment in self.0.iter().skip(skip) {
            pointer.push('/');
            match segment {
                Segment::Key(key) => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
                Segment::Item { at, .. } | Segment::At(at) => pointer.push_str(&at.to_string()),
            }
        }
        pointer
    }

    /// Returns the pattern that rules are looked up by: `GlobalSecondaryIndexes/*/KeySchema`, below the first
    /// `skip` segments. The branches of an `Fn::If` are transparent: each is judged like the value itself.
    pub(crate) fn pattern(&self, skip: usize) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut segments = self.0.iter().skip(skip);
        while let Some(segment) = segments.next() {
            match segment {
                Segment::Key(key) if key == "Fn::If" => drop(segments.next()),
                Segment::Key(key) => parts.push(key),
                Segment::Item { .. } => parts.push("*"),
                Segment::At(_) => parts.push("#"),
            }
        }
        parts.join("/")
    }

    /// Returns the path up to and including the first element of the list `property`, and that element's name.
    pub(crate) fn item_of(&self, property: &str) -> Option<(Self, &str)> {
        let list =
            self.0.iter().position(|segment| matches!(segment, Segment::Key(key) if key == property))?;
        let item = self.0[list..].iter().position(|segment| matches!(segment, Segment::Item { .. }))? + list;
        let Segment::Item { name, .. } = &self.0[item] else { return None };
        Some((Self(self.0[..=item].to_vec()), name))
    }

    /// Returns the path up to and including the index of a table that this place is in or at, and that index's name: of a global
    /// secondary index or of a vector index.
    pub(crate) fn index(&self) -> Option<(Self, &str)> {
        self.item_of("GlobalSecondaryIndexes").or_else(|| self.item_of("VectorIndexes"))
    }

    /// Returns the value at this place.
    pub(crate) fn get<'a>(&self, template: &'a Value) -> Option<&'a Value> {
        let mut value = template;
        let mut list = "";
        for segment in &self.0 {
            value = match segment {
                Segment::Key(key) => value.get(key)?,
                Segment::Item { name, .. } => {
                    value.as_array()?.iter().find(|item| names(list, item, name))?
                }
                Segment::At(at) => value.get(at)?,
            };
            list = list_name(list, segment);
        }
        Some(value)
    }

    /// Sets the value at this path, or removes it for `None`. Missing containers on the path are created, and
    /// those that become empty are removed: DynamoDB answers `List of GlobalSecondaryIndexes is empty`.
    pub(crate) fn write(&self, template: &mut Value, to: Option<&Value>) {
        write(template, "", &self.0, to);
    }
}

/// Returns the members of an object or the elements of a list, each with its segment.
pub(crate) fn children<'a>(name: &str, value: &'a Value) -> Vec<(Segment, &'a Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (Segment::Key(key.clone()), value)).collect(),
        Value::Array(items) => match keyed(name, items) {
            Some(keyed) => keyed,
            None => items.iter().enumerate().map(|(at, item)| (Segment::At(at), item)).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// Returns the elements by name if the order of the list has no meaning and every element has a unique name; `None`
/// otherwise.
pub(crate) fn keyed<'a>(name: &str, items: &'a [Value]) -> Option<Vec<(Segment, &'a Value)>> {
    let member = list_member(name)?;
    let mut seen = BTreeSet::new();
    let mut keyed = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate().filter(|(_, item)| !is_no_value(item)) {
        let name = item_name(item, member)?;
        if !seen.insert(name.clone()) {
            return None;
        }
        keyed.push((Segment::Item { name, at }, item));
    }
    Some(keyed)
}

/// The name of a list element. An element under a condition has the name of its branch.
fn item_name(item: &Value, member: &str) -> Option<String> {
    if let Some(("Fn::If", Value::Array(branches))) = intrinsic(item) {
        return branches.iter().skip(1).find_map(|branch| item_name(branch, member));
    }
    item.get(member).map(identity)
}

fn names(list: &str, item: &Value, name: &str) -> bool {
    list_member(list).and_then(|member| item_name(item, member)).is_some_and(|found| found == name)
}

/// The name of the list that the next segment stands in.
fn list_name<'a>(list: &'a str, segment: &'a Segment) -> &'a str {
    match segment {
        Segment::Key(key) if key == "Fn::If" => list,
        Segment::Key(key) => key,
        Segment::At(_) => list,
        Segment::Item { .. } => "",
    }
}

fn write(at: &mut Value, list: &str, path: &[Segment], to: Option<&Value>) {
    let Some((segment, rest)) = path.split_first() else {
        if let Some(value) = to {
            *at = value.clone();
        }
        return;
    };
    let inner = list_name(list, segment);
    match (segment, at) {
        (Segment::Key(key), Value::Object(map)) => write_member(map, key, inner, rest, to),
        (Segment::Item { name, .. }, Value::Array(items)) => {
            match (items.iter().position(|item| names(list, item, name)), to) {
                (Some(at), None) if rest.is_empty() => drop(items.remove(at)),
                (Some(at), _) => write(&mut items[at], inner, rest, to),
                (None, Some(value)) if rest.is_empty() => items.push(value.clone()),
                // Part of an element that is not there: nothing can be meant.
                (None, _) => {}
            }
        }
        (Segment::At(at), Value::Array(items)) => {
            let Some(item) = items.get_mut(*at) else { return };
            if rest.is_empty() {
                // A position must stay: it is the branch of an `Fn::If`, or its neighbours are named by position.
                *item = to.cloned().unwrap_or_else(|| json!({ "Ref": "AWS::NoValue" }));
            } else {
                write(item, inner, rest, to);
            }
        }
        (Segment::Key(_) | Segment::Item { .. } | Segment::At(_), _) => {}
    }
}

fn write_member(map: &mut Map<String, Value>, key: &str, inner: &str, rest: &[Segment], to: Option<&Value>) {
    match (rest.first(), to) {
        (None, Some(value)) => drop(map.insert(key.to_owned(), value.clone())),
        (None, None) => remove(map, key),
        (Some(next), Some(_)) => {
            let child = map.entry(key).or_insert_with(|| match next {
                Segment::Key(_) => json!({}),
                Segment::Item { .. } | Segment::At(_) => json!([]),
            });
            write(child, inner, rest, to);
        }
        (Some(_), None) => {
            let Some(child) = map.get_mut(key) else { return };
            let was_empty = is_empty(child);
            write(child, inner, rest, to);
            if is_empty(child) && !was_empty {
                remove(map, key);
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Removes a member and keeps the order of the others, which `Map::remove` does not with `preserve_order`.
fn remove(map: &mut Map<String, Value>, key: &str) {
    if map.contains_key(key) {
        *map = std::mem::take(map).into_iter().filter(|(name, _)| name != key).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({ "Resources": { "T": { "Properties": {
            "BillingMode": { "Fn::If": ["Prod", "PROVISIONED", "PAY_PER_REQUEST"] },
            "GlobalSecondaryIndexes": [
                { "IndexName": "a", "Projection": { "ProjectionType": "ALL" } },
                { "Fn::If": ["Prod", { "IndexName": "b" }, { "Ref": "AWS::NoValue" }] },
            ],
        } } } })
    }

    fn index(name: &str, at: usize) -> Path {
        let list = Path::entry("Resources", "T").key("Properties").key("GlobalSecondaryIndexes");
        list.join(Segment::Item { name: name.to_owned(), at })
    }

    #[test]
    fn a_path_reads_what_it_wrote() {
        let mut template = template();
        let place = index("c", 2);
        place.write(&mut template, Some(&json!({ "IndexName": "c" })));
        assert_eq!(place.get(&template), Some(&json!({ "IndexName": "c" })));
        place.key("Projection").key("ProjectionType").write(&mut template, Some(&json!("KEYS_ONLY")));
        assert_eq!(
            place.get(&template),
            Some(&json!({ "IndexName": "c", "Projection": { "ProjectionType": "KEYS_ONLY" } }))
        );
    }

    #[test]
    fn elements_are_found_by_name_wherever_they_stand() {
        let mut template = template();
        index("a", 0).write(&mut template, None);
        assert_eq!(index("a", 0).get(&template), None);
        let conditional = index("b", 1);
        assert!(conditional.get(&template).is_some());
        let branch = conditional.key("Fn::If").join(Segment::At(1)).key("KeySchema");
        branch.write(&mut template, Some(&json!([])));
        assert_eq!(branch.get(&template), Some(&json!([])));
        assert_eq!(branch.pattern(3), "GlobalSecondaryIndexes/*/KeySchema");
    }

    #[test]
    fn what_becomes_empty_goes_away_with_its_last_part() {
        let mut template = template();
        index("a", 0).write(&mut template, None);
        index("b", 1).write(&mut template, None);
        let properties = Path::entry("Resources", "T").key("Properties");
        assert_eq!(properties.key("GlobalSecondaryIndexes").get(&template), None);
        properties.key("BillingMode").write(&mut template, None);
        assert_eq!(template, json!({}));
    }

    #[test]
    fn a_branch_without_value_stays_a_branch() {
        let mut template = template();
        let branch = Path::entry("Resources", "T").key("Properties").key("BillingMode").key("Fn::If");
        branch.join(Segment::At(2)).write(&mut template, None);
        assert_eq!(branch.get(&template), Some(&json!(["Prod", "PROVISIONED", { "Ref": "AWS::NoValue" }])));
    }

    #[test]
    fn pointers_are_escaped_and_lead_to_the_value() {
        let template = json!({ "Outputs": { "a/b": { "~": [1] } } });
        let path = Path::entry("Outputs", "a/b").key("~").join(Segment::At(0));
        assert_eq!(path.pointer(0), "/Outputs/a~1b/~0/0");
        assert_eq!(path.pointer(2), "/~0/0");
        assert_eq!(template.pointer(&path.pointer(0)), path.get(&template));
    }

    #[test]
    fn writing_where_nothing_fits_changes_nothing() {
        for odd in [
            json!(null),
            json!("x"),
            json!([1]),
            json!({ "Resources": [] }),
            json!({ "Resources": { "T": 5 } }),
        ] {
            let mut template = odd.clone();
            index("a", 0).write(&mut template, None);
            assert_eq!(template, odd);
        }
    }
}
