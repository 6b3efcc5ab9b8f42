//! What the tests share: a project of its own for each, a hermetic way to run the tool in it, and its sandbox.

mod output;
mod project;
mod running;
mod sandbox;
mod peer;

pub(crate) use output::Output;
pub(crate) use peer::Peer;
pub(crate) use project::{Project, repository};
pub(crate) use running::Running;
pub(crate) use sandbox::{AGES, Cloud, moments};
