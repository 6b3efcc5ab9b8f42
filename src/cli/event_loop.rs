//! Runs an engine and shows what it tells, until it ends or somebody interrupts.
//!
//! One closed loop: facts to the reporter, the engine's end, an interrupt. The engine's future is pinned outside of it, so that
//! no turn of the loop begins a call anew.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tablewright_cloudformation::{Events, event::Event};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, interval_at};

use crate::error::{OrExit as _, Result};
use crate::exit::Exit;
use crate::report::Reporter;
use crate::report::fact::Fact;

/// Where an engine tells its facts.
#[derive(Clone, Debug)]
pub(crate) struct Facts(UnboundedSender<Fact>);

/// How long a log may be silent.
const HEARTBEAT: Duration = Duration::from_secs(60);

/// Somebody pressed Ctrl-C, or the machine wants us gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interrupted;

impl Facts {
    pub(crate) fn channel() -> (Self, UnboundedReceiver<Fact>) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells a fact. Nobody listening is no reason to stop.
    pub(crate) fn tell(&self, fact: Fact) {
        let _ = self.0.send(fact);
    }

    /// Runs a call of the deploy library and passes its events on as facts about `stack`, in order.
    pub(crate) async fn cloud<T>(&self, stack: &str, call: impl AsyncFnOnce(&Events) -> T) -> T {
        let (events, mut receiver) = Events::channel();
        let tell = |event: Event| self.tell(Fact::Cloud { stack: stack.to_owned(), event });
        let mut call = pin!(call(&events));
        let done = loop {
            tokio::select! {
                biased;
                Some(event) = receiver.recv() => tell(event),
                done = &mut call => break done,
            }
        };
        while let Ok(event) = receiver.try_recv() {
            tell(event);
        }
        done
    }
}

/// Runs `command` in a runtime of its own. What is left behind, such as a thread that waits for a key, is not waited for.
pub(crate) fn run<T>(command: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().or_exit(Exit::Internal)?;
    let done = runtime.block_on(command);
    runtime.shutdown_background();
    done
}

/// Runs an engine to its end or to an interrupt, and shows its facts meanwhile.
pub(crate) async fn drive<T>(
    engine: impl Future<Output = T>,
    facts: &mut UnboundedReceiver<Fact>,
    reporter: &mut Reporter,
    interrupts: &mut Interrupts,
) -> Result<T, Interrupted> {
    let mut engine = pin!(engine);
    let mut last = Instant::now();
    let mut quiet = interval_at(last + HEARTBEAT, HEARTBEAT);
    let done = loop {
        tokio::select! {
            biased;
            Some(fact) = facts.recv() => {
                reporter.tell(&fact);
                last = Instant::now();
                quiet.reset();
            }
            _ = quiet.tick() => reporter.still_waiting(last.elapsed()),
            done = &mut engine => break Ok(done),
            () = interrupts.next() => {
                reporter.break_line();
                break Err(Interrupted);
            }
        }
    };
    while let Ok(fact) = facts.try_recv() {
        reporter.tell(&fact);
    }
    done
}

/// SIGINT and SIGTERM: CI systems send the one, then the other.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Interrupts {
    /// Listens from now on: the signals no longer end the process by themselves.
    pub(crate) fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate()).or_exit(Exit::Internal)?,
            interrupt: signal(SignalKind::interrupt()).or_exit(Exit::Internal)?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Interrupts {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
