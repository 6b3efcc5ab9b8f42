//! Follows an operation by its events to the verdict.
//!
//! In goes an [`Operation`], out come facts and an [`Outcome`]. The events decide; the stack's status is asked when they
//! are silent, and once at the end for the outputs. Reads that fail are tried again, ever more slowly: they say nothing
//! about the operation, which continues in CloudFormation. *Invariant:* dropping the future changes nothing in AWS.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::IdentityCache;

use crate::change_set::delete::describe_change_set;
use crate::connection::clock::Clock;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents, failed_call};
use crate::operation::entry::Entry;
use crate::operation::events::read_new;
use crate::operation::forecast::{KnownDurations, ServerClock, forecast};
use crate::operation::nested_stacks::{StackTree, in_order};
use crate::operation::outcome::{Outcome, outcome};
use crate::operation::polling::{Jitter, Moment, Polling};
use crate::operation::status_check;
use crate::operation::status_check::{StatusCheck, may_have_ended};
use crate::operation::timeline::Verdict;
use crate::operation::{Operation, OperationKind};
use crate::stack::status::{StackClass, StackStatus};
use crate::stack::{self, Output};

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The events cannot be read any more. The operation goes on; how it ends is not known here.
    #[error("cannot follow stack {stack_name}; the result of its operation is unknown")]
    Lost {
        /// The stack's name.
        stack_name: String,
        /// What the last read said.
        source: ApiError,
    },
    /// The time is up and the operation is not. Never a success: nobody knows yet.
    #[error(
        "the operation on stack {stack_name} is still running after {} s; the stack is in {status}", .waited.as_secs()
    )]
    StillRunning {
        /// The stack's name.
        stack_name: String,
        /// The stack's status, as far as the events have told.
        status: StackStatus,
        /// How long it was followed.
        waited: Duration,
    },
    /// The operation was accepted and never began.
    #[error("the operation on stack {stack_name} never started; the stack is in {status}")]
    NeverBegan {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
    /// The stack has no operation to follow.
    #[error("stack {stack_name} has no operations yet; it is in {status}")]
    NoOperation {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
}

/// Follows `operation`, and the stacks that are nested in its stack, until it has ended.
pub async fn watch(
    client: &Client,
    operation: &Operation,
    polling: &Polling,
    events: &Events,
) -> Result<Outcome, WatchError> {
    let mut watch = Watch::new(client, operation, polling, events);
    let clock = watch.clock.clone();
    let time_is_up = async {
        match polling.timeout {
            Some(timeout) => clock.sleep(timeout).await,
            None => std::future::pending().await,
        }
    };
    let verdict = tokio::select! {
        // What has ended in time has ended.
        biased;
        verdict = watch.verdict() => Some(verdict?),
        () = time_is_up => None,
    };
    match verdict {
        Some(verdict) => Ok(watch.conclude(&verdict).await),
        None => Err(watch.still_running()),
    }
}

/// One watch.
struct Watch<'a> {
    client: Client,
    operation: &'a Operation,
    polling: &'a Polling,
    facts: StackEvents<'a>,
    clock: Clock,
    jitter: Jitter,
    tree: StackTree,
    durations: KnownDurations,
    server_clock: ServerClock,
    started: SystemTime,
    /// When the last new entry was read.
    last_news: SystemTime,
    /// When the root was read last.
    last_read: SystemTime,
    /// When the last read was answered.
    last_answer: SystemTime,
    /// When the stack itself was asked last.
    last_status_check: SystemTime,
    /// How often it was asked.
    status_checks: u32,
    /// Whether events that are newer than the operation carry no token at all.
    tokenless: bool,
    /// Reads in a row that showed nothing new.
    quiet_reads: u32,
    /// Reads in a row that went wrong; a good one halves it, so that full speed comes back step by step.
    failures: u32,
}

/// How long the events of a stack may be said not to exist while its status can be read.
const FORGOTTEN: Duration = Duration::from_secs(30);

/// How long nested stacks are read on after the root's end, for entries that are late.
const LATE: Duration = Duration::from_secs(10);

/// The same client with no credentials in its cache: the next call asks for them anew.
fn without_credentials(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().identity_cache(IdentityCache::lazy().build()).build())
}

