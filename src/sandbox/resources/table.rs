//! `AWS::DynamoDB::Table`: the handler between CloudFormation and DynamoDB.
//!
//! Choices where AWS's handler is not documented: settings that DynamoDB wants one at a time are sent one after the other,
//! so a template may change several; a rollback that cannot remove an index leaves it; time to live set at creation does
//! not start the waiting period.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{HandlerContext, HandlerOutput, Refusal, generated_name};
use crate::clock::Millis;
use crate::dynamodb::rules::{self, IndexesChange};
use crate::dynamodb::{backup, kinesis, operations};
use crate::state::Moment;
use crate::state::random::Random;
use crate::state::resource_type::ResourceType;
use crate::state::stack::Resource;
use crate::state::table::Table;
use crate::state::table_spec::TableSpec;
use crate::wire::error::ApiError;
use crate::wire::text::scalar;

const INCONSISTENT: &str =
    "Property AttributeDefinitions is inconsistent with the KeySchema of the table and the secondary indexes";
const TWO_INDEXES: &str = "Cannot perform more than one GSI creation or deletion in a single update";
const INDEX_SHAPE: &str = "Cannot update GSI's properties other than Provisioned Throughput and Contributor Insights \
                           Specification. You can create a new GSI with a different name.";
const LOCAL_INDEXES: &str = "Updates to LocalSecondaryIndexes are not supported";

/// The settings in the properties. A list of indexes that conditions leave empty is as good as none to CloudFormation; it is
/// DynamoDB's own calls that refuse one.
fn read(properties: &Value) -> TableSpec {
    TableSpec { empty_lists: Vec::new(), ..TableSpec::read(properties) }
}

pub(super) fn create(
    kind: ResourceType,
    context: &mut HandlerContext<'_>,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let spec = read(properties);
    if !rules::attributes_match(&spec) {
        return Err(Refusal::Invalid(INCONSISTENT.to_owned()));
    }
    let name = match properties.get("TableName") {
        Some(name) => scalar(name),
        None => generated_name(context.stack_name, context, 255),
    };
    if context.services.tables.contains_key(&name) {
        return Err(Refusal::Exists(kind, name));
    }
    let (ttl, recovery) = (spec.time_to_live.clone(), spec.recovery);
    if let Some(ttl) = &ttl
        && ttl.enabled
        && ttl.attribute.is_none()
    {
        return Err(Refusal::Invalid(
            "AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while \
             enabling/disabling TTL."
                .to_owned(),
        ));
    }
    let table =
        match operations::create(context.services, context.region, context.random, &name, spec, moment) {
            Ok(table) => table,
            Err(error) => return Err(said(&error, context.random)),
        };
    table.ttl.attribute = ttl.filter(|ttl| ttl.enabled).and_then(|ttl| ttl.attribute);
    table.spec.recovery = None;
    operations::set_recovery(table, recovery, moment);
    let mut table = table.clone();
    let after = properties.get("KinesisStreamSpecification");
    let streams = match kinesis::change(&mut table, None, after, context.services, moment) {
        Ok(takes) => takes,
        Err(error) => {
            // The table is there; the rollback takes it away again, as it does on AWS.
            return Err(said(&error, context.random));
        }
    };
    let output = output(&table, moment.timings.table_create + streams);
    context.services.tables.insert(name, table);
    Ok(output)
}

fn output(table: &Table, takes: Millis) -> HandlerOutput {
    let mut attributes = BTreeMap::from([("Arn".to_owned(), table.arn.clone())]);
    if let Some(arn) = table.stream_arn() {
        attributes.insert("StreamArn".to_owned(), arn);
    }
    HandlerOutput { physical_id: table.name.clone(), attributes, takes }
}

fn said(error: &ApiError, random: &mut Random) -> Refusal {
    Refusal::from_service("DynamoDb", &error.message, random)
}

