//! Matches scalable targets with tables.
//!
//! A target refers to its table in `ResourceId`, by reference or as a literal. Changes of billing and capacity depend on it. A
//! target with a changed logical id is registered before the old one is deregistered.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::equality::{identity, text};
use crate::path::Path;
use crate::refs;
use crate::view::{SCALABLE_TARGET, Templates, billing_mode, entries, kind, property, resource};

/// The scalable targets of both templates.
#[derive(Debug)]
pub(crate) struct Scaling<'a> {
    deployed: Targets<'a>,
    wanted: Targets<'a>,
    /// What the deployed targets scale, and in which dimension.
    holders: BTreeMap<String, &'a str>,
}

#[derive(Debug, Default)]
struct Targets<'a> {
    by_reference: BTreeMap<&'a str, Vec<&'a str>>,
    by_name: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Scaling<'a> {
    pub(crate) fn of(deployed: &'a Value, wanted: &'a Value) -> Self {
        let holders = targets(deployed).filter_map(|(id, target)| Some((target_identity(target)?, id)));
        let holders = holders.collect();
        Self { deployed: Targets::of(deployed), wanted: Targets::of(wanted), holders }
    }

    /// Returns the ids of the targets that scale the table or its indexes in the deployed template.
    pub(crate) fn before(&self, id: &str, deployed: &Value) -> Vec<&'a str> {
        self.deployed.of_table(id, deployed)
    }

    /// Returns the ids of the targets that scale the table or its indexes in the wanted template.
    pub(crate) fn after(&self, id: &str, wanted: &Value) -> Vec<&'a str> {
        self.wanted.of_table(id, wanted)
    }

    /// Returns the id of the deployed target that scales the same as this one.
    pub(crate) fn holder(&self, target: &Value) -> Option<&'a str> {
        self.holders.get(&target_identity(target)?).copied()
    }
}

impl<'a> Targets<'a> {
    fn of(template: &'a Value) -> Self {
        let mut found = Self::default();
        for (id, target) in targets(template) {
            let Some(resource_id) = property(target, "ResourceId") else { continue };
            for name in refs::names(resource_id, &Path::default()) {
                found.by_reference.entry(name).or_default().push(id);
            }
            if let Some(name) = text(resource_id).as_deref().and_then(|id| id.strip_prefix("table/")) {
                let name = name.split("/index/").next().unwrap_or(name);
                found.by_name.entry(name.to_owned()).or_default().push(id);
            }
        }
        found
    }

    fn of_table(&self, id: &str, table: &Value) -> Vec<&'a str> {
        let name = property(table, "TableName").and_then(text);
        let by_name = name.and_then(|name| self.by_name.get(&name));
        self.by_reference.get(id).into_iter().chain(by_name).flatten().copied().collect()
    }
}

/// Returns whether a `ResourceId` names this index: `table/TABLE/index/INDEX`, in one text or joined of parts.
pub(crate) fn is_of_index(resource_id: &Value, index: &str) -> bool {
    match resource_id {
        Value::String(text) => {
            text == index || text.rsplit_once("index/").is_some_and(|(_, name)| name == index)
        }
        Value::Array(parts) => parts.iter().any(|part| is_of_index(part, index)),
        Value::Object(map) => map.values().any(|part| is_of_index(part, index)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns whether a table gets scalable targets with which it begins to be provisioned. It is switched first: a stray target of the
/// switch would be in the way.
pub(crate) fn gets_scaling(templates: Templates, id: &str) -> bool {
    let provisioned = |table: &&Value| billing_mode(table).as_deref() != Some("PAY_PER_REQUEST");
    let table = resource(templates.wanted, id).filter(provisioned);
    let targets = table.map(|table| templates.scaling.after(id, table)).unwrap_or_default();
    targets.iter().any(|target| resource(templates.deployed, target).is_none())
}

fn targets(template: &Value) -> impl Iterator<Item = (&str, &Value)> {
    entries(template, "Resources").filter(|(_, target)| kind(target) == Some(SCALABLE_TARGET))
}

/// The properties that are a target's primary identifier.
fn target_identity(target: &Value) -> Option<String> {
    if kind(target) != Some(SCALABLE_TARGET) {
        return None;
    }
    let part = |name| property(target, name).map(identity);
    Some([part("ServiceNamespace")?, part("ScalableDimension")?, part("ResourceId")?].join("|"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn target(resource_id: &Value) -> Value {
        let dimension = "dynamodb:table:ReadCapacityUnits";
        json!({ "Type": SCALABLE_TARGET, "Properties": { "ServiceNamespace": "dynamodb", "ScalableDimension": dimension, "ResourceId": resource_id } })
    }

    #[test]
    fn a_target_belongs_to_a_table_by_reference_or_by_name() {
        let template = json!({ "Resources": {
            "Notes": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "app-notes" } },
            "ByRef": target(&json!({ "Fn::Join": ["/", ["table", { "Ref": "Notes" }]] })),
            "BySub": target(&json!({ "Fn::Sub": "table/${Notes}/index/i" })),
            "ByName": target(&json!("table/app-notes/index/i")),
            "Other": target(&json!("table/app-notes-2")),
            "Odd": target(&json!(7)),
        } });
        let nothing = json!({});
        let scaling = Scaling::of(&template, &nothing);
        let mut ids = scaling.before("Notes", &template["Resources"]["Notes"]);
        ids.sort_unstable();
        assert_eq!(ids, ["ByName", "ByRef", "BySub"]);
        assert_eq!(scaling.before("Gone", &nothing), [] as [&str; 0]);
        assert_eq!(scaling.after("Notes", &template["Resources"]["Notes"]), [] as [&str; 0]);
    }

    #[test]
    fn a_target_is_the_same_by_its_identifier() {
        let deployed =
            json!({ "Resources": { "Old": target(&json!("table/a")), "Stays": target(&json!("table/b")) } });
        let wanted = json!({ "Resources": { "Stays": target(&json!("table/b")) } });
        let scaling = Scaling::of(&deployed, &wanted);
        assert_eq!(scaling.holder(&target(&json!("table/a"))), Some("Old"));
        assert_eq!(scaling.holder(&target(&json!("table/b"))), Some("Stays"));
        assert_eq!(scaling.holder(&target(&json!("table/c"))), None);
        assert_eq!(scaling.holder(&json!({ "Type": SCALABLE_TARGET })), None);
    }
}