impl<'a> Watch<'a> {
    fn new(
        client: &'a Client,
        operation: &'a Operation,
        polling: &'a Polling,
        events: &'a Events,
    ) -> Watch<'a> {
        let clock = Clock::of(client);
        let now = clock.now();
        let mut durations = KnownDurations::default();
        // Newest first, as it was read.
        durations.learn(&operation.before.iter().rev().cloned().collect::<Vec<_>>());
        Watch {
            client: client.clone(),
            operation,
            polling,
            facts: StackEvents { events, stack_name: &operation.stack_name },
            clock,
            jitter: Jitter::of(polling.seed, &operation.stack_id),
            tree: StackTree::new(operation.timeline()),
            durations,
            server_clock: ServerClock::default(),
            started: now,
            last_news: now,
            last_read: now,
            last_answer: now,
            last_status_check: now,
            status_checks: 0,
            tokenless: false,
            quiet_reads: 0,
            failures: 0,
        }
    }

    async fn verdict(&mut self) -> Result<Verdict, WatchError> {
        loop {
            match self.read().await {
                Ok(()) => {
                    if let Some(verdict) = self.tree.root.verdict() {
                        return Ok(verdict.clone());
                    }
                    if self.status_check_is_due()
                        && let Some(verdict) = self.check_status().await?
                    {
                        return Ok(verdict);
                    }
                    let interval = self.interval();
                    // From read to read: the call and those of nested stacks took their time.
                    let left = interval.saturating_sub(self.clock.since(self.last_read));
                    self.clock.sleep(left).await;
                }
                Err(error) => {
                    if let Some(verdict) = self.after_failure(error).await? {
                        return Ok(verdict);
                    }
                }
            }
        }
    }

    /// Reads what is new, of the root first, and reports it.
    async fn read(&mut self) -> Result<(), ApiError> {
        self.polling.rate_limit.take(&self.clock).await;
        self.last_read = self.clock.now();
        let (stack_id, root) = (&self.operation.stack_id, &self.tree.root);
        let read = read_new(&self.client, stack_id, root, &self.clock, &self.polling.rate_limit).await?;
        self.last_answer = self.clock.now();
        self.failures /= 2;
        self.tokenless =
            self.tokenless || read.first().is_some_and(|newest| self.is_new_without_token(newest));
        let mut fresh = self.tree.feed_root(read);
        if let Some(newest) = fresh.last() {
            self.server_clock.witness(newest.at, self.last_answer);
            self.durations.learn(self.tree.root.entries());
        }
        match self.tree.root.verdict() {
            None => {
                while let Some(place) = self.tree.due(self.clock.now(), self.polling.slow)
                    && self.polling.rate_limit.take_spare(&self.clock)
                {
                    fresh.extend(self.read_nested(place).await);
                }
            }
            Some(_) => fresh.extend(self.read_to_the_end().await),
        }
        self.report(fresh);
        Ok(())
    }

    fn is_new_without_token(&self, entry: &Entry) -> bool {
        let before = &self.operation.before;
        // A change set that creates the stack belongs to no operation, on AWS as well.
        let is_review = entry.stack_status() == Some(StackStatus::ReviewInProgress);
        entry.token.is_none()
            && !is_review
            && before.iter().all(|old| old.id != entry.id && old.at <= entry.at)
    }

    /// Reads a nested stack. A read that goes wrong is the same as one that shows nothing: it decides nothing.
    async fn read_nested(&mut self, place: usize) -> Vec<Entry> {
        let nested = self.tree.nested(place);
        let read =
            read_new(&self.client, &nested.stack_id, &nested.timeline, &self.clock, &self.polling.rate_limit)
                .await;
        let now = self.clock.now();
        match read {
            Ok(read) => return self.tree.feed_nested(place, read, now),
            Err(error) if error.may_pass() || error.is_about_credentials() => {
                if error.kind == ApiErrorKind::Throttled {
                    self.polling.rate_limit.throttled(&self.clock);
                }
                self.tree.postpone(place, now);
            }
            Err(_) => self.tree.lose(place),
        }
        Vec::new()
    }

    /// Reads what nested stacks have told until the root's end.
    async fn read_to_the_end(&mut self) -> Vec<Entry> {
        let started = self.clock.now();
        let mut fresh = Vec::new();
        loop {
            // News may name further stacks.
            let open = self.tree.open();
            for place in &open {
                self.polling.rate_limit.take(&self.clock).await;
                fresh.extend(self.read_nested(*place).await);
            }
            if self.tree.open().is_empty() || self.clock.since(started) >= LATE {
                return fresh;
            }
            self.clock.sleep(self.polling.fast).await;
        }
    }

    fn report(&mut self, mut fresh: Vec<Entry>) {
        self.quiet_reads += 1;
        if !fresh.is_empty() {
            (self.last_news, self.quiet_reads) = (self.last_answer, 0);
        }
        in_order(&mut fresh);
        for entry in fresh {
            self.facts.emit(entry.at, entry.to_event(&self.operation.stack_id));
        }
    }

    fn interval(&mut self) -> Duration {
        let now = self.clock.now();
        let nothing = BTreeMap::new();
        let expected = match &self.operation.kind {
            OperationKind::Deploy { resources, .. } => resources,
            OperationKind::Delete { .. } | OperationKind::Rollback { .. } | OperationKind::Latest => &nothing,
        };
        let entries = self.tree.root.entries();
        let moment = Moment {
            elapsed: self.clock.since(self.started),
            silence: self.clock.since(self.last_news),
            forecast: forecast(entries, expected, &self.durations, self.server_clock.at(now)),
        };
        let interval = self.jitter.spread(self.polling.interval(moment));
        // After throttling, full speed comes back step by step.
        if self.failures > 0 { interval.max(self.polling.backoff(self.failures)) } else { interval }
    }

    /// Waits after a read that went wrong, or gives up where waiting cannot help.
    async fn after_failure(&mut self, error: ApiError) -> Result<Option<Verdict>, WatchError> {
        let lasting = self.clock.since(self.last_answer);
        let patience = match error.kind {
            // The operation goes on for hours; a network may be broken for a while.
            ApiErrorKind::Throttled
            | ApiErrorKind::Unavailable
            | ApiErrorKind::Unreachable { .. }
            | ApiErrorKind::NotCloudFormation { .. } => self.polling.outage_grace,
            // A profile or a session may be renewed from another window.
            ApiErrorKind::Expired | ApiErrorKind::Credentials => self.polling.credential_grace,
            // AWS keeps the events of a deleted stack; others forget them.
            ApiErrorKind::NotFound => match self.check_status().await? {
                Some(verdict) => return Ok(Some(verdict)),
                None => FORGOTTEN,
            },
            ApiErrorKind::Denied { .. } | ApiErrorKind::Validation | ApiErrorKind::Other => Duration::ZERO,
        };
        if lasting >= patience {
            return Err(self.lost(error));
        }
        self.failures = self.failures.saturating_add(1);
        let retry_in = self.polling.backoff(self.failures);
        self.prepare_retry(error, retry_in);
        self.clock.sleep(retry_in).await;
        Ok(None)
    }

    fn still_running(&self) -> WatchError {
        let status = self.tree.root.entries().iter().rev().find_map(Entry::stack_status);
        WatchError::StillRunning {
            stack_name: self.operation.stack_name.clone(),
            // Accepted, and nothing was heard of it.
            status: status.unwrap_or_else(|| StackStatus::Unknown("an unknown status".to_owned())),
            waited: self.clock.since(self.started),
        }
    }

    fn lost(&self, source: ApiError) -> WatchError {
        WatchError::Lost { stack_name: self.operation.stack_name.clone(), source }
    }

    /// Whether the operation has told anything yet.
    fn begun(&self) -> bool {
        !self.tree.root.entries().is_empty()
    }

    /// Whether the events have been silent for so long that the stack itself is asked.
    fn status_check_is_due(&self) -> bool {
        // Where the rate limit leaves few reads, silence is no sign.
        let (patience, reads) = match self.begun() {
            // In a long silence ever more rarely: the events can be read, after all.
            true => (self.polling.silence.max(self.clock.since(self.last_news) / 4), 5),
            false if self.tokenless && self.status_checks == 0 => (self.polling.begin_without_token, 3),
            // Then at nearly every read, for nothing else shows the end.
            false if self.tokenless => {
                ((self.polling.begin_without_token / 2).max(self.clock.since(self.started) / 120), 3)
            }
            false => (self.polling.begin_by, 5),
        };
        let quiet = self.clock.since(self.last_news.max(self.last_status_check));
        (quiet >= patience && self.quiet_reads >= reads)
            // A stack without any operation need not be waited for.
            || (self.operation.kind == OperationKind::Latest && !self.begun())
    }

    /// Asks the stack itself. `None` when it is still moving, or cannot tell.
    async fn check_status(&mut self) -> Result<Option<Verdict>, WatchError> {
        self.last_status_check = self.clock.now();
        self.status_checks += 1;
        self.polling.rate_limit.take(&self.clock).await;
        // The events are what counts; whether they can be read decides whether the watch goes on.
        let Ok(stack) = stack::describe_once(&self.client, &self.operation.stack_id).await else {
            return Ok(None);
        };
        let check = match &self.operation.kind {
            OperationKind::Deploy { change_set_id, .. } => {
                let Some(stack) = stack.filter(|stack| may_have_ended(&stack.status)) else {
                    return Ok(None);
                };
                self.polling.rate_limit.take(&self.clock).await;
                let before = self.operation.before.iter().map(|entry| entry.at).max();
                match describe_change_set(&self.client, &stack.id, change_set_id).await {
                    Ok(described) => {
                        status_check::at_deploy(stack, described.execution_status.as_ref(), before)
                    }
                    // Somebody else's execution has swept it away.
                    Err(error) if error.kind == ApiErrorKind::NotFound => {
                        status_check::at_deploy(stack, None, before)
                    }
                    Err(_) => return Ok(None),
                }
            }
            OperationKind::Delete { .. } => status_check::at_deletion(stack, self.begun()),
            OperationKind::Rollback { .. } => status_check::at_rollback(stack, self.begun()),
            OperationKind::Latest => status_check::at_latest(stack),
        };
        let stack_name = self.operation.stack_name.clone();
        match check {
            StatusCheck::Ended(verdict) => Ok(Some(verdict)),
            StatusCheck::NotBegun(status)
                if !self.begun() && self.clock.since(self.started) >= self.polling.silence =>
            {
                Err(WatchError::NeverBegan { stack_name, status })
            }
            StatusCheck::Undecided | StatusCheck::NotBegun(_) => Ok(None),
            StatusCheck::NoOperation(status) => Err(WatchError::NoOperation { stack_name, status }),
        }
    }

    /// Reads the outputs and reports the end. Whatever the stack shows now, the verdict stands.
    async fn conclude(&mut self, verdict: &Verdict) -> Outcome {
        let deleting = match self.operation.kind {
            OperationKind::Deploy { .. } | OperationKind::Rollback { .. } => false,
            OperationKind::Delete { .. } => true,
            // Whoever began it: a deletion begins as one. A failed creation that is cleaned up begins as a creation.
            OperationKind::Latest => {
                let first = self.tree.root.entries().iter().find_map(Entry::stack_status);
                first == Some(StackStatus::DeleteInProgress)
            }
        };
        let outputs = match verdict.status.class() {
            StackClass::Done => self.outputs(&verdict.status).await,
            StackClass::RolledBack
            | StackClass::Paused
            | StackClass::Stuck
            | StackClass::Moving
            | StackClass::Review
            | StackClass::Gone
            | StackClass::Unknown => None,
        };
        self.facts.emit(self.clock.now(), EventKind::Settled { status: verdict.status.clone() });
        outcome(&self.operation.stack_id, verdict, &self.tree.entries(), deleting, outputs)
    }

    /// The outputs, once the stack shows the status that the events have shown: before that they may be the old ones.
    ///
    /// Retries whatever a read of the events would retry. The verdict stands already, so the wait is bounded in each case, and the
    /// timeout of the watch bounds it too.
    async fn outputs(&mut self, status: &StackStatus) -> Option<Vec<Output>> {
        const STALE_ANSWERS: u32 = 6;
        let started = self.clock.now();
        let left = self.polling.timeout.map(|timeout| timeout.saturating_sub(self.clock.since(self.started)));
        let patience =
            left.map_or(self.polling.credential_grace, |left| left.min(self.polling.credential_grace));
        let (mut stale, mut failed) = (0, 0);
        loop {
            self.polling.rate_limit.take(&self.clock).await;
            let error = match stack::describe_once(&self.client, &self.operation.stack_id).await {
                Ok(Some(stack)) if &stack.status == status => return Some(stack.outputs),
                Ok(_) => {
                    stale += 1;
                    None
                }
                Err(error) if error.may_pass() || error.is_about_credentials() => {
                    failed += 1;
                    Some(error)
                }
                Err(_) => return None,
            };
            let retry_in = self.polling.backoff(stale + failed - 1);
            let is_over = match left {
                // The next try would be behind the timeout.
                Some(_) => self.clock.since(started) + retry_in > patience,
                None => self.clock.since(started) >= patience,
            };
            if stale == STALE_ANSWERS || is_over {
                return None;
            }
            if let Some(error) = error {
                self.prepare_retry(error, retry_in);
            }
            self.clock.sleep(retry_in).await;
        }
    }

    /// Reports a failed call that is made again, and lets go of what made it fail.
    fn prepare_retry(&mut self, error: ApiError, retry_in: Duration) {
        if error.is_about_credentials() {
            self.client = without_credentials(&self.client);
        } else if error.kind == ApiErrorKind::Throttled {
            self.polling.rate_limit.throttled(&self.clock);
        }
        self.facts.emit(self.clock.now(), failed_call(error, retry_in));
    }
}
