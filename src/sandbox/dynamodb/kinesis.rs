//! Kinesis destinations of a table: enabled, changed and disabled, each of which takes a while.

use serde_json::{Value, json};

use super::operations;
use super::spec::text;
use crate::clock::Millis;
use crate::state::kinesis_destination::Destination;
use crate::state::resource_type::ResourceType;
use crate::state::services::Services;
use crate::state::table::Table;
use crate::state::{ACCOUNT, Moment, Region};
use crate::wire::error::ApiError;

impl Destination {
    fn describe(&self, now: Millis) -> Value {
        let mut body = json!({ "StreamArn": self.stream, "DestinationStatus": self.status(now) });
        if let Some(precision) = &self.precision {
            body["ApproximateCreationDateTimePrecision"] = json!(precision);
        }
        body
    }
}

const PRECISION: &str = "ApproximateCreationDateTimePrecision";

/// EnableKinesisStreamingDestination.
pub(super) fn enable(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let precision = precision(input, "EnableKinesisStreamingConfiguration")?;
    let stream = text(input, "StreamArn").unwrap_or_default();
    let services = &mut region.services;
    operations::find(services, super::name(input)?)?;
    let found = is_there(services, &stream);
    let table = operations::find(services, super::name(input)?)?;
    switch_on(table, &stream, precision.clone(), found, moment)?;
    let mut body = json!({ "TableName": table.name, "StreamArn": stream, "DestinationStatus": "ENABLING" });
    if let Some(precision) = precision {
        body["EnableKinesisStreamingConfiguration"] = json!({ PRECISION: precision });
    }
    Ok(body)
}

/// DisableKinesisStreamingDestination.
pub(super) fn disable(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let stream = text(input, "StreamArn").unwrap_or_default();
    let table = operations::find(&mut region.services, super::name(input)?)?;
    switch_off(table, &stream, moment)?;
    Ok(json!({ "TableName": table.name, "StreamArn": stream, "DestinationStatus": "DISABLING" }))
}

/// UpdateKinesisStreamingDestination.
pub(super) fn update(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let wanted = precision(input, "UpdateKinesisStreamingConfiguration")?;
    let stream = text(input, "StreamArn").unwrap_or_default();
    let table = operations::find(&mut region.services, super::name(input)?)?;
    let Some(wanted) = wanted else {
        return Err(ApiError::invalid(
            "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be \
             null or contain only null values",
        ));
    };
    let (name, id) = (table.name.clone(), table.id.clone());
    let destination = active(table, &stream, moment.now).ok_or_else(|| no_destination(&stream, &name))?;
    if destination.precision.as_deref() == Some(wanted.as_str()) {
        return Err(ApiError::invalid(format!(
            "Invalid Request: Precision is already set to the desired value of {wanted} for tableId: {id}, kdsArn: {stream}"
        )));
    }
    destination.precision = Some(wanted.clone());
    destination.updating = true;
    destination.until = moment.now + moment.timings.small;
    Ok(json!({
        "TableName": name,
        "StreamArn": stream,
        "DestinationStatus": "UPDATING",
        "UpdateKinesisStreamingConfiguration": { PRECISION: wanted },
    }))
}

/// DescribeKinesisStreamingDestination.
pub(super) fn describe(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let table = operations::find(&mut region.services, super::name(input)?)?;
    let list: Vec<Value> = table.destinations.iter().map(|one| one.describe(moment.now)).collect();
    Ok(json!({ "TableName": table.name, "KinesisDataStreamDestinations": list }))
}

fn precision(input: &Value, block: &str) -> Result<Option<String>, ApiError> {
    let given = input.get(block).and_then(|block| text(block, PRECISION));
    match given.as_deref() {
        None | Some("MILLISECOND" | "MICROSECOND") => Ok(given),
        Some(odd) => {
            let mut member = block.chars();
            let first = member.next().unwrap_or_default().to_ascii_lowercase();
            Err(ApiError::invalid(format!(
                "1 validation error detected: Value '{odd}' at '{first}{}.approximateCreationDateTimePrecision' failed to \
                 satisfy constraint: Member must satisfy enum value set: [MILLISECOND, MICROSECOND]",
                member.as_str()
            )))
        }
    }
}

/// Whether a stream can be written to; those of other accounts cannot be looked for.
pub(crate) fn is_there(services: &Services, arn: &str) -> bool {
    match arn.split(':').nth(4) {
        Some(ACCOUNT) => {
            let name = arn.rsplit_once(":stream/").map(|(_, name)| name);
            name.is_some_and(|name| services.name_in_use(ResourceType::Stream, name))
        }
        Some(_) => true,
        None => false,
    }
}

fn active<'a>(table: &'a mut Table, stream: &str, now: Millis) -> Option<&'a mut Destination> {
    table.destinations.iter_mut().find(|one| one.stream == stream && one.status(now) == "ACTIVE")
}

fn no_destination(stream: &str, table: &str) -> ApiError {
    ApiError::invalid(format!(
        "Table is not in a valid state to enable Kinesis Streaming Destination: No streaming destination with streamArn: \
         {stream} found for table with tableName: {table}"
    ))
}

fn switch_on(
    table: &mut Table,
    stream: &str,
    precision: Option<String>,
    found: bool,
    moment: Moment<'_>,
) -> Result<(), ApiError> {
    // Either there is none that is on, or the call is refused: a table has one stream at a time in a template.
    if table.destinations.iter().any(|one| one.status(moment.now) != "DISABLED") {
        return Err(ApiError::invalid(
            "Table is not in a valid state to enable Kinesis Streaming Destination: EnableKinesisStreamingDestination must be \
             DISABLED or ENABLE_FAILED to perform ENABLE operation",
        ));
    }
    if !found {
        return Err(ApiError::new(
            400,
            "ResourceNotFoundException",
            format!("Requested resource not found: Stream: {stream} not found"),
        ));
    }
    table.destinations.retain(|one| one.stream != stream);
    let until = moment.now + moment.timings.kinesis_switch;
    table.destinations.push(Destination {
        stream: stream.to_owned(),
        precision,
        enabled: true,
        until,
        updating: false,
    });
    Ok(())
}

fn switch_off(table: &mut Table, stream: &str, moment: Moment<'_>) -> Result<(), ApiError> {
    let name = table.name.clone();
    let destination = active(table, stream, moment.now).ok_or_else(|| no_destination(stream, &name))?;
    destination.enabled = false;
    destination.until = moment.now + moment.timings.kinesis_switch;
    Ok(())
}

/// Brings a table's destination from one template's block to another's. Returns how long that takes.
pub(crate) fn change(
    table: &mut Table,
    before: Option<&Value>,
    after: Option<&Value>,
    services: &Services,
    moment: Moment<'_>,
) -> Result<Millis, ApiError> {
    let stream = |block: Option<&Value>| block.and_then(|block| text(block, "StreamArn"));
    let (was, is) = (stream(before), stream(after));
    let wanted = after.and_then(|block| text(block, PRECISION));
    match (was, is) {
        (None, None) => return Ok(0),
        (Some(was), None) => switch_off(table, &was, moment)?,
        (Some(was), Some(is)) if was == is => {
            let Some(destination) = active(table, &is, moment.now) else { return Ok(0) };
            if wanted.is_none() || destination.precision == wanted {
                return Ok(0);
            }
            destination.precision = wanted;
        }
        // Another stream is switched on before the old one is off, which DynamoDB does not take.
        (_, Some(is)) => switch_on(table, &is, wanted, is_there(services, &is), moment)?,
    }
    Ok(moment.timings.kinesis_switch)
}
