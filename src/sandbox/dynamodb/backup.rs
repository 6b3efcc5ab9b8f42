//! On-demand backups, and those that DynamoDB makes of deleted tables.
//!
//! They hold nothing and cannot be restored; what is played is that they exist, become `AVAILABLE`, and outlive their table.

use serde_json::{Value, json};

use super::describe::seconds;
use super::{find, name, refuse_unknown};
use crate::clock::Millis;
use crate::state::backup::{Backup, BackupKind};
use crate::state::random::Random;
use crate::state::services::Services;
use crate::state::table::Table;
use crate::state::{Moment, Region};
use crate::wire::error::ApiError;

/// CreateBackup.
pub(super) fn create(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    refuse_unknown("CreateBackup", input, &["BackupName", "TableName"])?;
    let backup_name = text(input, "BackupName", "backupName")?.to_owned();
    let is_valid = (3..=255).contains(&backup_name.len())
        && backup_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if !is_valid {
        return Err(ApiError::invalid(format!(
            "1 validation error detected: Value '{backup_name}' at 'backupName' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
        )));
    }
    let table = find_table(region, input)?.clone();
    if table.status(moment.now) == "CREATING" {
        return Err(ApiError::new(
            400,
            "TableInUseException",
            format!("Table is being created: {}", table.name),
        ));
    }
    let available_at = moment.now + moment.timings.table_update;
    let backup =
        of_table(&table, backup_name, BackupKind::User, available_at, moment.now, &mut region.random);
    let details = details(&backup, moment.now);
    region.services.backups.push(backup);
    Ok(json!({ "BackupDetails": details }))
}

/// Finds a table, or refuses as the calls about backups do.
pub(super) fn find_table<'a>(region: &'a mut Region, input: &Value) -> Result<&'a mut Table, ApiError> {
    let table_name = name(input)?.to_owned();
    find(region, input)
        .map_err(|_| ApiError::new(400, "TableNotFoundException", format!("Table not found: {table_name}")))
}

/// DescribeBackup.
pub(super) fn describe(region: &Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let backup = &region.services.backups[position(&region.services, input)?];
    Ok(json!({ "BackupDescription": description(backup, moment.now) }))
}

/// DeleteBackup.
pub(super) fn delete(region: &mut Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    let position = position(&region.services, input)?;
    let backup = region.services.backups.remove(position);
    let mut body = description(&backup, moment.now);
    body["BackupDetails"]["BackupStatus"] = json!("DELETED");
    Ok(json!({ "BackupDescription": body }))
}

/// ListBackups, newest last. Everything fits in one page.
pub(super) fn list(region: &Region, input: &Value, moment: Moment<'_>) -> Result<Value, ApiError> {
    refuse_unknown("ListBackups", input, &["BackupType", "Limit", "TableName"])?;
    let kind = input.get("BackupType").and_then(Value::as_str).unwrap_or("USER");
    let table = input.get("TableName").and_then(Value::as_str);
    let is_wanted = |backup: &&Backup| {
        table.is_none_or(|table| backup.table_name == table || backup.table_arn == table)
            && (kind == "ALL" || backup.kind.as_str() == kind)
    };
    let summary = |backup: &Backup| {
        let mut body = details(backup, moment.now);
        body["TableName"] = json!(backup.table_name);
        body["TableArn"] = json!(backup.table_arn);
        body["TableId"] = json!(backup.table_id);
        body
    };
    let backups = region.services.backups.iter().filter(is_wanted);
    Ok(json!({ "BackupSummaries": backups.map(summary).collect::<Vec<_>>() }))
}

/// Keeps a backup of a table with point-in-time recovery, as DynamoDB does when it is deleted.
pub(crate) fn keep_deleted(services: &mut Services, table_name: &str, now: Millis, random: &mut Random) {
    let Some(table) = services.tables.get(table_name) else { return };
    if !table.spec.recovery.is_some_and(|recovery| recovery.enabled) {
        return;
    }
    let name = format!("{table_name}$DeletedTableBackup");
    let backup = of_table(table, name, BackupKind::System, now, now, random);
    services.backups.push(backup);
}

fn of_table(
    table: &Table,
    name: String,
    kind: BackupKind,
    available_at: Millis,
    created: Millis,
    random: &mut Random,
) -> Backup {
    let number = u32::try_from(random.next() & 0xffff_ffff).unwrap_or_default();
    Backup {
        arn: format!("{}/backup/{created:014}-{number:08x}", table.arn),
        name,
        kind,
        created,
        available_at,
        table_name: table.name.clone(),
        table_arn: table.arn.clone(),
        table_id: table.id.clone(),
    }
}

fn position(services: &Services, input: &Value) -> Result<usize, ApiError> {
    let arn = text(input, "BackupArn", "backupArn")?;
    services
        .backups
        .iter()
        .position(|backup| backup.arn == arn)
        .ok_or_else(|| ApiError::new(400, "BackupNotFoundException", format!("Backup not found: {arn}")))
}

fn description(backup: &Backup, now: Millis) -> Value {
    json!({
        "BackupDetails": details(backup, now),
        "SourceTableDetails": {
            "TableName": backup.table_name,
            "TableArn": backup.table_arn,
            "TableId": backup.table_id,
            "KeySchema": [],
            "TableCreationDateTime": seconds(backup.created),
            "ProvisionedThroughput": { "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 },
        },
    })
}

fn details(backup: &Backup, now: Millis) -> Value {
    let mut body = json!({
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupStatus": backup.status(now),
        "BackupType": backup.kind.as_str(),
        "BackupSizeBytes": 0,
        "BackupCreationDateTime": seconds(backup.created),
    });
    if let Some(at) = backup.expires_at() {
        body["BackupExpiryDateTime"] = seconds(at);
    }
    body
}

fn text<'a>(input: &'a Value, member: &str, shown: &str) -> Result<&'a str, ApiError> {
    input.get(member).and_then(Value::as_str).ok_or_else(|| {
        ApiError::invalid(format!(
            "1 validation error detected: Value null at '{shown}' failed to satisfy constraint: Member must not be null"
        ))
    })
}