pub(super) fn update(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    is_rollback: bool,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = &resource.physical_id;
    let before = read(&resource.properties);
    let after = read(properties);
    let Some(table) = context.services.tables.get(name) else {
        return Err(Refusal::NotFound(ResourceType::Table, name.clone()));
    };
    let mut wanted = table.clone();
    let judged = judge(&before, &after);
    if let (Err(refusal), false) = (judged, is_rollback) {
        return Err(refusal);
    }
    if let Err(error) = rules::create(name, &after) {
        return Err(said(&error, context.random));
    }
    match apply(&mut wanted, &before, &after, is_rollback, context, moment) {
        Ok(takes) => {
            let output = output(&wanted, takes);
            context.services.tables.insert(name.clone(), wanted);
            Ok(output)
        }
        Err(error) => Err(said(&error, context.random)),
    }
}

/// What the handler refuses itself, by comparing templates: it never asks the table.
fn judge(before: &TableSpec, after: &TableSpec) -> Result<(), Refusal> {
    let refuse = |text: &str| Err(Refusal::Invalid(text.to_owned()));
    if !rules::attributes_match(after) {
        return refuse(INCONSISTENT);
    }
    let change = index_changes(before, after);
    if change.creates.len() + change.deletes.len() > 1 {
        return refuse(TWO_INDEXES);
    }
    let reshaped = |index: &&crate::state::table_spec::IndexSpec| {
        before.index(&index.name).is_some_and(|known| !known.same_shape(index))
    };
    if after.indexes.iter().any(|index| reshaped(&index)) {
        return refuse(INDEX_SHAPE);
    }
    let locals = |spec: &TableSpec| {
        let mut locals = spec.local_indexes.clone();
        locals.sort_by(|a, b| a.name.cmp(&b.name));
        locals
    };
    if locals(before) != locals(after) {
        return refuse(LOCAL_INDEXES);
    }
    Ok(())
}

fn index_changes(before: &TableSpec, after: &TableSpec) -> IndexesChange {
    IndexesChange {
        creates: after.indexes.iter().filter(|index| before.index(&index.name).is_none()).cloned().collect(),
        deletes: before
            .indexes
            .iter()
            .filter(|index| after.index(&index.name).is_none())
            .map(|index| index.name.clone())
            .collect(),
    }
}

/// Makes the table what `after` says. Returns how long that takes.
fn apply(
    table: &mut Table,
    before: &TableSpec,
    after: &TableSpec,
    is_rollback: bool,
    context: &mut HandlerContext<'_>,
    moment: Moment<'_>,
) -> Result<Millis, ApiError> {
    let now = moment.now;
    // A table that is busy is waited for: the handler polls until it is ACTIVE.
    let start = table.updating_until.max(table.active_at).max(now);
    let change = index_changes(before, after);
    let adds = !change.creates.is_empty();
    table.spec.attributes.extend(after.attributes.clone());
    let mut takes = match apply_indexes(table, change, moment) {
        // AWS leaves such an index for its owner to delete.
        Err(_) if is_rollback => moment.timings.table_update,
        other => other?,
    };
    for index in &after.indexes {
        operations::tune_index(table, index);
    }
    apply_settings(table, before, after, is_rollback, context, moment)?;
    let (was, is) = (before.kinesis.as_ref(), after.kinesis.as_ref());
    takes += kinesis::change(table, was, is, context.services, moment)?;
    table.spec.kinesis.clone_from(&after.kinesis);
    let ends = start + moment.timings.table_update;
    if !adds {
        table.updating_until = table.updating_until.max(ends);
    }
    Ok(takes.max(ends - now))
}

/// Creates and deletes indexes. Returns how long the stack waits: until the table is ACTIVE again, not until an index is.
fn apply_indexes(table: &mut Table, change: IndexesChange, moment: Moment<'_>) -> Result<Millis, ApiError> {
    let (adds, removes) = (!change.creates.is_empty(), !change.deletes.is_empty());
    operations::change_indexes(table, change, moment)?;
    let timings = moment.timings;
    let takes = match (adds, removes) {
        (true, _) => timings.index_allocation + timings.table_update,
        (false, true) => timings.index_delete,
        (false, false) => 0,
    };
    Ok(takes.max(timings.table_update))
}

