//! The user's project: the `stacks` crate, its configuration, and the manifest that its program hands over.

mod config;
mod find;
mod freshness;
mod near;
mod program;
mod scratch;

pub(crate) use config::EnvConfig;
pub(crate) use find::Project;
pub(crate) use near::nearest;
pub(crate) use program::{Build, assemble};
pub(crate) use scratch::make as make_scratch;
