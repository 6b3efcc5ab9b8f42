//! Tables and their backups in the sandbox, on a clock that stands still until somebody sleeps.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod live;
mod support;
mod wait;
