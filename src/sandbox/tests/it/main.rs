//! Tests of the sandbox through its public face: one binary, one module a topic.

#![expect(clippy::unwrap_used, reason = "tests say what is wrong by panicking")]

mod support;

mod backups;
mod bodies;
mod deploy;
mod emulators;
mod exports;
mod faults;
mod files;
mod hostile;
mod drift;
mod hooks;
mod import;
mod input;
mod language_extensions;
mod layers;
mod nested;
mod parameters;
mod policies;
mod quotas;
mod recorded;
mod recovery;
mod replicas;
mod resources;
mod retyped;
mod s3;
mod sequences;
mod tables;
mod updates;
