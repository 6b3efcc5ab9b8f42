//! Runs the operations on stacks.
//!
//! An operation is a set of tasks and a phase; the region's schedule holds the effects that are due next. Everything is
//! data in the region, and changes only when an effect is applied.

pub(crate) mod differences;

pub(crate) mod begin;
pub(crate) mod calls;
pub(crate) mod failure;
pub(crate) mod nested;
pub(crate) mod phases;
pub(crate) mod rollback;
pub(crate) mod starts;
pub(crate) mod tasks;
