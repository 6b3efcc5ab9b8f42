//! What DynamoDB says of the tables, after CloudFormation is done with them.
//!
//! CloudFormation reports a stack complete while new indexes are still being filled, on purpose
//! (cloudformation-coverage-roadmap#1075), and queries on them fail until then. In: table names. Out: a [`Progress`] whenever
//! something changed, and an answer when every table and every index is `ACTIVE`.
//! *Invariant:* reads only; nothing in here changes a table.

mod progress;
mod wait;
mod advice;

pub use advice::advice;
pub use progress::{IndexProgress, Progress};
pub use wait::{Error, Pace, wait_until_active};
