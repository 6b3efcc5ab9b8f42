//! Where a template to be compared comes from: the definitions, a file, a git revision, the deployed stack.
//!
//! In: what was typed, such as `main` or `stacks/rendered`. Out: [`Template`]s by the id of their stack, text and tree. Nothing is
//! compared here.

mod spelling;
mod git;
mod files;
mod children;
mod template;
mod side;
pub(crate) mod comparison;
pub(crate) mod stacks;

pub(crate) use files::{Files, templates};
pub(crate) use git::Git;
pub(crate) use side::{Pair, Side, pair};
pub(crate) use spelling::Source;
pub(crate) use template::{Template, job_notes, notes, place_in_definition};
