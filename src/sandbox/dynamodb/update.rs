//! UpdateTable: which settings may change together, and what they change.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::rules::{self, IndexesChange};
use super::spec;
use super::{name, operations};
use crate::state::table::Table;
use crate::state::table_spec::{IndexSpec, TableSpec, Throughput};
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;

/// Settings that must come alone, with the words in which DynamoDB says so.
const EXCLUSIVE: &[(&str, &str)] = &[
    ("DeletionProtectionEnabled", "DeletionProtection"),
    ("SSESpecification", "SSE"),
    ("TableClass", "TableClass"),
    ("WarmThroughput", "WarmThroughput"),
];

/// Carries the call out.
pub(super) fn update_table(
    region: &mut Region,
    input: &Value,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    const KNOWN: &[&str] = &[
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexUpdates",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "TableName",
        "WarmThroughput",
    ];
    super::refuse_unknown("UpdateTable", input, KNOWN)?;
    super::check_stream(input, "updated")?;
    rules::check_definitions(input)?;
    let Region { name: region_name, random, services, .. } = region;
    let mut wanted = operations::find(services, name(input)?)?.clone();
    operations::check_active(&wanted, moment)?;
    check_property_dependencies(input)?;

    change_billing(&mut wanted, input, moment)?;
    change_stream(&mut wanted, input, moment)?;
    change_indexes(&mut wanted, input, moment)?;
    if let Some(protected) = spec::flag(input, "DeletionProtectionEnabled") {
        wanted.spec.deletion_protection = protected;
    }
    if let Some(class) = spec::text(input, "TableClass") {
        wanted.spec.class = Some(class);
        wanted.class_changed = Some(moment.now);
    }
    if let Some(warm) = spec::read_warm(input) {
        wanted.spec.warm = Some(warm);
    }
    if let Some(sse) = spec::read_encryption(input) {
        wanted.spec.sse = Some(sse);
        rules::check_encryption(&wanted.spec)?;
        operations::set_encryption(&mut wanted, services, region_name, random)?;
    }
    wanted.updating_until = wanted.updating_until.max(moment.now + moment.timings.table_update);
    let answer = json!({ "TableDescription": wanted.describe(moment.now) });
    services.tables.insert(wanted.name.clone(), wanted);
    Ok(answer)
}

/// Some settings come alone, or with certain others only.
fn check_property_dependencies(input: &Value) -> Result<(), ApiError> {
    let given: BTreeSet<&str> = input
        .as_object()
        .into_iter()
        .flatten()
        // An empty list asks for nothing.
        .filter(|(_, value)| value.as_array().is_none_or(|list| !list.is_empty()))
        .map(|(key, _)| key.as_str())
        .filter(|key| !matches!(*key, "TableName" | "AttributeDefinitions"))
        .collect();
    if given.is_empty() {
        return Err(ApiError::invalid(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or \
             SSESpecification or ReplicaUpdates is required",
        ));
    }
    if given.len() == 1 {
        return Ok(());
    }
    if let Some((_, word)) = EXCLUSIVE.iter().find(|(member, _)| given.contains(member)) {
        return Err(ApiError::invalid(format!(
            "One or more parameter values were invalid: {word} modification must be the only operation in the request"
        )));
    }
    if given.contains("OnDemandThroughput") && !given.contains("BillingMode") {
        return Err(ApiError::invalid(
            "One or more parameter values were invalid: OnDemandThroughput modification must be the only operation in the \
             request",
        ));
    }
    let indexes = given.contains("GlobalSecondaryIndexUpdates");
    if indexes && given.contains("ProvisionedThroughput") && !given.contains("BillingMode") {
        return Err(ApiError::invalid("You cannot create or delete index while updating table IOPS"));
    }
    if given.contains("StreamSpecification") && (indexes || given.contains("ProvisionedThroughput")) {
        return Err(ApiError::invalid(
            "One or more parameter values were invalid: StreamSpecification modification must be the only operation in the \
             request",
        ));
    }
    Ok(())
}

