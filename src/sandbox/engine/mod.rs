//! The engine: what makes operations go on.
//!
//! An operation is a set of tasks and a phase; the schedule holds what is due next. Everything is data in the region, and
//! moves only when somebody calls [`schedule::catch_up`].

pub(crate) mod differences;

pub(crate) mod begin;
pub(crate) mod calls;
pub(crate) mod nested;
pub(crate) mod phases;
pub(crate) mod rollback;
pub(crate) mod schedule;
pub(crate) mod starts;
pub(crate) mod tasks;
