//! A table as it is now, as people and programs read it: how much it holds, and how it could be restored.

use std::time::SystemTime;

use serde_json::{Value, json};
use tablewright_dynamodb::{Backup, LiveTable, Reading, RecoveryWindow, Unreadable};

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
        Reading::Unreadable(why) => format!("its contents cannot be read: {}", because(why)),
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
            "its contents cannot be read: the credentials lack dynamodb:DescribeTable"
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
