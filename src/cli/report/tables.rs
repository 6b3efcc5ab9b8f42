//! A table as it is now, as people and programs read it: how much it holds, and how it could be restored.

use std::time::SystemTime;

use serde_json::{Value, json};
use tablewright_deploy::{Remark, Restorable, TableReading};
use tablewright_dynamodb::{Backup, LiveTable, Progress, Reading, RecoveryWindow, Units, Unreadable};

use crate::report::ndjson::time;
use crate::report::text::printable;

/// Returns how much a table holds, such as `about 1,234 items, 5.6 MB`.
pub(crate) fn contents(live: &Reading<LiveTable>) -> String {
    match live {
        Reading::Found(live) => {
            let plural = if live.item_count == 1 { "" } else { "s" };
            let (count, size) = (grouped(live.item_count), size(live.size_bytes));
            format!("about {count} item{plural}, {size} (DynamoDB counts about every six hours)")
        }
        Reading::Missing => "it does not exist".to_owned(),
        Reading::Unreadable(why) => format!("contents that cannot be read: {}", because(why)),
    }
}

/// Returns from what a table could be restored once it is lost, a line each.
pub(crate) fn restorable(
    recovery: &Reading<Option<RecoveryWindow>>,
    last_backup: &Reading<Option<Backup>>,
) -> [String; 2] {
    let recovery = match recovery {
        Reading::Found(Some(window)) => {
            format!(
                "point-in-time recovery: from {} to {}",
                to_second(window.earliest),
                to_second(window.latest)
            )
        }
        Reading::Found(None) | Reading::Missing => "point-in-time recovery: off".to_owned(),
        Reading::Unreadable(why) => format!("point-in-time recovery: cannot be read: {}", because(why)),
    };
    let backup = match last_backup {
        Reading::Found(Some(backup)) => {
            let made =
                backup.created.map_or_else(String::new, |created| format!(" of {}", to_second(created)));
            format!("last backup: {}{made}", printable(&backup.name))
        }
        Reading::Found(None) | Reading::Missing => "last backup: none".to_owned(),
        Reading::Unreadable(why) => format!("last backup: cannot be read: {}", because(why)),
    };
    [recovery, backup]
}

/// Returns a table as JSON. What could not be read is `null`, and `unreadable` says why.
pub(crate) fn object(
    live: &Reading<LiveTable>,
    recovery: Option<&Reading<Option<RecoveryWindow>>>,
    last_backup: Option<&Reading<Option<Backup>>>,
) -> Value {
    let found = live.found();
    let window =
        |window: &RecoveryWindow| json!({ "earliest": time(window.earliest), "latest": time(window.latest) });
    let window_of = recovery.and_then(|recovery| recovery.found()?.as_ref().map(window));
    let last = last_backup.and_then(|backup| backup.found()?.as_ref().map(backup_object));
    let unreadable = [why(live), recovery.and_then(why), last_backup.and_then(why)];
    json!({
        "status": found.map(|live| &live.progress.status),
        "item_count": found.map(|live| live.item_count),
        "size_bytes": found.map(|live| live.size_bytes),
        "recovery": window_of,
        "last_backup": last,
        "unreadable": unreadable.into_iter().flatten().map(because).collect::<Vec<_>>(),
    })
}

/// Returns what is to be said of the tables that a plan changes, a line each. Nothing of a table that is as its stack has it.
pub(crate) fn notes(tables: &[TableReading]) -> Vec<String> {
    let mut notes = Vec::new();
    for table in tables {
        let name = table.name.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
        let name = printable(&format!("{}{name}", table.logical_id));
        if let Reading::Unreadable(why) = &table.live {
            notes.push(format!("{name} cannot be read: {}", because(why)));
        }
        notes.extend(table.remarks.iter().map(|remark| format!("{name}{}", said(remark, table))));
        if let Some(Restorable { recovery, last_backup }) = &table.loss {
            notes.push(format!("{name} has {}", contents(&table.live)));
            notes.extend(restorable(recovery, last_backup).map(|line| format!("{name}: {line}")));
        }
    }
    notes
}

