//! How long everything takes, in sandbox milliseconds, in one place.
//!
//! The defaults follow recordings of real stacks: the first resource event 3 to 5 s after the stack's, ten seconds for a
//! table, 8 to 10 minutes for an index that is added later. Tests may set their own.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// Durations of the steps of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timings {
    /// From CreateChangeSet to CREATE_IN_PROGRESS.
    pub change_set_pending: Millis,
    /// From CREATE_IN_PROGRESS to CREATE_COMPLETE or FAILED.
    pub change_set_creation: Millis,
    /// From a stack event that opens a phase to the first resource event.
    pub first_resource: Millis,
    /// Between the starts of tasks that become ready together.
    pub stagger: Millis,
    /// From the end of a task to the start of those that depend on it.
    pub next_resource: Millis,
    /// From a resource's first event to the call of its handler.
    pub handler_call: Millis,
    /// From the last resource event to the stack event that closes a phase.
    pub settle: Millis,
    /// Creation of a table, with all its indexes.
    pub table_create: Millis,
    /// An update of a table, and an on-demand backup.
    pub table_update: Millis,
    /// Deletion of a table.
    pub table_delete: Millis,
    /// The first part of an index's creation: the table is UPDATING, the index not yet backfilling.
    pub index_allocation: Millis,
    /// The second part: the table is ACTIVE, the index CREATING and backfilling. Stacks do not wait for it.
    pub index_backfill: Millis,
    /// Deletion of an index.
    pub index_delete: Millis,
    /// A replica of a global table in another region: made there, or taken away.
    pub replica_create: Millis,
    /// Deletion of a replica.
    pub replica_delete: Millis,
    /// A Kinesis destination that is switched on or off.
    pub kinesis_switch: Millis,
    /// Drift detection over a stack.
    pub drift_detection: Millis,
    /// Any operation on a small resource: parameters, scaling, handles.
    pub small: Millis,
    /// After a change of time to live, how long DynamoDB refuses another.
    pub ttl_cool_down: Millis,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            change_set_pending: 300,
            change_set_creation: 2_500,
            first_resource: 3_500,
            stagger: 40,
            next_resource: 400,
            handler_call: 700,
            settle: 900,
            table_create: 10_000,
            table_update: 4_000,
            table_delete: 3_500,
            index_allocation: 30_000,
            index_backfill: 510_000,
            index_delete: 4_000,
            replica_create: 120_000,
            replica_delete: 60_000,
            kinesis_switch: 10_000,
            drift_detection: 5_000,
            small: 800,
            ttl_cool_down: 3_600_000,
        }
    }
}
