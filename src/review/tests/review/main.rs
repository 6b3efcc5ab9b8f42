//! The forms of a review from outside: what people read as snapshots, what programs read as assertions, and both under
//! random and hostile input.

mod annotations;
mod forms;
mod generate;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod places;
mod reader;
mod size_limit;
mod samples;
mod sarif;
mod wording;

use proptest::prelude::ProptestConfig;

/// A case is a document; a quarter of the usual number takes two seconds.
fn fewer() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}