fn said(remark: &Remark, table: &TableReading) -> String {
    match remark {
        Remark::Missing => {
            " does not exist: it was deleted outside of the stack, so an update of it fails".to_owned()
        }
        Remark::DeletionProtected => " has deletion protection, so its deletion would fail".to_owned(),
        Remark::NotActive => {
            let progress = table.live.found().map(|live| status(&live.progress)).unwrap_or_default();
            format!(" is being changed: {progress}")
        }
        Remark::WarmThroughputAbove { index, template, live } => format!(
            "{} has warm throughput {}, above that of the template ({}), and DynamoDB does not lower it: the update fails",
            of_index(index.as_deref()),
            units(*live),
            units(*template)
        ),
        Remark::CapacityOverwritten { index, template, live } => format!(
            "{} has capacity {}, which the update sets to that of the template ({})",
            of_index(index.as_deref()),
            units(*live),
            units(*template)
        ),
    }
}

fn of_index(index: Option<&str>) -> String {
    index.map_or_else(String::new, |index| format!(", index {}", printable(index)))
}

fn units(Units { read, write }: Units) -> String {
    format!("{read} read, {write} write")
}

fn status(progress: &Progress) -> String {
    let indexes = progress.indexes.iter().filter(|index| !index.is_active());
    let indexes = indexes.map(|index| format!(", index {} {}", printable(&index.name), index.status));
    let replicas = progress.replicas.iter().filter(|replica| replica.status != "ACTIVE");
    let replicas = replicas.map(|replica| format!(", replica in {} {}", replica.region, replica.status));
    format!("{}{}", progress.status, indexes.chain(replicas).collect::<String>())
}

/// Returns a table that a plan changes as JSON.
pub(crate) fn reading_object(table: &TableReading) -> Value {
    let (recovery, last_backup) = table.loss.as_ref().map(|loss| (&loss.recovery, &loss.last_backup)).unzip();
    let mut object = object(&table.live, recovery, last_backup);
    object["logical_id"] = json!(table.logical_id);
    object["name"] = json!(table.name);
    object["missing"] = json!(table.live == Reading::Missing);
    object["deletion_protection"] = json!(table.live.found().map(|live| live.deletion_protection));
    object["notes"] = json!(notes(std::slice::from_ref(table)));
    object
}

/// Returns a backup as JSON.
pub(crate) fn backup_object(backup: &Backup) -> Value {
    json!({ "arn": backup.arn, "name": backup.name, "created": backup.created.and_then(time) })
}

/// Writes a time in UTC without the fraction of its second.
fn to_second(at: SystemTime) -> String {
    let text = time(at).unwrap_or_else(|| "an unknown time".to_owned());
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}

/// Returns why something could not be read.
pub(crate) fn because(why: &Unreadable) -> String {
    match why.permission {
        Some(permission) => format!("the credentials lack {permission}"),
        None => printable(&why.message),
    }
}

fn why<T>(reading: &Reading<T>) -> Option<&Unreadable> {
    match reading {
        Reading::Unreadable(why) => Some(why),
        Reading::Found(_) | Reading::Missing => None,
    }
}

/// Writes a number with a comma before each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a number of bytes in the largest unit that leaves at least one of it.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(grouped(number), text);
        }
        for (bytes, text) in
            [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 KB"), (2_040_000_000, "2.0 GB")]
        {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let denied = Unreadable { permission: Some("dynamodb:DescribeTable"), message: "no".to_owned() };
        assert_eq!(
            contents(&Reading::Unreadable(denied.clone())),
            "contents that cannot be read: the credentials lack dynamodb:DescribeTable"
        );
        let broken = Unreadable { permission: None, message: "a\nb".to_owned() };
        let [recovery, backup] = restorable(&Reading::Unreadable(denied), &Reading::Unreadable(broken));
        assert_eq!(
            recovery,
            "point-in-time recovery: cannot be read: the credentials lack dynamodb:DescribeTable"
        );
        assert_eq!(backup, "last backup: cannot be read: a b");
    }
}
