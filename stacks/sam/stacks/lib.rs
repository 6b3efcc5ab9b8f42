//! The items of the tables, for the functions that read and write them.

pub mod notes;
