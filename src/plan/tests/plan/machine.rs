//! A second opinion: the rules of CloudFormation and DynamoDB for templates and updates, as far as the planner's
//! steps can break them, written without the planner's code.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Returns why AWS would reject the template.
pub(crate) fn template_faults(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, table) in tables(template) {
        let properties = &table["Properties"];
        let mut used = key_names(&properties["KeySchema"]);
        let indexes = indexes(properties);
        for index in indexes.values() {
            used.extend(key_names(&index["KeySchema"]));
        }
        let defined: BTreeSet<String> =
            elements(&properties["AttributeDefinitions"]).map(|d| text(&d["AttributeName"])).collect();
        if used != defined {
            faults.push(format!("{id}: keys use {used:?}, defined are {defined:?}"));
        }
        if indexes.len() != elements(&properties["GlobalSecondaryIndexes"]).count() || indexes.len() > 20 {
            faults.push(format!("{id}: {} indexes", indexes.len()));
        }
        if properties["GlobalSecondaryIndexes"].as_array().is_some_and(Vec::is_empty) {
            faults.push(format!("{id}: an empty list of indexes"));
        }
        let provisioned = properties["BillingMode"] != "PAY_PER_REQUEST";
        for holder in [properties].into_iter().chain(indexes.values().copied()) {
            if holder["ProvisionedThroughput"].is_null() == provisioned {
                faults.push(format!("{id}: capacity does not fit the billing mode: {holder}"));
            }
        }
    }
    let known: BTreeSet<String> = ["Resources", "Parameters"]
        .iter()
        .flat_map(|section| members(&template[section]))
        .map(|(id, _)| id)
        .collect();
    for name in references(template) {
        if !known.contains(&name) {
            faults.push(format!("nothing is called {name}"));
        }
    }
    faults
}

/// Returns why AWS would reject the update, or how it would lose data.
pub(crate) fn update_faults(before: &Value, after: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut changes_indexes = false;
    for (id, old) in tables(before) {
        let new = &after["Resources"][id.as_str()];
        if new.is_null() {
            faults.push(format!("{id} is removed"));
            continue;
        }
        let (old, new) = (&old["Properties"], &new["Properties"]);
        let (a, b) = (indexes(old), indexes(new));
        let ops = a.keys().filter(|name| !b.contains_key(*name)).count()
            + b.keys().filter(|name| !a.contains_key(*name)).count();
        changes_indexes |= ops > 0;
        if ops > 1 {
            faults.push(format!(
                "{id}: Cannot perform more than one GSI creation or deletion in a single update"
            ));
        }
        for (name, index) in &a {
            let fixed = |index: &Value| (index["KeySchema"].clone(), index["Projection"].clone());
            if b.get(name).is_some_and(|other| fixed(index) != fixed(other)) {
                faults.push(format!("{id}: index {name} changes what it is"));
            }
        }
        let types = |properties: &Value| {
            elements(&properties["AttributeDefinitions"])
                .map(|d| (text(&d["AttributeName"]), text(&d["AttributeType"])))
                .collect::<BTreeMap<_, _>>()
        };
        let types_after = types(new);
        for (name, kind) in types(old) {
            if types_after.get(&name).is_some_and(|other| *other != kind) {
                faults.push(format!("{id}: {name} changes its type in place"));
            }
        }
        for fixed in ["TableName", "KeySchema", "LocalSecondaryIndexes"] {
            if old[fixed] != new[fixed] {
                faults.push(format!("{id}: {fixed} changes"));
            }
        }
        let on = |properties: &Value| {
            (properties["TimeToLiveSpecification"]["Enabled"] == true)
                .then(|| properties["TimeToLiveSpecification"]["AttributeName"].clone())
        };
        if let (Some(a), Some(b)) = (on(old), on(new))
            && a != b
        {
            faults.push(format!("{id}: TimeToLive is active on a different AttributeName"));
        }
        let stream = |properties: &Value| properties["KinesisStreamSpecification"]["StreamArn"].clone();
        if !stream(old).is_null() && !stream(new).is_null() && stream(old) != stream(new) {
            faults.push(format!("{id}: EnableKinesisStreamingDestination must be DISABLED"));
        }
        let scales = |target: &Value| {
            target["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget"
                && references(&target["Properties"]["ResourceId"]).contains(&id)
        };
        let targets = |template: &Value| -> BTreeSet<String> {
            members(&template["Resources"])
                .into_iter()
                .filter(|(_, target)| scales(target))
                .map(|(id, _)| id)
                .collect()
        };
        if old["BillingMode"] != new["BillingMode"] && targets(before) != targets(after) {
            faults.push(format!("{id}: billing and scaling change together"));
        }
        let exclusive: Vec<&str> = [
            "DeletionProtectionEnabled",
            "TableClass",
            "SSESpecification",
            "StreamSpecification",
            "BillingMode",
        ]
        .into_iter()
        .filter(|name| old[*name] != new[*name])
        .collect();
        let throughput = old["ProvisionedThroughput"] != new["ProvisionedThroughput"]
            && !exclusive.contains(&"BillingMode");
        if exclusive.len() + usize::from(throughput) > 1 {
            faults
                .push(format!("{id}: {exclusive:?} modification must be the only operation in the request"));
        }
    }
    let there: BTreeSet<String> =
        tables(before).iter().flat_map(|(_, table)| indexes(&table["Properties"]).into_keys()).collect();
    for (id, resource) in members(&after["Resources"]) {
        let added = before["Resources"][id.as_str()].is_null();
        if let Some(index) = named_index(resource).filter(|index| added && !there.contains(index)) {
            faults.push(format!("{id} is added before index {index} is there"));
        }
    }
    if changes_indexes && without_indexes(before) != without_indexes(after) {
        faults.push("an index changes together with something else".to_owned());
    }
    faults
}

/// The index that an alarm or a scalable target is about.
fn named_index(resource: &Value) -> Option<String> {
    let dimension = elements(&resource["Properties"]["Dimensions"])
        .find(|dimension| dimension["Name"] == "GlobalSecondaryIndexName");
    let resource_id = resource["Properties"]["ResourceId"]["Fn::Sub"].as_str();
    let scaled = resource_id.and_then(|id| id.split_once("/index/")).map(|(_, index)| index.to_owned());
    dimension.map(|dimension| text(&dimension["Value"])).or(scaled)
}

/// Returns how many creations and deletions of indexes lie between two tables; a redefinition is both.
pub(crate) fn index_operations(before: &Value, after: &Value) -> usize {
    let describe = |table: &Value| -> BTreeSet<String> {
        let types: BTreeMap<String, String> = elements(&table["Properties"]["AttributeDefinitions"])
            .map(|d| (text(&d["AttributeName"]), text(&d["AttributeType"])))
            .collect();
        let of = |index: &Value| {
            let key: Vec<_> = elements(&index["KeySchema"])
                .map(|part| (part.clone(), types.get(&text(&part["AttributeName"])).cloned()))
                .collect();
            format!("{} {key:?} {}", index["IndexName"], index["Projection"])
        };
        elements(&table["Properties"]["GlobalSecondaryIndexes"]).map(of).collect()
    };
    describe(before).symmetric_difference(&describe(after)).count()
}

pub(crate) fn tables(template: &Value) -> Vec<(String, &Value)> {
    let mut resources = members(&template["Resources"]);
    resources.retain(|(_, resource)| resource["Type"] == "AWS::DynamoDB::Table");
    resources
}

/// Returns whether two templates are equal but for the order of attribute definitions and indexes.
pub(crate) fn is_like(a: &Value, b: &Value) -> bool {
    sorted(a) == sorted(b)
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(sorted).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), sorted(value))).collect(),
        scalar => scalar.clone(),
    }
}

