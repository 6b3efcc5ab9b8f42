//! What a change of tables means, in the forms that people review it in.
//!
//! In goes a [`Review`]: what is compared with what, the judged changes of `tablewright-plan`, the problems of the
//! definitions, each at its Rust line. Out comes text: Markdown for a pull request, JSON, SARIF 2.1.0, annotations.
//! [`Wording`] is how a change is said; the terminal says it with the same words.
//!
//! Programs may rely on the JSON: a later version adds fields, and changes [`SCHEMA`] when one goes or means something
//! else, so pass over what you do not know. In SARIF the rule ids and the fingerprints stay. What is made for people may
//! be said better at any time.
//!
//! *Invariant:* nothing here judges, does I/O, reads a clock or prints. Same review, same bytes.
//!
//! The modules are in the order of the data: `review` is what goes in, `wording` says it, and each of the others
//! writes one form.

mod review;
mod wording;
mod finding;
mod markdown;
mod json;
mod sarif;
mod annotations;

pub use annotations::{annotations, workflow_error};
pub use json::{JSON_SCHEMA, SCHEMA, change, json};
pub use markdown::{MarkdownOptions, markdown, step_summary};
pub use review::{Comparison, Digests, Located, Review, Step};
pub use sarif::sarif;
pub use wording::{Values, Wording, cut, is_news, meaning, summary, title, wait};
