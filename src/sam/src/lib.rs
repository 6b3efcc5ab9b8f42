//! Tables inside a SAM project.
//!
//! In: the bytes of somebody's `template.yaml`, and stacks of tables. Out: the whole new text, in which nothing but
//! marked regions of ours has changed. It never reads or writes a file, and never touches a byte that it does not own.
//!
//! | module | in | out |
//! | --- | --- | --- |
//! | `embed`, `remove` | a template, the [`Regions`] it is to have | an [`Edit`], read again and compared |

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

mod resolve;
mod names;
mod way;
mod near;
mod fragment;

mod error;

pub use embed::{Change, Edit, Options, What, check, embed, remove};
pub use error::EmbedError;
pub use fragment::{Access, Fragment, FragmentKind, Request, embed_fragment, fragment};
pub use names::with_name_parameters;
pub use region::{Region, Regions};
pub use way::{RegionsError, Way, companion, regions};
