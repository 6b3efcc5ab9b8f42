//! Views of a template: its resources, and the properties of tables.
//!
//! The input can be any JSON. Missing and malformed values are `None` or empty.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::equality::{identity, is_no_value, same, text};
use crate::parameters::Parameters;
use crate::path::{Path, Segment, keyed};
use crate::scaling::Scaling;
use crate::{Change, PlanOptions};

pub(crate) const TABLE: &str = "AWS::DynamoDB::Table";
pub(crate) const GLOBAL_TABLE: &str = "AWS::DynamoDB::GlobalTable";
pub(crate) const SIMPLE_TABLE: &str = "AWS::Serverless::SimpleTable";
pub(crate) const SCALABLE_TARGET: &str = "AWS::ApplicationAutoScaling::ScalableTarget";
pub(crate) const SCALING_POLICY: &str = "AWS::ApplicationAutoScaling::ScalingPolicy";

/// What is compared, and on which terms.
#[derive(Clone, Copy)]
pub(crate) struct Templates<'a> {
    /// Both with everything written out that is known.
    pub(crate) deployed: &'a Value,
    pub(crate) wanted: &'a Value,
    /// The wanted template as it was written.
    pub(crate) written: &'a Value,
    pub(crate) before: &'a Parameters<'a>,
    pub(crate) after: &'a Parameters<'a>,
    /// Which logical ids have which table name in the deployed template: several where conditions exclude each other.
    pub(crate) holders: &'a BTreeMap<String, Vec<&'a str>>,
    /// The same of the wanted template.
    pub(crate) wanted_holders: &'a BTreeMap<String, Vec<&'a str>>,
    pub(crate) scaling: &'a Scaling<'a>,
    pub(crate) options: &'a PlanOptions,
}

impl<'a> Templates<'a> {
    /// Returns the logical id that has a table name in the deployed template, other than `id`; `None` where `id` itself has it.
    pub(crate) fn holder(&self, name: &str, id: &str) -> Option<&'a str> {
        let holders = self.holders.get(name)?;
        if holders.contains(&id) { None } else { holders.first().copied() }
    }

    /// Returns another table that always has the name of this one, in the same template: the two cannot be deployed.
    pub(crate) fn twin(&self, in_wanted: bool, id: &str) -> Option<&'a str> {
        let (template, holders) =
            if in_wanted { (self.wanted, self.wanted_holders) } else { (self.deployed, self.holders) };
        let always = |id: &str| resource(template, id).is_some_and(|table| table.get("Condition").is_none());
        let name = table_name(resource(template, id)?)?;
        let others = holders.get(&name)?.iter().take_while(|other| **other != id || !in_wanted);
        others.copied().find(|other| *other != id && always(other) && always(id))
    }
}

/// Returns the entries of a section; none when it is missing or not an object.
pub(crate) fn entries<'a>(template: &'a Value, section: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let map = template.get(section).and_then(Value::as_object);
    map.into_iter().flatten().map(|(id, entry)| (id.as_str(), entry))
}

pub(crate) fn resource<'a>(template: &'a Value, id: &str) -> Option<&'a Value> {
    template.get("Resources")?.get(id)
}

/// Returns all tables.
pub(crate) fn tables(template: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(template, "Resources").filter(|(_, resource)| kind(resource).is_some_and(is_table))
}

/// Returns the table's explicit name, an expression in its one spelling.
pub(crate) fn table_name(table: &Value) -> Option<String> {
    property(table, "TableName").map(identity)
}

/// Returns the logical ids of the tables by their explicit names.
pub(crate) fn holders(template: &Value) -> BTreeMap<String, Vec<&str>> {
    let mut holders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (id, table) in tables(template) {
        if let Some(name) = table_name(table) {
            holders.entry(name).or_default().push(id);
        }
    }
    holders
}

/// Returns whether a change is about a simple table of this template.
pub(crate) fn is_simple_table(template: &Value, change: &Change) -> bool {
    change.section == "Resources"
        && resource(template, &change.logical_id).and_then(kind) == Some(SIMPLE_TABLE)
}

/// Returns the resource's type.
pub(crate) fn kind(resource: &Value) -> Option<&str> {
    resource.get("Type")?.as_str()
}

/// Returns a property; `AWS::NoValue` counts as not written.
pub(crate) fn property<'a>(resource: &'a Value, name: &str) -> Option<&'a Value> {
    resource.get("Properties")?.get(name).filter(|value| !is_no_value(value))
}

/// Returns whether resources of this type are tables: what they hold cannot be made again.
pub(crate) fn is_table(kind: &str) -> bool {
    matches!(kind, TABLE | GLOBAL_TABLE | SIMPLE_TABLE)
}

pub(crate) fn is_scaling(kind: &str) -> bool {
    matches!(kind, SCALABLE_TARGET | SCALING_POLICY)
}

/// Returns whether CloudFormation leaves the resource alone when it drops it: on removal by `DeletionPolicy`, on
/// replacement by `UpdateReplacePolicy`. An expression counts as no, since its value is not known here.
pub(crate) fn retains(resource: &Value, policy: &str) -> bool {
    let policy = resource.get(policy).and_then(Value::as_str);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
}

