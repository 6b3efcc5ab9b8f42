//! The requests that bring a table at an endpoint to its definition, as far as DynamoDB can change it.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use tablewright::{Stack, Table};

use crate::local::{Call, Definition, LocalError, Operation, definition};

/// A table as an endpoint describes it.
///
/// ```
/// use tablewright::{Scalar, Stack, Table, json};
/// use tablewright_dynamodb::local::{Deployed, Operation, create, update};
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-notes").partition("id", Scalar::S).ttl("gone_at").tag("team", "shop"));
/// let deployed = Deployed {
///     table: create(&stack)?[0].input.clone(),
///     arn: "arn:aws:dynamodb:ddblocal:000000000000:table/demo-notes".to_owned(),
///     time_to_live: None,
///     tags: Vec::new(),
/// };
/// let calls: Vec<Operation> = update(&stack, "Note", &deployed)?.iter().map(|call| call.operation).collect();
/// assert_eq!(calls, [Operation::UpdateTimeToLive, Operation::TagResource]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Deployed {
    /// `Table` of DescribeTable.
    pub table: Json,
    /// `TableArn`, for tags.
    pub arn: String,
    /// `AttributeName` of DescribeTimeToLive, where that is on.
    pub time_to_live: Option<String>,
    /// Keys and values of ListTagsOfResource.
    pub tags: Vec<(String, String)>,
}

/// Returns the requests that bring a table to its definition; none where nothing differs. Each is to be sent when the one before is
/// done: DynamoDB changes one thing of a table at a time.
///
/// See [`Deployed`].
///
/// # Errors
///
/// As [`create`](crate::local::create), and [`LocalError::NeedsNewTable`] where a key would have to change.
pub fn update(stack: &Stack, table: &str, deployed: &Deployed) -> Result<Vec<Call>, LocalError> {
    let Some(table) = stack.tables.iter().find(|other| other.id == table) else { return Ok(Vec::new()) };
    let Some(wanted) = definition(stack, table)? else { return Ok(Vec::new()) };
    let found = &deployed.table;
    require_same_keys(table, &wanted, found)?;
    let mut changes = settings(&wanted.create_table, found);
    changes.extend(indexes(&wanted.create_table, found));
    changes.extend(stream(&wanted.create_table, found));
    let name = &wanted.create_table["TableName"];
    let update_table = |mut input: Json| {
        input["TableName"] = name.clone();
        Call { table: wanted.table.clone(), operation: Operation::UpdateTable, input }
    };
    let mut calls: Vec<Call> = changes.into_iter().map(update_table).collect();
    calls.extend(time_to_live(&wanted, deployed));
    calls.extend(tags(&wanted, deployed));
    Ok(calls)
}

/// Keys, their types and local indexes cannot change.
fn require_same_keys(table: &Table, wanted: &Definition, found: &Json) -> Result<(), LocalError> {
    let wanted = &wanted.create_table;
    let types = |of: &Json, key: &Json| -> BTreeSet<(String, String)> {
        let names: BTreeSet<&str> =
            list(key).iter().filter_map(|element| element["AttributeName"].as_str()).collect();
        let definitions = list(&of["AttributeDefinitions"]).iter();
        let of_keys =
            definitions.filter(|it| it["AttributeName"].as_str().is_some_and(|name| names.contains(name)));
        of_keys.map(|it| (text(&it["AttributeName"]), text(&it["AttributeType"]))).collect()
    };
    let wanted_all = Json::Object(wanted.clone());
    let what = if key_of(&wanted_all) != key_of(found)
        || types(&wanted_all, &wanted_all["KeySchema"]) != types(found, &found["KeySchema"])
    {
        "another key"
    } else if shapes(&wanted_all["LocalSecondaryIndexes"]) != shapes(&found["LocalSecondaryIndexes"]) {
        "other local indexes"
    } else {
        return Ok(());
    };
    let name = text(&wanted_all["TableName"]);
    Err(LocalError::NeedsNewTable { table: table.id.clone(), at: table.at.clone(), name, what })
}

