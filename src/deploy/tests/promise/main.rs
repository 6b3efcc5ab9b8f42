//! The promise of a rollout, held against the sandbox's own record: whatever is deployed and wanted, whatever a colleague does between
//! two calls, whatever goes wrong, and wherever the rollout is interrupted.
//!
//! 1. Approved is what is executed.
//! 2. Done is done.
//! 3. CloudFormation may lose nothing beyond what was approved.
//! 4. An ending says what was done.
//! 5. Others are respected.
//!
//! `statements` asserts them; `property` draws the runs, `single` tries one fault at a time, `scenarios` has those with names. In CI the
//! runs are the same every time; `PROMISE_SEED=random` (or a number) draws others, `PROMISE_CASES` says how many, and with
//! `PROMISE_FAULTS=all` every call meets every fault.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod beyond;
mod colleague;
mod destroy;
mod interposer;
mod property;
mod races;
mod record;
mod scenarios;
mod settings;
mod shop;
mod single;
mod stacks;
mod statements;
mod subject;
mod world;
