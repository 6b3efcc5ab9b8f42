//! The user's project: the stacks crate, its configuration, and the manifest that its program writes.

mod build_env;
mod config;
mod find;
mod freshness;
mod places;
mod program;
mod scratch;

pub(crate) use config::EnvConfig;
pub(crate) use find::Project;
pub(crate) use places::{Repository, from_here};
pub(crate) use program::{Build, assemble};
pub(crate) use scratch::make as make_scratch;
pub(crate) use tablewright_template::nearest;