fn change_billing(table: &mut Table, input: &Value, moment: Moment<'_>) -> Result<(), ApiError> {
    let given = ["BillingMode", "ProvisionedThroughput", "OnDemandThroughput"]
        .iter()
        .any(|name| input.get(name).is_some());
    if !given {
        return Ok(());
    }
    let asked = TableSpec::read(input);
    let mut wanted = table.spec.clone();
    if input.get("BillingMode").is_some() {
        wanted.pay_per_request = asked.pay_per_request;
        if asked.pay_per_request {
            wanted.throughput = None;
            wanted.indexes.iter_mut().for_each(|index| index.throughput = None);
        } else {
            wanted.on_demand = None;
        }
    }
    wanted.throughput = asked.throughput.or(wanted.throughput);
    wanted.on_demand = asked.on_demand.or(wanted.on_demand);
    for update in updates(input, "Update") {
        let update = IndexSpec::read(update);
        if let Some(index) = wanted.indexes.iter_mut().find(|index| index.name == update.name) {
            index.throughput = update.throughput.or(index.throughput);
        }
    }
    if wanted.pay_per_request == table.spec.pay_per_request
        && wanted.throughput == table.spec.throughput
        && asked.throughput.is_some()
    {
        let current = table.spec.throughput.unwrap_or(Throughput { read: 0, write: 0 });
        return Err(unchanged("the table", "the table", current));
    }
    rules::check_billing(&wanted)?;
    operations::set_billing(table, &wanted, moment);
    table.spec.indexes = wanted.indexes;
    Ok(())
}

/// The refusal of a throughput that is there already, as recorded by users of AWS for tables and for indexes.
fn unchanged(what: &str, whose: &str, current: Throughput) -> ApiError {
    let Throughput { read, write } = current;
    ApiError::invalid(format!(
        "The provisioned throughput for {what} will not change. The requested value equals the current value. Current \
         ReadCapacityUnits provisioned for {whose}: {read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits \
         provisioned for {whose}: {write}. Requested WriteCapacityUnits: {write}. Refer to the Amazon DynamoDB Developer \
         Guide for current limits and how to request higher limits."
    ))
}

fn change_stream(table: &mut Table, input: &Value, moment: Moment<'_>) -> Result<(), ApiError> {
    if input.get("StreamSpecification").is_none() {
        return Ok(());
    }
    match (TableSpec::read(input).stream, &table.spec.stream) {
        (Some(_), Some(_)) => {
            Err(ApiError::invalid(format!("Table already has an enabled stream: TableName: {}", table.name)))
        }
        (None, None) => Err(ApiError::invalid("Table has no stream to disable")),
        (view, _) => {
            operations::set_stream(table, view, moment);
            Ok(())
        }
    }
}

fn updates<'a>(input: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let list = input.get("GlobalSecondaryIndexUpdates").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(move |update| update.get(kind))
}

/// Applies the updates of indexes that stay.
fn tune_indexes(table: &mut Table, input: &Value) -> Result<(), ApiError> {
    for update in updates(input, "Update") {
        let update = IndexSpec::read(update);
        let Some(known) = table.spec.index(&update.name).cloned() else {
            return Err(ApiError::new(
                400,
                "ResourceNotFoundException",
                format!(
                    "Requested resource not found: Table: {} index: {} not found",
                    table.name, update.name
                ),
            ));
        };
        // A switch of the billing mode has brought the throughput of its indexes already.
        if let Some(current) = known.throughput.filter(|current| update.throughput == Some(*current))
            && input.get("BillingMode").is_none()
        {
            let index = &update.name;
            return Err(unchanged(&format!("the index {index}"), &format!("index {index}"), current));
        }
        let tuned = IndexSpec {
            throughput: update.throughput.or(known.throughput),
            on_demand: update.on_demand.or_else(|| known.on_demand.clone()),
            warm: update.warm.or(known.warm),
            ..known
        };
        operations::tune_index(table, &tuned);
    }
    Ok(())
}

fn change_indexes(table: &mut Table, input: &Value, moment: Moment<'_>) -> Result<(), ApiError> {
    let change = IndexesChange {
        creates: updates(input, "Create").map(IndexSpec::read).collect(),
        deletes: updates(input, "Delete").filter_map(|delete| spec::text(delete, "IndexName")).collect(),
    };
    tune_indexes(table, input)?;
    if change.creates.is_empty() && change.deletes.is_empty() {
        return Ok(());
    }
    let defined = TableSpec::read(input).attributes;
    for index in &change.creates {
        for key in &index.keys {
            match (defined.get(&key.name), table.spec.attributes.get(&key.name)) {
                (Some(kind), Some(known)) if kind != known => {
                    return Err(ApiError::invalid(format!(
                        "One or more parameter values were invalid: Attribute {} is already defined as {known}",
                        key.name
                    )));
                }
                (Some(kind), _) => {
                    table.spec.attributes.insert(key.name.clone(), kind.clone());
                }
                (None, Some(_)) => {}
                (None, None) => {
                    return Err(ApiError::invalid(format!(
                        "One or more parameter values were invalid: Some index key attributes are not defined in \
                         AttributeDefinitions. Keys: [{}], AttributeDefinitions: [{}]",
                        key.name,
                        defined.keys().cloned().collect::<Vec<_>>().join(", ")
                    )));
                }
            }
        }
    }
    operations::change_indexes(table, change, moment)?;
    rules::check_billing(&table.spec)
}
