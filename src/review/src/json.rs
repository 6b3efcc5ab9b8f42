//! A review as JSON.

use serde_json::{Value, json};

use crate::Review;

/// The version of the JSON form.
pub const SCHEMA: u32 = 1;

/// The JSON Schema (draft 2020-12) of what [`json`](fn@json) returns.
pub const JSON_SCHEMA: &str = "{}";

/// Returns a review as JSON.
#[must_use]
pub fn json(review: &Review) -> Value {
    json!({ "schema": SCHEMA, "verdict": review.verdict().as_str() })
}
