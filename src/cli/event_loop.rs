//! Runs an operation and shows its events until it ends or is interrupted.
//!
//! One loop over three sources: events for the reporter, the end of the operation, an interrupt. The operation's future is pinned
//! outside of it, so that no turn of the loop restarts a call.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tablewright_deploy::RolloutEvent;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, interval_at};

use crate::error::{OrExit as _, Result};
use crate::exit::Exit;
use crate::report::Reporter;

/// Interval of messages in a log while there are no events.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// SIGINT or SIGTERM was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted;

/// Runs `command` in a new runtime. It does not wait for threads that are still blocked, such as one that reads stdin.
pub(crate) fn run<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Internal)?;
    let done = runtime.block_on(command);
    runtime.shutdown_background();
    done
}

/// Runs an operation until it ends or is interrupted, and shows its events.
pub(crate) async fn run_until_interrupted<T>(
    operation: impl Future<Output = T>,
    events: &mut UnboundedReceiver<RolloutEvent>,
    reporter: &mut Reporter,
    interrupts: &mut Interrupts,
) -> Result<T, Interrupted> {
    let mut operation = pin!(operation);
    let mut last = Instant::now();
    let mut quiet = interval_at(last + HEARTBEAT, HEARTBEAT);
    let done = loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => {
                reporter.show(&event);
                last = Instant::now();
                quiet.reset();
            }
            _ = quiet.tick() => reporter.still_waiting(last.elapsed()),
            done = &mut operation => break Ok(done),
            () = interrupts.next() => {
                reporter.break_line();
                break Err(Interrupted);
            }
        }
    };
    while let Ok(event) = events.try_recv() {
        reporter.show(&event);
    }
    done
}

/// Listener for SIGINT and SIGTERM; CI systems send one, then the other.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interrupts {
    /// Starts listening. The signals do not end the process afterwards.
    pub(crate) fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate()).or_exit(Exit::Internal)?,
            interrupt: signal(SignalKind::interrupt()).or_exit(Exit::Internal)?,
        })
    }

    /// Waits for the next interrupt.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Interrupts {
    /// Starts listening.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next interrupt.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
