//! Tests of the planner through its public API: verdicts, steps, invalid input, and properties of random changes.

#![expect(clippy::needless_pass_by_value, reason = "tables of `json!` values read better without ampersands")]

mod bad_input;
mod cases;
mod conditions;
mod defaults;
mod for_each;
mod foreign;
mod holding_data;
mod machine;
mod moves;
mod nested;
mod properties;
mod replicas;
mod rows;
mod spellings;
mod steps;
mod support;
mod unknown;
mod values;
mod vector_indexes;
mod verdicts;
mod words;