/// The settings beside keys, indexes and Kinesis, sent one after the other.
fn apply_settings(
    table: &mut Table,
    before: &TableSpec,
    after: &TableSpec,
    is_rollback: bool,
    context: &mut HandlerContext<'_>,
    moment: Moment<'_>,
) -> Result<(), ApiError> {
    operations::set_billing(table, after, moment);
    operations::set_stream(table, after.stream.clone(), moment);
    operations::set_recovery(table, after.recovery, moment);
    change_ttl(table, after, is_rollback, moment)?;
    if before.sse != after.sse {
        table.spec.sse.clone_from(&after.sse);
        operations::set_encryption(table, context.services, context.region, context.random)?;
    }
    if before.class != after.class {
        table.spec.class = after.class.clone().or_else(|| Some("STANDARD".to_owned()));
        table.class_changed = Some(moment.now);
    }
    if let (Some(was), Some(is)) = (before.warm, after.warm)
        && !is_rollback
        && (is.read < was.read || is.write < was.write)
    {
        return Err(ApiError::invalid(
            "One or more parameter values were invalid: decreasing WarmThroughput is not supported",
        ));
    }
    table.spec.warm = after.warm.or(table.spec.warm);
    table.spec.deletion_protection = after.deletion_protection;
    table.spec.tags.clone_from(&after.tags);
    table.spec.resource_policy.clone_from(&after.resource_policy);
    table.spec.insights.clone_from(&after.insights);
    Ok(())
}

fn change_ttl(
    table: &mut Table,
    after: &TableSpec,
    is_rollback: bool,
    moment: Moment<'_>,
) -> Result<(), ApiError> {
    let (enabled, attribute) = match &after.time_to_live {
        Some(ttl) => (ttl.enabled, ttl.attribute.clone()),
        None => (false, None),
    };
    let unchanged = if enabled { table.ttl.attribute == attribute } else { table.ttl.attribute.is_none() };
    if unchanged {
        return Ok(());
    }
    match operations::set_ttl(table, enabled, attribute.as_deref(), moment) {
        Err(_) if is_rollback => Ok(()),
        other => other,
    }
}

pub(super) fn import(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    properties: &Value,
    moment: Moment<'_>,
) -> Result<HandlerOutput, Refusal> {
    let name = &resource.physical_id;
    let Some(table) = context.services.tables.get_mut(name).filter(|table| table.gone_at.is_none()) else {
        return Err(Refusal::NotFound(ResourceType::Table, name.clone()));
    };
    table.spec.tags = TableSpec::read(properties).tags;
    Ok(output(table, moment.timings.table_update))
}

pub(super) fn delete(
    context: &mut HandlerContext<'_>,
    resource: &Resource,
    moment: Moment<'_>,
) -> Result<Millis, Refusal> {
    let Some(table) = context.services.tables.get_mut(&resource.physical_id) else {
        return Ok(moment.timings.small);
    };
    let busy_until = table.active_at.max(table.updating_until);
    // A table that is being made or changed is waited for; protection and indexes are not.
    match rules::delete(table, moment.now.max(busy_until)) {
        Ok(()) => {
            let gone_at = moment.now.max(busy_until) + moment.timings.table_delete;
            let is_new = table.gone_at.is_none();
            let gone_at = *table.gone_at.get_or_insert(gone_at);
            if is_new {
                backup::keep_deleted(context.services, &resource.physical_id, moment.now, context.random);
            }
            Ok(gone_at - moment.now)
        }
        Err(error) => Err(said(&error, context.random)),
    }
}

pub(super) fn must_replace(before: &Value, after: &Value) -> bool {
    let name = |properties: &Value| properties.get("TableName").map(scalar);
    let (was, is) = (TableSpec::read(before), TableSpec::read(after));
    // The type of an attribute that stays cannot be edited.
    let retyped =
        was.attributes.iter().any(|(name, kind)| is.attributes.get(name).is_some_and(|other| other != kind));
    name(before) != name(after) || was.keys != is.keys || retyped
}
