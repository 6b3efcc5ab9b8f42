//! A Kinesis stream that receives the changes of a table.

use serde::{Deserialize, Serialize};

use crate::clock::Millis;

/// A stream that gets a table's changes, or got them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Destination {
    pub(crate) stream: String,
    pub(crate) precision: Option<String>,
    pub(crate) enabled: bool,
    /// Until then the last change is under way.
    pub(crate) until: Millis,
    pub(crate) updating: bool,
}

impl Destination {
    pub(crate) fn status(&self, now: Millis) -> &'static str {
        match (self.enabled, now < self.until) {
            (true, true) if self.updating => "UPDATING",
            (true, true) => "ENABLING",
            (true, false) => "ACTIVE",
            (false, true) => "DISABLING",
            (false, false) => "DISABLED",
        }
    }
}
