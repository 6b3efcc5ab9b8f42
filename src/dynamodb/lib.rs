//! What the tool asks DynamoDB itself, and tells it.
//!
//! CloudFormation reports a stack complete while new indexes are still being filled, on purpose
//! (cloudformation-coverage-roadmap#1075), and queries on them fail until then. In: table names. Out: a [`Progress`] whenever
//! something changed, and an answer when every table and every index is `ACTIVE`.
//! [`local`] makes the requests that create tables without CloudFormation, at an endpoint of the developer's own.
//! *Invariant:* the wait only reads; [`send()`] is the one call that can change a table.

mod progress;
mod wait;
mod advice;
mod send;
mod update;
pub mod local;

pub use advice::advice;
pub use progress::{IndexProgress, Progress};
pub use send::{SendError, send};
pub use wait::{Error, Pace, wait_until_active};
