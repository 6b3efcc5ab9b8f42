//! Runs an operation and shows its events until it ends or is interrupted.
//!
//! One loop over three sources: events for the reporter, the end of the operation, an interrupt. The operation's future is pinned
//! outside of it, so that no turn of the loop restarts a call.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tablewright_deploy::RolloutEvent;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
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

/// How long the second interrupt lets a command say how to come back before the process ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Listener for SIGINT and SIGTERM; CI systems send one, then the other.
///
/// It has a thread of its own: the second signal ends the process even where the command cannot listen, as when nobody reads the pipe
/// that it writes to.
pub(crate) struct Interrupts {
    received: UnboundedReceiver<()>,
    may_run: Arc<AtomicBool>,
}

impl Interrupts {
    /// Starts listening. The first signal does not end the process afterwards.
    pub(crate) fn listen() -> Result<Self> {
        let (sender, received) = unbounded_channel();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let may_run = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&may_run);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let listening = runtime.and_then(|runtime| {
                let _guard = runtime.enter();
                Ok((Signals::register()?, runtime))
            });
            match listening {
                Ok((signals, runtime)) => {
                    let _ = ready.send(Ok(()));
                    runtime.block_on(forward(signals, &sender, &begun));
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        let began = is_ready.recv().unwrap_or_else(|error| Err(io::Error::other(error)));
        began.or_exit(Exit::Internal)?;
        Ok(Self { received, may_run })
    }

    /// Says that from now on an operation may be running, also after the process has ended.
    pub(crate) fn operation_may_run(&self) {
        self.may_run.store(true, Ordering::SeqCst);
    }

    /// Waits for the next interrupt.
    pub(crate) async fn next(&mut self) {
        if self.received.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Forwards each signal; some time after the second one it ends the process.
async fn forward(mut signals: Signals, sender: &UnboundedSender<()>, may_run: &AtomicBool) {
    signals.next().await;
    let _ = sender.send(());
    signals.next().await;
    let _ = sender.send(());
    tokio::time::sleep(LAST_WORDS).await;
    let exit = if may_run.load(Ordering::SeqCst) { Exit::StillRunning } else { Exit::Interrupted };
    std::process::exit(exit as i32);
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn register() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
