//! Sources of templates to compare or deploy: the definitions, files, git revisions and deployed stacks.
//!
//! A source is parsed from the command line, such as `main` or `stacks/rendered`, and read to [`Template`]s by stack id.

mod spelling;
mod git;
mod files;
mod children;
mod template;
mod side;
pub(crate) mod comparison;
pub(crate) mod stacks;

pub(crate) use files::{Files, crlf, templates};
pub(crate) use git::Git;
pub(crate) use side::{Pair, Side, pair};
pub(crate) use spelling::Source;
pub(crate) use template::{Template, job_notes, notes, place_in_definition};
