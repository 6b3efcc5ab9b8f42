//! DynamoDB's control plane: the calls that a deployment and its readiness checks make.
//!
//! In goes the JSON of a call, out comes the JSON of its answer or a refusal. Items are not modelled: every data-plane call
//! is refused by name.

use serde_json::{Value, json};

use crate::state::services::Services;
use crate::state::{Moment, Region, Regions};
use crate::wire::error::ApiError;

pub(crate) mod backup;
mod input;
pub(crate) mod kinesis;
mod update;

pub(crate) mod operations;
mod properties;
pub(crate) mod rules;
pub(crate) mod spec;
mod describe;

use crate::state::table::Table;
use crate::state::table_spec::TableSpec;

/// Carries a call out.
pub(crate) fn answer(
    region: &mut Region,
    action: &str,
    input: &Value,
    moment: Moment<'_>,
) -> Result<Value, ApiError> {
    region.services.settle(moment.now);
    input::check(action, input)?;
    match action {
        "CreateBackup" => backup::create(region, input, moment),
        "CreateTable" => create_table(region, input, moment),
        "DeleteBackup" => backup::delete(region, input, moment),
        "DeleteTable" => {
            let Region { random, services, .. } = region;
            let table = operations::delete(services, random, name(input)?, moment)?;
            Ok(json!({ "TableDescription": table.describe(moment.now) }))
        }
        "DescribeBackup" => backup::describe(region, input, moment),
        "DescribeContinuousBackups" => {
            let table = backup::find_table(region, input)?;
            Ok(json!({ "ContinuousBackupsDescription": table.describe_recovery(moment.now) }))
        }
        "DescribeKinesisStreamingDestination" => kinesis::describe(region, input, moment),
        "DisableKinesisStreamingDestination" => kinesis::disable(region, input, moment),
        "EnableKinesisStreamingDestination" => kinesis::enable(region, input, moment),
        "UpdateKinesisStreamingDestination" => kinesis::update(region, input, moment),
        "DescribeTable" => Ok(json!({ "Table": find(region, input)?.describe(moment.now) })),
        "DescribeTimeToLive" => Ok(json!({ "TimeToLiveDescription": find(region, input)?.describe_ttl() })),
        "ListBackups" => backup::list(region, input, moment),
        "ListTables" => list_tables(&region.services, input),
        "ListTagsOfResource" => {
            let tags: Vec<Value> = tagged(region, input)?
                .spec
                .tags
                .iter()
                .map(|(key, value)| json!({ "Key": key, "Value": value }))
                .collect();
            Ok(json!({ "Tags": tags }))
        }
        "TagResource" => tag_resource(region, input),
        "UntagResource" => untag_resource(region, input),
        "UpdateContinuousBackups" => update_recovery(region, input, moment),
        "UpdateTable" => update::update_table(region, input, moment),
        "UpdateTimeToLive" => update_ttl(region, input, moment),
        _ => Err(ApiError::new(
            400,
            "UnknownOperationException",
            crate::wire::error::not_modelled(&format!("DynamoDB's {action}")),
        )),
    }
}

/// What a region says of a table that has a replica there and its home elsewhere; `None` for every other call. A replica is
/// described, and no more.
pub(crate) fn of_replica(
    regions: &Regions,
    here: &str,
    action: &str,
    input: &Value,
    moment: Moment<'_>,
) -> Option<Result<Value, ApiError>> {
    let name = input.get("TableName").and_then(Value::as_str)?;
    let table = |region: &Region| region.services.tables.get(name).cloned();
    if regions.by_name.get(here).is_some_and(|region| table(region).is_some()) {
        return None;
    }
    let (home, found) = regions
        .by_name
        .iter()
        .filter_map(|(home, region)| Some((home, table(region)?)))
        .find(|(_, table)| table.replicas.contains_key(here))?;
    Some(match action {
        "DescribeTable" => Ok(json!({ "Table": found.seen_from(here, home).describe(moment.now) })),
        _ => Err(ApiError::not_modelled(&format!("DynamoDB's {action} for a replica"))),
    })
}

fn name(input: &Value) -> Result<&str, ApiError> {
    input.get("TableName").and_then(Value::as_str).ok_or_else(|| {
        ApiError::invalid(
            "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null",
        )
    })
}

fn find<'a>(region: &'a mut Region, input: &Value) -> Result<&'a mut Table, ApiError> {
    operations::find(&mut region.services, name(input)?)
}

fn tagged<'a>(region: &'a mut Region, input: &Value) -> Result<&'a mut Table, ApiError> {
    let arn = input.get("ResourceArn").and_then(Value::as_str).unwrap_or_default();
    if !arn.contains(":table/") {
        return Err(ApiError::invalid(format!(
            "Invalid TableArn: Invalid ResourceArn provided as input {arn}"
        )));
    }
    operations::find(&mut region.services, arn).map_err(|_| {
        // The word is DynamoDB's.
        let text = format!("Requested resource not found: ResourcArn: {arn} not found");
        ApiError::new(400, "ResourceNotFoundException", text)
    })
}

