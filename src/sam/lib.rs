//! Tables inside a SAM project.
//!
//! In: the bytes of somebody's `template.yaml`, and stacks of tables. Out: the whole new text, in which nothing but
//! marked regions of ours has changed. It never reads or writes a file, and never touches a byte that it does not own.
//!
//! | function | in | out |
//! | --- | --- | --- |
//! | [`regions`] | a stack, a [`Way`] to have its tables | the [`Regions`] that a template is to have |
//! | [`fragment`](fn@fragment) | a table, a function, what it may do | a [`Fragment`], to paste or to embed |
//! | [`embed`], [`embed_fragment`], [`check`], [`remove`] | a template and one of these | an [`Edit`], read again and compared |
//! | [`env_json`] | stacks | the file that `sam local --env-vars` takes |
//! | [`with_name_parameters`] | a stack | the stack, its tables named so that `sam local` knows it too |
//!
//! # What is ours in a template
//!
//! The lines between two markers, which are comments and say whose they are, where they belong, and what the lines between
//! come to (see [`embed`]). Beside them only what the first marker keeps: the keys that were made for the region (`made:2`), the
//! empty line before them (`gap`), a line that was broken at a bracket (`inline`), and the bytes that had to go (`was:" {}"`).
//! [`remove`] brings all of it back. What somebody else has under a key that was made for a region keeps the key.
//!
//! *Invariants:* no file, no network, no clock; no byte outside of a region changes unnoticed; nothing is returned that was not
//! read again.

mod text;
mod splice;
mod marker;
mod found;
mod region;
mod document;
mod conflict;
mod insert;
mod remove;
mod embed;
mod verify;

mod names;
mod way;
mod fragment;

mod error;

pub use embed::{Change, Edit, Options, What, check, embed, remove};
pub use error::EmbedError;
pub use fragment::{Access, Fragment, FragmentKind, Request, embed_fragment, env_json, fragment};
pub use names::with_name_parameters;
pub use region::{Region, Regions};
pub use way::{RegionsError, Way, companion, regions};
