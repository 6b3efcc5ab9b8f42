//! What can be done to a table, shared by DynamoDB's own calls and by CloudFormation's resource handler.
//!
//! Each function judges first and changes then; a refusal leaves the table as it was.

use super::backup;
use super::rules::{self, IndexesChange};
use crate::state::random::Random;
use crate::state::services::Services;
use crate::state::table::{self, IndexTimes, Table, Ttl};
use crate::state::table_spec::{IndexSpec, TableSpec};
use crate::state::{ACCOUNT, Moment};
use crate::wire::error::ApiError;

/// Makes a table.
pub(crate) fn create<'a>(
    services: &'a mut Services,
    region: &str,
    random: &mut Random,
    name: &str,
    spec: TableSpec,
    moment: Moment<'_>,
) -> Result<&'a mut Table, ApiError> {
    rules::create(name, &spec)?;
    if services.tables.contains_key(name) {
        return Err(ApiError::in_use(format!("Table already exists: {name}")));
    }
    let now = moment.now;
    let mut table = Table {
        name: name.to_owned(),
        arn: table::arn(region, name),
        id: random.uuid(),
        created: now,
        active_at: now + moment.timings.table_create,
        updating_until: now,
        gone_at: None,
        index_times: std::collections::BTreeMap::new(),
        stream_label: spec.stream.as_ref().map(|_| table::stream_label(now)),
        pay_per_request_since: spec.pay_per_request.then_some(now),
        class_changed: None,
        ttl: Ttl::default(),
        recovery_since: None,
        kms_key: None,
        key_is_lost: false,
        destinations: Vec::new(),
        replicas: std::collections::BTreeMap::new(),
        consistency: None,
        spec,
    };
    set_encryption(&mut table, services, region, random)?;
    Ok(services.tables.entry(name.to_owned()).or_insert(table))
}

/// Begins the deletion of a table.
pub(crate) fn delete<'a>(
    services: &'a mut Services,
    random: &mut Random,
    name: &str,
    moment: Moment<'_>,
) -> Result<&'a mut Table, ApiError> {
    let table = find(services, name)?;
    rules::delete(table, moment.now)?;
    if table.gone_at.is_none() {
        table.gone_at = Some(moment.now + moment.timings.table_delete);
        let name = table.name.clone();
        backup::keep_deleted(services, &name, moment.now, random);
    }
    find(services, name)
}

/// Finds a table by name or ARN.
pub(crate) fn find<'a>(services: &'a mut Services, name_or_arn: &str) -> Result<&'a mut Table, ApiError> {
    let name = name_or_arn.rsplit_once(":table/").map_or(name_or_arn, |(_, name)| name);
    services.tables.get_mut(name).ok_or_else(|| ApiError::table_not_found(name))
}

/// Refuses what a table that is busy refuses.
pub(crate) fn check_active(table: &Table, moment: Moment<'_>) -> Result<(), ApiError> {
    let what = match table.status(moment.now) {
        "ACTIVE" => return Ok(()),
        "CREATING" => "being created",
        "DELETING" => "being deleted",
        _ => "being updated",
    };
    Err(ApiError::in_use(format!(
        "Attempt to change a resource which is still in use: Table is {what}: {}",
        table.name
    )))
}

/// Adds and removes indexes; one at a time is all that DynamoDB takes.
pub(crate) fn change_indexes(
    table: &mut Table,
    change: IndexesChange,
    moment: Moment<'_>,
) -> Result<(), ApiError> {
    rules::indexes_change(table, &change, moment.now)?;
    for index in change.creates {
        let allocated_at = moment.now + moment.timings.index_allocation;
        let ready_at = allocated_at + moment.timings.index_backfill;
        table.index_times.insert(index.name.clone(), IndexTimes { allocated_at, ready_at, gone_at: None });
        table.spec.indexes.push(index);
    }
    for name in change.deletes {
        let gone_at = Some(moment.now + moment.timings.index_delete);
        let times = IndexTimes { allocated_at: moment.now, ready_at: moment.now, gone_at };
        table.index_times.insert(name, times);
        table.updating_until = table.updating_until.max(moment.now + moment.timings.index_delete);
    }
    Ok(())
}

