//! A table as it is now: what a template does not tell about it. Reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::DateTime;
use aws_sdk_dynamodb::types::{BackupTypeFilter, BillingMode, TableDescription};

use crate::answer::Failure;
use crate::backup::Backup;
use crate::progress::Progress;

/// What a read has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading<T> {
    /// It was read.
    Found(T),
    /// The table does not exist.
    Missing,
    /// It could not be read.
    Unreadable(Unreadable),
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The permission that the credentials lack, such as `dynamodb:DescribeTable`, if that is the reason.
    pub permission: Option<&'static str>,
    /// The message of DynamoDB or of the SDK.
    pub message: String,
}

/// A table as DynamoDB describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveTable {
    /// The status of the table, its indexes and its replicas.
    pub progress: Progress,
    /// `ItemCount`. DynamoDB updates it about every six hours.
    pub item_count: u64,
    /// `TableSizeBytes`. DynamoDB updates it about every six hours.
    pub size_bytes: u64,
    /// `DeletionProtectionEnabled`
    pub deletion_protection: bool,
    /// The KMS keys of the table and its replicas, as ARNs or as they were given.
    pub kms_keys: BTreeSet<String>,
    /// Whether it is billed on demand.
    pub on_demand: bool,
    /// The capacity of the table, and of its global secondary indexes by name.
    pub capacity: BTreeMap<Option<String>, Units>,
    /// The warm throughput of the table, and of its global secondary indexes by name.
    pub warm_throughput: BTreeMap<Option<String>, Units>,
}

/// Read and write capacity units, or units per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// Reads.
    pub read: i64,
    /// Writes.
    pub write: i64,
}

/// The time from which to which a table can be restored by point-in-time recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryWindow {
    /// `EarliestRestorableDateTime`
    pub earliest: SystemTime,
    /// `LatestRestorableDateTime`
    pub latest: SystemTime,
}

/// Describes a table.
pub async fn live_table(client: &Client, table: &str) -> Reading<LiveTable> {
    let answer = client.describe_table().table_name(table).send().await;
    match answer.map_err(|error| Failure::of(&error)) {
        Ok(answer) => {
            answer.table().map_or(Reading::Missing, |found| Reading::Found(LiveTable::of(table, found)))
        }
        Err(failure) => failed(failure, "dynamodb:DescribeTable"),
    }
}

/// Returns the window of point-in-time recovery of a table; `None` where it is off.
pub async fn recovery_window(client: &Client, table: &str) -> Reading<Option<RecoveryWindow>> {
    let answer = client.describe_continuous_backups().table_name(table).send().await;
    let answer = match answer.map_err(|error| Failure::of(&error)) {
        Ok(answer) => answer,
        Err(failure) => return failed(failure, "dynamodb:DescribeContinuousBackups"),
    };
    let backups = answer.continuous_backups_description();
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description());
    Reading::Found(recovery.and_then(|recovery| {
        let earliest = time(recovery.earliest_restorable_date_time())?;
        let latest = time(recovery.latest_restorable_date_time())?;
        Some(RecoveryWindow { earliest, latest })
    }))
}

/// Returns the newest backup of a table that can be restored, made on demand or by AWS Backup; `None` where there is none.
pub async fn last_backup(client: &Client, table: &str) -> Reading<Option<Backup>> {
    let call = client.list_backups().table_name(table).backup_type(BackupTypeFilter::All);
    let (mut newest, mut next): (Option<Backup>, Option<String>) = (None, None);
    // 100 a page: more than a table is likely to have, and an end for an endpoint that repeats itself.
    for _ in 0..100 {
        let page = call.clone().set_exclusive_start_backup_arn(next).send().await;
        let page = match page.map_err(|error| Failure::of(&error)) {
            Ok(page) => page,
            Err(failure) => return failed(failure, "dynamodb:ListBackups"),
        };
        let available = page.backup_summaries().iter().filter_map(Backup::available);
        newest = newest.into_iter().chain(available).max_by_key(|backup| backup.created);
        next = page.last_evaluated_backup_arn().map(str::to_owned);
        if next.is_none() {
            break;
        }
    }
    Reading::Found(newest)
}

impl LiveTable {
    fn of(name: &str, table: &TableDescription) -> Self {
        let own_key = table.sse_description().and_then(|sse| sse.kms_master_key_arn());
        let replica_keys = table.replicas().iter().filter_map(|replica| replica.kms_master_key_id());
        let mut live = Self {
            progress: Progress::of(name, table),
            item_count: unsigned(table.item_count()),
            size_bytes: unsigned(table.table_size_bytes()),
            deletion_protection: table.deletion_protection_enabled().unwrap_or_default(),
            kms_keys: own_key.into_iter().chain(replica_keys).map(str::to_owned).collect(),
            on_demand: table.billing_mode_summary().and_then(|summary| summary.billing_mode())
                == Some(&BillingMode::PayPerRequest),
            ..Self::default()
        };
        let capacity = table.provisioned_throughput();
        live.add_capacity(
            None,
            capacity.and_then(|units| Some((units.read_capacity_units()?, units.write_capacity_units()?))),
        );
        let warm = table.warm_throughput();
        live.add_warm(
            None,
            warm.and_then(|units| Some((units.read_units_per_second()?, units.write_units_per_second()?))),
        );
        for index in table.global_secondary_indexes() {
            let name = index.index_name().map(str::to_owned);
            let capacity = index.provisioned_throughput();
            live.add_capacity(
                name.clone(),
                capacity
                    .and_then(|units| Some((units.read_capacity_units()?, units.write_capacity_units()?))),
            );
            let warm = index.warm_throughput();
            live.add_warm(
                name,
                warm.and_then(|units| {
                    Some((units.read_units_per_second()?, units.write_units_per_second()?))
                }),
            );
        }
        live
    }

    /// On demand there is no capacity; DynamoDB reports it as zero.
    fn add_capacity(&mut self, index: Option<String>, units: Option<(i64, i64)>) {
        if let Some((read, write)) = units.filter(|_| !self.on_demand) {
            self.capacity.insert(index, Units { read, write });
        }
    }

    fn add_warm(&mut self, index: Option<String>, units: Option<(i64, i64)>) {
        if let Some((read, write)) = units {
            self.warm_throughput.insert(index, Units { read, write });
        }
    }
}

impl<T> Reading<T> {
    /// Returns what was read.
    pub fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing | Self::Unreadable(_) => None,
        }
    }
}

fn failed<T>(failure: Failure, permission: &'static str) -> Reading<T> {
    match failure {
        Failure::NotFound(_) => Reading::Missing,
        Failure::Denied(message) => Reading::Unreadable(Unreadable { permission: Some(permission), message }),
        failure => Reading::Unreadable(Unreadable { permission: None, message: failure.into_message() }),
    }
}

pub(crate) fn time(at: Option<&DateTime>) -> Option<SystemTime> {
    SystemTime::try_from(*at?).ok()
}

fn unsigned(number: Option<i64>) -> u64 {
    number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
}