/// Billing, class and protection, each a request.
fn settings(wanted: &Map<String, Json>, found: &Json) -> Vec<Json> {
    let mut changes = Vec::new();
    let mode = found["BillingModeSummary"]["BillingMode"].as_str();
    let mode = mode.or(found["BillingMode"].as_str()).unwrap_or("PROVISIONED");
    let wanted_mode = wanted.get("BillingMode").and_then(Json::as_str).unwrap_or("PROVISIONED");
    let wanted_units = wanted.get("ProvisionedThroughput");
    if mode != wanted_mode {
        let mut change = json!({ "BillingMode": wanted_mode });
        if let Some(units) = wanted_units {
            change["ProvisionedThroughput"] = units.clone();
            // The same request has to give the capacity of each index.
            let updates = list(&found["GlobalSecondaryIndexes"]).iter().filter_map(|index| {
                let wanted = index_named(wanted.get("GlobalSecondaryIndexes"), &index["IndexName"])?;
                let units = wanted["ProvisionedThroughput"].clone();
                Some(json!({ "Update": { "IndexName": index["IndexName"], "ProvisionedThroughput": units } }))
            });
            let updates: Vec<Json> = updates.collect();
            if !updates.is_empty() {
                change["GlobalSecondaryIndexUpdates"] = updates.into();
            }
        }
        changes.push(change);
    } else if let Some(units) = wanted_units.filter(|units| !has(&found["ProvisionedThroughput"], units)) {
        changes.push(json!({ "ProvisionedThroughput": units }));
    }
    // No limit is -1.
    let limit = |of: Option<&Json>, name: &str| of.and_then(|of| of[name].as_i64()).unwrap_or(-1);
    let limits = ["MaxReadRequestUnits", "MaxWriteRequestUnits"].map(|name| {
        let wanted = limit(wanted.get("OnDemandThroughput"), name);
        (wanted_mode == "PAY_PER_REQUEST" && wanted != limit(found.get("OnDemandThroughput"), name))
            .then(|| (name.to_owned(), Json::from(wanted)))
    });
    let limits: Map<String, Json> = limits.into_iter().flatten().collect();
    if !limits.is_empty() {
        changes.push(json!({ "OnDemandThroughput": limits }));
    }
    let class = found["TableClassSummary"]["TableClass"]
        .as_str()
        .or(found["TableClass"].as_str())
        .unwrap_or("STANDARD");
    let wanted_class = wanted.get("TableClass").and_then(Json::as_str).unwrap_or("STANDARD");
    if class != wanted_class {
        changes.push(json!({ "TableClass": wanted_class }));
    }
    let is_protected = found["DeletionProtectionEnabled"] == true;
    let protect = wanted.get("DeletionProtectionEnabled") == Some(&Json::Bool(true));
    if is_protected != protect {
        changes.push(json!({ "DeletionProtectionEnabled": protect }));
    }
    changes
}

/// One index a request: an index that is not defined is deleted, one that differs is deleted and created, one that is missing is
/// created.
fn indexes(wanted: &Map<String, Json>, found: &Json) -> Vec<Json> {
    let none = Json::Null;
    let wanted_indexes = wanted.get("GlobalSecondaryIndexes").unwrap_or(&none);
    let found_indexes = &found["GlobalSecondaryIndexes"];
    let mut changes = Vec::new();
    for index in list(found_indexes) {
        let same = index_named(Some(wanted_indexes), &index["IndexName"])
            .is_some_and(|it| shape(it) == shape(index));
        if !same {
            changes.push(
                json!({ "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": index["IndexName"] } }] }),
            );
        }
    }
    for index in list(wanted_indexes) {
        match index_named(Some(found_indexes), &index["IndexName"]).filter(|it| shape(it) == shape(index)) {
            None => {
                let used: BTreeSet<&str> = list(&index["KeySchema"])
                    .iter()
                    .chain(wanted.get("KeySchema").map(list).unwrap_or_default())
                    .filter_map(|element| element["AttributeName"].as_str())
                    .collect();
                let definitions = wanted.get("AttributeDefinitions").map(list).unwrap_or_default().iter();
                let definitions: Vec<&Json> = definitions
                    .filter(|it| it["AttributeName"].as_str().is_some_and(|name| used.contains(name)))
                    .collect();
                changes.push(json!({
                    "AttributeDefinitions": definitions,
                    "GlobalSecondaryIndexUpdates": [{ "Create": index }],
                }));
            }
            Some(there) => {
                let units = &index["ProvisionedThroughput"];
                let was_provisioned =
                    there["ProvisionedThroughput"]["ReadCapacityUnits"].as_u64().unwrap_or(0) > 0;
                if !units.is_null() && was_provisioned && !has(&there["ProvisionedThroughput"], units) {
                    let update = json!({ "IndexName": index["IndexName"], "ProvisionedThroughput": units });
                    changes.push(json!({ "GlobalSecondaryIndexUpdates": [{ "Update": update }] }));
                }
            }
        }
    }
    changes
}