/// What an index change must leave alone: everything that does something.
fn without_indexes(template: &Value) -> Value {
    let mut template = template.clone();
    for name in ["Description", "Metadata", "Parameters"] {
        template.as_object_mut().expect("a template").remove(name);
    }
    for resource in template["Resources"].as_object_mut().expect("resources").values_mut() {
        resource.as_object_mut().expect("a resource").remove("DependsOn");
        if resource["Type"] == "AWS::DynamoDB::Table" {
            let properties = resource["Properties"].as_object_mut().expect("properties");
            properties.remove("GlobalSecondaryIndexes");
            properties.remove("AttributeDefinitions");
        }
    }
    sorted(&template)
}

fn references(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match (name.as_str(), value) {
                    ("Ref" | "DependsOn", Value::String(name)) if !name.starts_with("AWS::") => {
                        names.push(name.clone());
                    }
                    ("Fn::GetAtt", Value::Array(parts)) => names.push(text(&parts[0])),
                    ("Fn::Sub", Value::String(template)) => {
                        let variables = template.split("${").skip(1);
                        names.extend(
                            variables
                                .map(|rest| rest.split(['}', '.']).next().unwrap_or_default().to_owned()),
                        );
                    }
                    _ => names.extend(references(value)),
                }
            }
        }
        Value::Array(items) => names.extend(items.iter().flat_map(references)),
        _ => {}
    }
    names
}

fn indexes(properties: &Value) -> BTreeMap<String, &Value> {
    elements(&properties["GlobalSecondaryIndexes"]).map(|index| (text(&index["IndexName"]), index)).collect()
}

fn key_names(schema: &Value) -> BTreeSet<String> {
    elements(schema).map(|part| text(&part["AttributeName"])).collect()
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn members(map: &Value) -> Vec<(String, &Value)> {
    map.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value)).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
