//! Detects tables whose logical id changed.
//!
//! CloudFormation identifies a resource by its logical id only, so a changed logical id creates one table and removes another. A
//! table is recognized by its name. If the name is another one too, as names usually follow from the logical id, or is generated,
//! the table is recognized by its key and its indexes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tablewright_template::nearest;

use crate::equality::identity;
use crate::view::{Templates, definitions, fixed_attributes, property, resource, table_name, tables};

/// The tables with another logical id in the wanted template.
pub(crate) struct Renames<'a> {
    /// New logical id → old logical id and resource.
    pairs: BTreeMap<&'a str, (&'a str, &'a Value)>,
    gone: BTreeSet<&'a str>,
}

impl<'a> Renames<'a> {
    pub(crate) fn between(templates: Templates<'a>) -> Self {
        let only_in = |a: &'a Value, b: &'a Value| {
            tables(a).filter(move |(id, _)| resource(b, id).is_none()).collect::<Vec<_>>()
        };
        let mut pairs = by_name(templates);
        // The others are matched by likeness: identical ones first, so that a similar table does not take the partner of an
        // identical one.
        let mut gone = only_in(templates.deployed, templates.wanted);
        let mut new = only_in(templates.wanted, templates.deployed);
        gone.retain(|(id, _)| !pairs.values().any(|(old, _)| old == id));
        new.retain(|(id, _)| !pairs.contains_key(id));
        for likeness in [everything, key_and_indexes, key] {
            let mut old: BTreeMap<String, Vec<(&str, &Value)>> = BTreeMap::new();
            for (id, table) in &gone {
                if let Some(likeness) = likeness(table) {
                    old.entry(likeness).or_default().push((id, table));
                }
            }
            new.retain(|(id, table)| {
                let partner = likeness(table).and_then(|likeness| take_nearest(id, old.get_mut(&likeness)?));
                partner.is_none_or(|partner| pairs.insert(*id, partner).is_some())
            });
            gone.retain(|(id, _)| !pairs.values().any(|(old, _)| old == id));
        }
        let gone = pairs.values().map(|(old, _)| *old).collect();
        Self { pairs, gone }
    }

    /// Returns the logical id and the resource that this one had in the deployed template.
    pub(crate) fn previous(&self, id: &str) -> Option<(&'a str, &'a Value)> {
        self.pairs.get(id).copied()
    }

    /// Returns whether the table with this deployed logical id has another one in the wanted template.
    pub(crate) fn is_renamed(&self, id: &str) -> bool {
        self.gone.contains(id)
    }
}

/// Two tables with the same name are the same table, whatever their types, unless the old logical id keeps the name.
fn by_name<'a>(templates: Templates<'a>) -> BTreeMap<&'a str, (&'a str, &'a Value)> {
    let mut pairs = BTreeMap::new();
    let mut taken = BTreeSet::new();
    for (id, table) in tables(templates.wanted) {
        let Some(old) = table_name(table).and_then(|name| templates.holder(&name, id)) else { continue };
        let keeps = resource(templates.wanted, old).and_then(table_name)
            == resource(templates.deployed, old).and_then(table_name);
        if let Some(deployed) = resource(templates.deployed, old)
            && !keeps
            && taken.insert(old)
        {
            pairs.insert(id, (old, deployed));
        }
    }
    pairs
}

/// Takes the table whose logical id is most similar, or else the first one.
fn take_nearest<'a>(id: &str, tables: &mut Vec<(&'a str, &'a Value)>) -> Option<(&'a str, &'a Value)> {
    let nearest = nearest(id, tables.iter().map(|(id, _)| *id));
    let at = tables.iter().position(|(id, _)| nearest.is_none_or(|nearest| nearest == *id))?;
    Some(tables.remove(at))
}

fn everything(table: &Value) -> Option<String> {
    let unnamed = property(table, "TableName").is_none() && table.get("Properties").is_some();
    unnamed.then(|| identity(&json!([table.get("Type"), table.get("Properties")])))
}

/// What a table is, whatever its name and its settings are: its type, its key and its indexes with the types of their attributes.
fn key_and_indexes(table: &Value) -> Option<String> {
    let mut indexes: Vec<String> = Vec::new();
    for list in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes", "VectorIndexes"] {
        let Some(list) = property(table, list) else { continue };
        for index in list.as_array()? {
            let part = |name| index.get(name);
            indexes.push(identity(&json!([part("IndexName"), part("KeySchema"), part("SearchSchema")])));
        }
    }
    indexes.sort_unstable();
    let types: Vec<&Value> = definitions(table)?.into_iter().map(|(_, definition)| definition).collect();
    Some(identity(&json!({
        "type": table.get("Type"),
        "key": property(table, "KeySchema")?,
        // Sorted by `identity`, since the name of this member is one whose lists are sets.
        "AttributeDefinitions": types,
        "indexes": indexes,
    })))
}

/// The key of a table whose name is generated.
fn key(table: &Value) -> Option<String> {
    let key = property(table, "KeySchema").or_else(|| property(table, "PrimaryKey"))?;
    let fixed = fixed_attributes(table);
    let types: Vec<&Value> = definitions(table)?
        .into_iter()
        .filter(|(name, _)| fixed.contains(name))
        .map(|(_, definition)| definition)
        .collect();
    let likeness = json!({ "type": table.get("Type"), "key": key, "AttributeDefinitions": types });
    property(table, "TableName").is_none().then(|| identity(&likeness))
}
