//! The `AttributeDefinitions` of an intermediate template: one for each key attribute in it.
//!
//! DynamoDB rejects unused and missing definitions, so every step has its own list.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::path::Path;
use crate::view::{
    Templates, definitions, fixed_attributes, indexes, key_attributes, property, property_path, resource,
};

/// Writes the attribute definitions of a table for the indexes it has now. `created` names the indexes that already have
/// their wanted definition: an attribute keeps its deployed type as long as a deployed key uses it.
pub(crate) fn recompute(template: &mut Value, templates: Templates, id: &str, created: &BTreeSet<String>) {
    let place: Path = property_path(id, "AttributeDefinitions");
    let Some(list) = list(template, templates, id, created) else { return };
    place.write(template, Some(&Value::Array(list)));
}

/// Returns whether the definitions of a table can be recomputed: on both sides they must be lists of named elements, and the names
/// of key attributes must be known.
pub(crate) fn is_separable(templates: Templates, id: &str) -> bool {
    let is_name = |name: &String| !name.starts_with('{');
    let readable = |template| {
        let Some(table) = resource(template, id) else { return false };
        let lists = ["GlobalSecondaryIndexes", "VectorIndexes"].map(|list| property(table, list));
        let mut keys = lists.into_iter().flatten().flat_map(key_attributes);
        definitions(table).is_some_and(|defined| defined.iter().all(|(name, _)| is_name(name)))
            && fixed_attributes(table).iter().all(is_name)
            && keys.all(|name| is_name(&name))
    };
    readable(templates.deployed) && readable(templates.wanted)
}

fn list(template: &Value, templates: Templates, id: &str, created: &BTreeSet<String>) -> Option<Vec<Value>> {
    let table = resource(template, id)?;
    let before = definitions(resource(templates.deployed, id)?)?;
    let after = definitions(resource(templates.wanted, id)?)?;
    let fixed = fixed_attributes(table);
    let lists = ["GlobalSecondaryIndexes", "VectorIndexes"].map(|list| property(table, list));
    let all: BTreeSet<String> = lists.into_iter().flatten().flat_map(key_attributes).collect();
    let used: BTreeSet<&String> = fixed.union(&all).collect();
    let old = indexes(table).map_or_else(
        || all.clone(),
        |indexes| {
            let old = indexes.iter().filter(|(name, _)| !created.contains(name));
            old.flat_map(|(_, index)| key_attributes(index)).collect()
        },
    );
    let deployed_type = |name: &String| fixed.contains(name) || old.contains(name);
    let find = |list: &[(String, &Value)], name: &String| {
        list.iter().find(|(other, _)| other == name).map(|(_, definition)| (*definition).clone())
    };
    let names = before.iter().chain(after.iter().filter(|(name, _)| find(&before, name).is_none()));
    let used = names.map(|(name, _)| name).filter(|name| used.contains(name));
    used.map(|name| {
        let (before, after) = (find(&before, name), find(&after, name));
        if deployed_type(name) { before.or(after) } else { after.or(before) }
    })
    .collect()
}
