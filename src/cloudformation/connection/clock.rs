//! The clock of the SDK client: its time source and its sleep.
//!
//! The engine has no clock of its own, so that a test (or the sandbox) can put a whole deploy on virtual time by
//! configuring the client. *Invariant:* nothing in this crate calls `SystemTime::now` or `tokio::time`.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudformation::Client;
use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::SharedTimeSource;

/// When it is, and how to wait.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    time: SharedTimeSource,
    sleep: SharedAsyncSleep,
}

impl Clock {
    /// The clock that `client` was configured with; the machine's where it has none.
    pub(crate) fn of(client: &Client) -> Clock {
        let config = client.config();
        Clock {
            time: config.time_source().unwrap_or_default(),
            sleep: config.sleep_impl().unwrap_or_else(|| SharedAsyncSleep::new(TokioSleep::new())),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.time.now()
    }

    pub(crate) async fn sleep(&self, duration: Duration) {
        self.sleep.sleep(duration).await;
    }

    /// The time since `earlier`; zero when the clock was set back.
    pub(crate) fn since(&self, earlier: SystemTime) -> Duration {
        self.now().duration_since(earlier).unwrap_or_default()
    }
}