/// Applies an index's settings that can change in place.
pub(crate) fn tune_index(table: &mut Table, wanted: &IndexSpec) {
    if let Some(index) = table.spec.indexes.iter_mut().find(|index| index.name == wanted.name) {
        index.throughput = wanted.throughput;
        index.on_demand.clone_from(&wanted.on_demand);
        index.warm = wanted.warm.or(index.warm);
        index.insights.clone_from(&wanted.insights);
    }
}

/// Switches the stream; another view type is another stream.
pub(crate) fn set_stream(table: &mut Table, view: Option<String>, moment: Moment<'_>) {
    if table.spec.stream == view {
        return;
    }
    table.stream_label = view.as_ref().map(|_| table::stream_label(moment.now));
    table.spec.stream = view;
}

/// Switches billing; throughput comes with it.
pub(crate) fn set_billing(table: &mut Table, wanted: &TableSpec, moment: Moment<'_>) {
    if wanted.pay_per_request && !table.spec.pay_per_request {
        table.pay_per_request_since = Some(moment.now);
    }
    table.spec.pay_per_request = wanted.pay_per_request;
    table.spec.throughput = wanted.throughput;
    table.spec.on_demand.clone_from(&wanted.on_demand);
}

/// Takes the key that the encryption settings name: the given one, or the account's own for DynamoDB. A key of another
/// account cannot be looked at, and is taken as it is.
pub(crate) fn set_encryption(
    table: &mut Table,
    services: &Services,
    region: &str,
    random: &mut Random,
) -> Result<(), ApiError> {
    let arn = |id: &str| format!("arn:aws:kms:{region}:{ACCOUNT}:key/{id}");
    let Some(sse) = table.spec.sse.as_ref().filter(|sse| sse.enabled) else {
        table.kms_key = None;
        return Ok(());
    };
    let key = match &sse.key {
        None => arn(&random.uuid()),
        Some(key) if key.starts_with("arn:") && key.split(':').nth(4) != Some(ACCOUNT) => key.clone(),
        Some(key) if key.ends_with("alias/aws/dynamodb") => arn(&random.uuid()),
        Some(key) => match services.find_key(key) {
            Some((id, found)) if found.is_enabled() => arn(id),
            Some((id, found)) => {
                let state = if found.gone_at.is_some() { "pending deletion" } else { "disabled" };
                return Err(ApiError::invalid(format!("KMS validation error: {} is {state}.", arn(id))));
            }
            None => {
                let key = if key.starts_with("arn:") { key.clone() } else { arn(key) };
                return Err(ApiError::invalid(format!("KMS validation error: Key '{key}' does not exist")));
            }
        },
    };
    table.kms_key = Some(key);
    Ok(())
}

/// Switches time to live, with DynamoDB's refusals.
pub(crate) fn set_ttl(
    table: &mut Table,
    enabled: bool,
    attribute: Option<&str>,
    moment: Moment<'_>,
) -> Result<(), ApiError> {
    let Some(attribute) = attribute.filter(|attribute| !attribute.is_empty()) else {
        return Err(ApiError::invalid(
            "AttributeName property of TimeToLiveSpecification is required when TTL status is enabled or while \
             enabling/disabling TTL.",
        ));
    };
    match &table.ttl.attribute {
        Some(current) if current != attribute => {
            return Err(ApiError::invalid(format!(
                "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
            )));
        }
        Some(_) if enabled => return Err(ApiError::invalid("TimeToLive is already enabled")),
        None if !enabled => return Err(ApiError::invalid("TimeToLive is already disabled")),
        _ => {}
    }
    if table.ttl.changed.is_some_and(|changed| moment.now < changed + moment.timings.ttl_cool_down) {
        return Err(ApiError::invalid(
            "Time to live has been modified multiple times within a fixed interval",
        ));
    }
    table.ttl = Ttl { attribute: enabled.then(|| attribute.to_owned()), changed: Some(moment.now) };
    Ok(())
}

/// Switches point-in-time recovery.
pub(crate) fn set_recovery(
    table: &mut Table,
    wanted: Option<crate::state::table_spec::Recovery>,
    moment: Moment<'_>,
) {
    let was = table.spec.recovery.is_some_and(|recovery| recovery.enabled);
    let is = wanted.is_some_and(|recovery| recovery.enabled);
    if is && !was {
        table.recovery_since = Some(moment.now);
    }
    table.spec.recovery = wanted;
}