fn create_table(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    const KNOWN: &[&str] = &[
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "ResourcePolicy",
        "SSESpecification",
        "StreamSpecification",
        "TableClass",
        "TableName",
        "Tags",
        "WarmThroughput",
    ];
    refuse_unknown("CreateTable", input, KNOWN)?;
    check_stream(input, "created")?;
    rules::check_definitions(input)?;
    rules::check_raw_tags(input)?;
    let Region { name: region_name, random, services, .. } = region;
    let table =
        operations::create(services, region_name, random, name(input)?, TableSpec::read(input), moment)?;
    Ok(json!({ "TableDescription": table.describe(moment.now) }))
}

/// A stream has a view type when it is enabled, and only then. The first text is recorded for the creation of a table; the
/// second is ours.
pub(super) fn check_stream(input: &Value, done: &str) -> Result<(), ApiError> {
    let Some(stream) = input.get("StreamSpecification") else { return Ok(()) };
    let text = match (spec::flag(stream, "StreamEnabled"), spec::text(stream, "StreamViewType")) {
        (Some(false), Some(_)) => {
            format!("Table is being {done} with a stream disabled, UpdateViewType should not be specified")
        }
        (Some(true), None) => "StreamViewType must be specified when StreamEnabled is true".to_owned(),
        _ => return Ok(()),
    };
    Err(ApiError::invalid(format!("One or more parameter values were invalid: {text}")))
}

/// A member that the sandbox would pass over is refused instead.
fn refuse_unknown(action: &str, input: &Value, known: &[&str]) -> Result<(), ApiError> {
    match input.as_object().into_iter().flatten().find(|(key, _)| !known.contains(&key.as_str())) {
        Some((key, _)) => Err(ApiError::not_modelled(&format!("the member {key} of {action}"))),
        None => Ok(()),
    }
}

fn list_tables(services: &Services, input: &Value) -> Result<Value, ApiError> {
    let limit = spec::int(input, "Limit").unwrap_or(100);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| {
        ApiError::invalid(format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value \
             less than or equal to 100"
        ))
    })?;
    let after = input.get("ExclusiveStartTableName").and_then(Value::as_str).unwrap_or_default();
    let mut names: Vec<&str> =
        services.tables.keys().map(String::as_str).filter(|name| *name > after).collect();
    let more = names.len() > limit;
    names.truncate(limit);
    let mut body = json!({ "TableNames": names });
    if more && let Some(last) = names.last() {
        body["LastEvaluatedTableName"] = json!(last);
    }
    Ok(body)
}

fn tag_resource(region: &mut Region, input: &Value) -> Result<Value, ApiError> {
    let is_empty = |name: &str| input.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if is_empty("Tags") {
        return Err(ApiError::invalid("Atleast one Tag needs to be provided as Input."));
    }
    rules::check_raw_tags(input)?;
    let table = tagged(region, input)?;
    let mut tags = table.spec.tags.clone();
    for (key, value) in spec::read_tags(input) {
        tags.retain(|(known, _)| *known != key);
        tags.push((key, value));
    }
    rules::check_tags(&tags)?;
    table.spec.tags = tags;
    Ok(json!({}))
}

fn untag_resource(region: &mut Region, input: &Value) -> Result<Value, ApiError> {
    let keys = input.get("TagKeys").and_then(Value::as_array).cloned().unwrap_or_default();
    if keys.is_empty() {
        return Err(ApiError::invalid("Atleast one Tag Key needs to be provided as Input."));
    }
    let table = tagged(region, input)?;
    table.spec.tags.retain(|(known, _)| !keys.iter().any(|key| key.as_str() == Some(known)));
    Ok(json!({}))
}

fn update_recovery(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let wanted = TableSpec::read(input).recovery;
    let table = backup::find_table(region, input)?;
    if let Some(days) = wanted.and_then(|recovery| recovery.days)
        && !(1..=35).contains(&days)
    {
        return Err(ApiError::invalid(format!("RecoveryPeriodInDays must be between 1 and 35, not {days}")));
    }
    operations::set_recovery(table, wanted, moment);
    Ok(json!({ "ContinuousBackupsDescription": table.describe_recovery(moment.now) }))
}

fn update_ttl(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let block = input.get("TimeToLiveSpecification").cloned().unwrap_or_default();
    let enabled = spec::flag(&block, "Enabled").unwrap_or(false);
    let table = find(region, input)?;
    operations::check_active(table, moment)?;
    operations::set_ttl(table, enabled, spec::text(&block, "AttributeName").as_deref(), moment)?;
    Ok(json!({ "TimeToLiveSpecification": block }))
}
