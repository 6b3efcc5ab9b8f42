//! How a call that failed is made again.

use std::time::Duration;

use aws_sdk_cloudformation::config::{Builder, Config};
use aws_smithy_types::retry::RetryConfig;

/// A configuration override for calls in a loop that retries by itself: the SDK's own retries would hide how often we are
/// throttled.
pub(crate) fn without_retries() -> Builder {
    Config::builder().retry_config(RetryConfig::disabled())
}

/// The wait after `failures` failed calls in a row: `first` doubled each time, `longest` at most.
pub(crate) fn backoff(failures: u32, first: Duration, longest: Duration) -> Duration {
    (first * 2u32.saturating_pow(failures.min(16))).min(longest)
}

/// The [`backoff`] of calls that belong to no watch.
pub(crate) fn default_backoff(failures: u32) -> Duration {
    backoff(failures, Duration::from_secs(1), Duration::from_secs(10))
}