/// A stream with another view has to be turned off first.
fn stream(wanted: &Map<String, Json>, found: &Json) -> Vec<Json> {
    let is_on = found["StreamSpecification"]["StreamEnabled"] == true;
    let off = || json!({ "StreamSpecification": { "StreamEnabled": false } });
    match wanted.get("StreamSpecification") {
        None if is_on => vec![off()],
        None => Vec::new(),
        Some(stream) if is_on && has(&found["StreamSpecification"], stream) => Vec::new(),
        Some(stream) => {
            let on = json!({ "StreamSpecification": stream });
            if is_on { vec![off(), on] } else { vec![on] }
        }
    }
}

fn time_to_live(wanted: &Definition, deployed: &Deployed) -> Vec<Call> {
    let call = |attribute: &String, enabled: bool| Call {
        table: wanted.table.clone(),
        operation: Operation::UpdateTimeToLive,
        input: json!({
            "TableName": wanted.create_table["TableName"],
            "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enabled },
        }),
    };
    match (&wanted.time_to_live, &deployed.time_to_live) {
        (wanted, found) if wanted == found => Vec::new(),
        (wanted, found) => {
            let off = found.iter().map(|attribute| call(attribute, false));
            off.chain(wanted.iter().map(|attribute| call(attribute, true))).collect()
        }
    }
}

fn tags(wanted: &Definition, deployed: &Deployed) -> Vec<Call> {
    let new: Vec<Json> = wanted
        .tags
        .iter()
        .filter(|tag| !deployed.tags.contains(tag))
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect();
    let is_gone = |key: &str| wanted.tags.iter().all(|(wanted, _)| wanted != key);
    let gone: Vec<&String> = deployed.tags.iter().map(|(key, _)| key).filter(|key| is_gone(key)).collect();
    let call = |operation, input| Call { table: wanted.table.clone(), operation, input };
    let mut calls = Vec::new();
    if !gone.is_empty() {
        let input = json!({ "ResourceArn": deployed.arn, "TagKeys": gone });
        calls.push(call(Operation::UntagResource, input));
    }
    if !new.is_empty() {
        let input = json!({ "ResourceArn": deployed.arn, "Tags": new });
        calls.push(call(Operation::TagResource, input));
    }
    calls
}

fn list(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns whether a description has at least these values; it has more, such as dates.
fn has(found: &Json, wanted: &Json) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| found.get(name) == Some(value))
}

fn index_named<'j>(indexes: Option<&'j Json>, name: &Json) -> Option<&'j Json> {
    list(indexes?).iter().find(|index| index["IndexName"] == *name)
}

/// Key elements in their order.
fn key_of(value: &Json) -> Vec<(String, String)> {
    list(&value["KeySchema"]).iter().map(|it| (text(&it["AttributeName"]), text(&it["KeyType"]))).collect()
}

/// The part of an index that cannot change.
type Shape = (String, Vec<(String, String)>, String, BTreeSet<String>);

fn shape(index: &Json) -> Shape {
    let projection = &index["Projection"];
    let names = list(&projection["NonKeyAttributes"]).iter().map(text).collect();
    (text(&index["IndexName"]), key_of(index), text(&projection["ProjectionType"]), names)
}

fn shapes(indexes: &Json) -> BTreeSet<Shape> {
    list(indexes).iter().map(shape).collect()
}
