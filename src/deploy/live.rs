//! The tables that a plan changes, as they are now: what the templates do not tell about them. Reads only.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt as _};
use serde_json::Value;
use tablewright_cloudformation::{ApiError, ApiErrorKind};
use tablewright_dynamodb::{
    Backup, LiveTable, Reading, RecoveryWindow, Units, Unreadable, last_backup, live_table, recovery_window,
};
use tablewright_plan::{Action, Verdict};

use crate::error::Error;
use crate::job::Job;
use crate::wait::{is_table, physical_tables};

/// A table that a plan changes, as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct TableReading {
    /// Its logical id.
    pub logical_id: String,
    /// Its name, where it is known.
    pub name: Option<String>,
    /// The table.
    pub live: Reading<LiveTable>,
    /// How it could be restored, where the plan replaces it or removes it from the stack.
    pub loss: Option<Restorable>,
    /// What the plan should know about it.
    pub remarks: Vec<Remark>,
}

/// From what a table could be restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Restorable {
    /// The window of point-in-time recovery.
    pub recovery: Reading<Option<RecoveryWindow>>,
    /// The newest backup.
    pub last_backup: Reading<Option<Backup>>,
}

/// Something about a table that is in the way of a change, or that a change undoes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// It does not exist: it was deleted outside of the stack.
    Missing,
    /// It would be deleted, and is protected against that.
    DeletionProtected,
    /// It, one of its indexes, or one of its replicas is not `ACTIVE`.
    NotActive,
    /// The template declares less warm throughput than there is, and DynamoDB does not lower it.
    WarmThroughputAbove {
        /// The index; `None` for the table.
        index: Option<String>,
        /// In the template.
        template: Units,
        /// As it is.
        live: Units,
    },
    /// The update writes a capacity, and auto scaling has set another one.
    CapacityOverwritten {
        /// The index; `None` for the table.
        index: Option<String>,
        /// In the template.
        template: Units,
        /// As it is.
        live: Units,
    },
}

/// Reads the tables that the plan of a job changes, several at once. A table that is new is not read; nor is anything for a plan
/// that changes no table.
///
/// What cannot be read is no error; the reading says why.
pub async fn read_changed_tables(job: &Job<'_>) -> Vec<TableReading> {
    let changed = changed_tables(job);
    if changed.is_empty() {
        return Vec::new();
    }
    let names: Result<BTreeMap<String, String>, Error> =
        physical_tables(job.target, job.stack, |path| changed.contains_key(path)).await;
    let (names, failure) = match names {
        Ok(names) => (names, None),
        Err(error) => (BTreeMap::new(), Some(unreadable(&error))),
    };
    let readings = stream::iter(changed).map(async |(logical_id, is_lost)| {
        let name = names.get(&logical_id).cloned();
        let live = match (&name, &failure) {
            (Some(name), _) => live_table(&job.target.dynamodb, name).await,
            (None, Some(why)) => Reading::Unreadable(why.clone()),
            (None, None) => Reading::Missing,
        };
        let loss = match &name {
            Some(name) if is_lost && live != Reading::Missing => Some(Restorable {
                recovery: recovery_window(&job.target.dynamodb, name).await,
                last_backup: last_backup(&job.target.dynamodb, name).await,
            }),
            _ => None,
        };
        let remarks = remarks(job, &logical_id, &live, is_lost);
        TableReading { logical_id, name, live, loss, remarks }
    });
    readings.buffered(job.target.table_polling.concurrency.max(1)).collect().await
}

/// Returns the tables that are deployed and change, each with whether the plan replaces it or removes it from the stack.
fn changed_tables(job: &Job<'_>) -> BTreeMap<String, bool> {
    let Some(deployed) = &job.deployed else { return BTreeMap::new() };
    let mut tables: BTreeMap<String, bool> = BTreeMap::new();
    for change in &job.plan.changes {
        // A table that takes the name of another under a logical id of its own is not deployed. What a nested stack has is not in
        // this template.
        let id = change.deployed_id();
        let is_deployed = match id.contains('/') {
            true => change.action != Action::Add || !change.path.is_empty(),
            false => deployed.value["Resources"].get(id).is_some(),
        };
        let is_about_a_table = change.section == "Resources"
            && change.resource_type.as_deref().is_some_and(is_table)
            && change.verdict != Verdict::None;
        if is_deployed && is_about_a_table {
            let is_lost = tables.entry(id.to_owned()).or_default();
            *is_lost |= change.verdict >= Verdict::ReplacementKept;
        }
    }
    tables
}

fn remarks(job: &Job<'_>, logical_id: &str, live: &Reading<LiveTable>, is_lost: bool) -> Vec<Remark> {
    let live = match live {
        Reading::Found(live) => live,
        Reading::Missing => return vec![Remark::Missing],
        Reading::Unreadable(_) => return Vec::new(),
    };
    let mut remarks = Vec::new();
    if is_lost && live.deletion_protection {
        remarks.push(Remark::DeletionProtected);
    }
    if !live.progress.is_active() {
        remarks.push(Remark::NotActive);
    }
    let deployed = job.deployed.as_ref().map_or(&Value::Null, |deployed| &deployed.value);
    let (before, after) = (units_of(deployed, logical_id), units_of(&job.rendered.template, logical_id));
    for (place, template) in after {
        // What the update does not write, it leaves as it is.
        if before.get(&place) == Some(&template) {
            continue;
        }
        let (is_warm, index) = place;
        let live = if is_warm { live.warm_throughput.get(&index) } else { live.capacity.get(&index) };
        let Some(live) = live.copied() else { continue };
        if is_warm && (template.read < live.read || template.write < live.write) {
            remarks.push(Remark::WarmThroughputAbove { index, template, live });
        } else if !is_warm && live != template && before.get(&(false, index.clone())) != Some(&live) {
            remarks.push(Remark::CapacityOverwritten { index, template, live });
        }
    }
    remarks
}

/// Returns the warm throughput (`true`) and the capacity (`false`) that a template declares for a table and, by name, for its indexes.
/// Values that only a deployment knows are left out.
fn units_of(template: &Value, logical_id: &str) -> BTreeMap<(bool, Option<String>), Units> {
    let table = &template["Resources"][logical_id]["Properties"];
    let indexes = table["GlobalSecondaryIndexes"].as_array().into_iter().flatten();
    let indexes = indexes.map(|index| (index["IndexName"].as_str().map(str::to_owned), index));
    let mut units = BTreeMap::new();
    for (name, part) in indexes.filter(|(name, _)| name.is_some()).chain([(None, table)]) {
        let warm = &part["WarmThroughput"];
        let capacity = &part["ProvisionedThroughput"];
        let of = |value: &Value, read, write| {
            Some(Units { read: value[read].as_i64()?, write: value[write].as_i64()? })
        };
        let warm = of(warm, "ReadUnitsPerSecond", "WriteUnitsPerSecond");
        let capacity = of(capacity, "ReadCapacityUnits", "WriteCapacityUnits");
        units.extend(warm.map(|warm| ((true, name.clone()), warm)));
        units.extend(capacity.map(|capacity| ((false, name), capacity)));
    }
    units
}

fn unreadable(error: &Error) -> Unreadable {
    let permission = match error {
        Error::Api(ApiError { kind: ApiErrorKind::Denied { .. }, .. }) => {
            Some("cloudformation:ListStackResources")
        }
        _ => None,
    };
    Unreadable { permission, message: error.to_string() }
}
