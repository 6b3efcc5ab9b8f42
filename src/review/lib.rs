//! Formats the changes of stacks for review.
//!
//! A [`Review`] has comparisons of templates, with the changes of `tablewright-plan` and the problems of the definitions, each
//! with its source location. It is written as Markdown for a pull request, JSON, SARIF 2.1.0, annotations of GitHub, a Code
//! Quality report of GitLab or a JUnit report. [`Wording`] is the
//! text of a change, which the terminal output uses, too.
//!
//! JSON is stable: a later version may add fields, which programs should ignore, and changes [`SCHEMA`] if a field is removed or
//! changes its meaning. In SARIF and Code Quality, rule ids and fingerprints are stable. Text for humans may change at any time.
//!
//! *Invariants:* no verdicts are decided here; no I/O, clock or output; the same review gives the same bytes.
//!
//! The modules are in the order of the data: `review` is the input, `wording` the text of changes, and each of the others writes
//! one format.

mod review;
mod wording;
mod visible;
mod finding;
mod fingerprint;
mod markdown;
mod json;
mod sarif;
mod annotations;
mod gitlab;
mod junit;

pub use annotations::{annotations, workflow_error};
pub use gitlab::gitlab;
pub use json::{JSON_SCHEMA, SCHEMA, change, json};
pub use junit::junit;
pub use markdown::{MarkdownOptions, markdown, step_summary};
pub use review::{Comparison, Digests, FoundProblem, Located, Review, Step};
pub use sarif::sarif;
pub use wording::{Values, Wording, access_label, cut, is_news, meaning, summary, title, wait};
