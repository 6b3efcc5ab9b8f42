//! DynamoDB tables in the template of a SAM project.
//!
//! The functions take the text of a `template.yaml` and the definitions of tables, and return the new text, in which only marked
//! regions have changed.
//!
//! | function | takes | returns |
//! | --- | --- | --- |
//! | [`regions`] | a stack and a [`Way`] to integrate its tables | the [`Regions`] to embed in a template |
//! | [`fragment`](fn@fragment) | a table, a function and its access | a [`Fragment`], to paste or to embed |
//! | [`embed`], [`embed_fragment`], [`check`], [`remove`] | a template and one of these | an [`Edit`] or its [`Change`]s |
//! | [`env_json`] | stacks | the content of a file for `sam local --env-vars` |
//! | [`with_name_parameters`] | a stack | the stack, with table names that `sam local` resolves correctly |
//!
//! # Regions
//!
//! A region is the lines between two marker comments. The markers name the owner of the region, the path of the mapping or list
//! that it adds to, and a checksum of the lines (see [`embed`]). The begin marker also records what was changed around the
//! region: the number of keys that were created for it (`made:2`), an empty line before them (`gap`), a line that was broken at a
//! bracket (`inline`), and bytes that were replaced (`was:" {}"`). [`remove`] restores all of it. A key that was created for a
//! region is kept if other entries were added to it.
//!
//! *Invariants:* no file, network or clock is accessed; no byte outside of a region changes without a record in its marker; every
//! new text is parsed again and compared before it is returned.

mod text;
mod splice;
mod marker;
mod found;
mod region;
mod document;
mod cut_off;
mod conflict;
mod as_list;
mod insert;
mod remove;
mod embed;
mod verify;

mod names;
mod way;
mod fragment;

mod error;

pub use embed::{Change, ChangeKind, Edit, Options, Warning, check, embed, remove};
pub use error::EmbedError;
pub use fragment::{Access, Fragment, FragmentKind, Request, embed_fragment, env_json, fragment};
pub use names::with_name_parameters;
pub use region::{Region, Regions};
pub use way::{RegionsError, Way, companion, regions};