/// Returns whether `DeleteTable` is refused for this table (any replica of a global table).
pub(crate) fn is_protected(resource: &Value) -> bool {
    let on = |holder: Option<&Value>| holder.and_then(text).as_deref() == Some("true");
    let replicas = property(resource, "Replicas").and_then(Value::as_array);
    on(property(resource, "DeletionProtectionEnabled"))
        || replicas.is_some_and(|replicas| {
            replicas.iter().any(|replica| on(replica.get("DeletionProtectionEnabled")))
        })
}

/// Returns the names of all attributes that key schemas inside the value use, and the search schemas of vector indexes.
pub(crate) fn key_attributes(value: &Value) -> BTreeSet<String> {
    fn collect(value: &Value, in_key: bool, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                for (name, value) in map {
                    if in_key && name == "AttributeName" {
                        names.insert(identity(value));
                    } else {
                        collect(value, in_key || matches!(&**name, "KeySchema" | "SearchSchema"), names);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, in_key, names)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut names = BTreeSet::new();
    collect(value, false, &mut names);
    names
}

/// Returns the attributes of the table's own key and of its local indexes: fixed for the life of the table.
pub(crate) fn fixed_attributes(resource: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Some(key) = property(resource, "KeySchema") {
        names.append(&mut key_attributes(&serde_json::json!({ "KeySchema": key })));
    }
    if let Some(indexes) = property(resource, "LocalSecondaryIndexes") {
        names.append(&mut key_attributes(indexes));
    }
    names
}

/// Returns the table's indexes that come and go, by name: global secondary ones, then vector indexes. `None` when a list cannot be read
/// element by element.
pub(crate) fn indexes(resource: &Value) -> Option<Vec<(String, &Value)>> {
    let mut indexes = named(resource, "GlobalSecondaryIndexes")?;
    indexes.append(&mut named(resource, "VectorIndexes")?);
    Some(indexes)
}

/// Returns the attribute definitions by attribute name; `None` when they cannot be read.
pub(crate) fn definitions(resource: &Value) -> Option<Vec<(String, &Value)>> {
    named(resource, "AttributeDefinitions")
}

fn named<'a>(resource: &'a Value, list: &str) -> Option<Vec<(String, &'a Value)>> {
    let Some(value) = property(resource, list) else { return Some(Vec::new()) };
    let named = keyed(list, value.as_array()?)?.into_iter();
    named
        .map(
            |(segment, item)| {
                if let Segment::Item { name, .. } = segment { Some((name, item)) } else { None }
            },
        )
        .collect()
}

/// Returns the table's name for messages: as written, or the logical id when it is generated or an expression.
pub(crate) fn display_name(id: &str, resource: &Value) -> String {
    property(resource, "TableName").and_then(text).unwrap_or_else(|| id.to_owned())
}

/// Returns the billing mode, `None` when it is an expression.
pub(crate) fn billing_mode(resource: &Value) -> Option<String> {
    property(resource, "BillingMode").map_or_else(|| Some("PROVISIONED".to_owned()), text)
}

/// Returns whether both sides have the same explicit name, so that CloudFormation refuses to replace the table.
/// A name under a condition does not count: without it, CloudFormation generates one.
pub(crate) fn is_custom_named(deployed: &Value, wanted: &Value) -> bool {
    let names = (property(deployed, "TableName"), property(wanted, "TableName"));
    matches!(names, (Some(a), Some(b)) if same("TableName", a, b) && !b.to_string().contains("AWS::NoValue"))
}

/// Returns the path of a property of a resource.
pub(crate) fn property_path(id: &str, property: &str) -> Path {
    Path::entry("Resources", id).key("Properties").key(property)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn key_attributes_are_found_behind_conditions_and_in_the_legacy_form() {
        let names = |value: Value| key_attributes(&value).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(
            names(json!([{ "IndexName": "i", "KeySchema": [{ "AttributeName": "g", "KeyType": "HASH" }] }])),
            "g"
        );
        assert_eq!(names(json!({ "KeySchema": { "HashKeyElement": { "AttributeName": "h" } } })), "h");
        assert_eq!(
            names(
                json!({ "Fn::If": ["C", { "KeySchema": [{ "AttributeName": { "Ref": "P" } }] }, { "Ref": "AWS::NoValue" }] })
            ),
            r#"{"Ref":"P"}"#
        );
        assert_eq!(names(json!({ "AttributeName": "not a key" })), "");
    }

    #[test]
    fn names_under_a_condition_are_not_custom_names() {
        let table = |name: Value| json!({ "Properties": { "TableName": name } });
        let check =
            |a: Value, b: Value, expected: bool| assert_eq!(is_custom_named(&table(a), &table(b)), expected);
        check(json!("a"), json!("a"), true);
        check(json!({ "Fn::Sub": "${E}-a" }), json!({ "Fn::Sub": "${E}-a" }), true);
        check(json!("a"), json!("b"), false);
        let conditional = json!({ "Fn::If": ["C", "a", { "Ref": "AWS::NoValue" }] });
        check(conditional.clone(), conditional, false);
        check(json!({ "Ref": "AWS::NoValue" }), json!({ "Ref": "AWS::NoValue" }), false);
    }
}
