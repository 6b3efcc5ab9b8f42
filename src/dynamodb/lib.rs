//! The calls of DynamoDB itself: the state of tables, backups, and tables in a local DynamoDB.
//!
//! CloudFormation reports a stack complete while new indexes are still being built, on purpose
//! (cloudformation-coverage-roadmap#1075), and queries on them fail until then. [`wait_until_active`] takes table names, reports a
//! [`Progress`] whenever something has changed, and returns when every table, index and replica is `ACTIVE`.
//! [`live_table`], [`recovery_window`] and [`last_backup`] read what a template does not tell about a table.
//! [`local`] makes the requests that create tables without CloudFormation, at an endpoint of the developer's own.
//! *Invariant:* [`create_backup`] and [`send()`] are the only calls that change anything, and only [`send()`] can change a table.

mod answer;
mod progress;
mod wait;
mod backup;
mod live;
mod advice;
mod send;
mod update;
pub mod local;

pub use advice::advice;
pub use backup::{Backup, BackupError, create_backup};
pub use live::{
    LiveTable, Reading, RecoveryWindow, Units, Unreadable, last_backup, live_table, recovery_window,
};
pub use progress::{FinalState, IndexProgress, Progress, ReplicaProgress};
pub use send::{SendError, send};
pub use wait::{Error, TablePolling, wait_until_active};
