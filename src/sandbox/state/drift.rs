//! The findings of the last drift detection.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;

/// What the last detection found of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Drift {
    pub(crate) at: Millis,
    pub(crate) expected: Value,
    /// `None` when the resource is gone.
    pub(crate) actual: Option<Value>,
}

/// A detection over a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Detection {
    pub(crate) id: String,
    pub(crate) begun: Millis,
    pub(crate) done_at: Millis,
    pub(crate) drifted: usize,
}

impl Drift {
    pub(crate) fn status(&self) -> &'static str {
        match &self.actual {
            None => "DELETED",
            Some(actual) if *actual == self.expected => "IN_SYNC",
            Some(_) => "MODIFIED",
        }
    }
}

impl Detection {
    pub(crate) fn status(&self) -> &'static str {
        if self.drifted > 0 { "DRIFTED" } else { "IN_SYNC" }
    }
}
