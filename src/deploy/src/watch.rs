//! Follows an operation by its events to the verdict.
//!
//! In goes an [`Operation`], out come facts and an [`Outcome`]. The events decide; the stack's status is asked when they
//! are silent, and once at the end for the outputs. Reads that fail are tried again, ever more slowly: they say nothing
//! about the operation, which goes on without us. *Invariant:* dropping the future changes nothing in AWS.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::types::ExecutionStatus;

use crate::change_set::failed_call;
use crate::clock::Clock;
use crate::discard::describe_change_set;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents};
use crate::history::{Entry, read_new};
use crate::operation::{Operation, OperationKind};
use crate::outcome::{Outcome, outcome};
use crate::pace::{Moment, Pace};
use crate::stack::{self, Output, Stack};
use crate::status::{StackClass, StackStatus};
use crate::timeline::{Timeline, Verdict};

/// Why there is no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// The events cannot be read any more. The operation goes on; how it ends is not known here.
    #[error("lost sight of stack {stack_name}; how its operation ends is unknown")]
    Lost {
        /// The stack's name.
        stack_name: String,
        /// What the last read said.
        source: ApiError,
    },
    /// The operation was accepted and never began.
    #[error("the operation on stack {stack_name} never began; the stack is in {status}")]
    NeverBegan {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
    /// The stack has no operation to follow.
    #[error("stack {stack_name} has had no operation yet; it is in {status}")]
    NoOperation {
        /// The stack's name.
        stack_name: String,
        /// The stack's status.
        status: StackStatus,
    },
}

/// Follows `operation` until it has ended.
pub async fn watch(
    client: &Client,
    operation: &Operation,
    pace: &Pace,
    events: &Events,
) -> Result<Outcome, WatchError> {
    let clock = Clock::of(client);
    let now = clock.now();
    let mut watch = Watch {
        client,
        operation,
        pace,
        facts: StackEvents { events, stack_name: &operation.stack_name },
        timeline: operation.timeline(),
        started: now,
        last_news: now,
        last_answer: now,
        last_look: now,
        failures: 0,
        clock,
    };
    let verdict = watch.verdict().await?;
    Ok(watch.conclude(&verdict).await)
}

/// One watch. Nested stacks will each have a timeline of their own beside the root's.
struct Watch<'a> {
    client: &'a Client,
    operation: &'a Operation,
    pace: &'a Pace,
    facts: StackEvents<'a>,
    clock: Clock,
    timeline: Timeline,
    started: SystemTime,
    /// When the last new entry was read.
    last_news: SystemTime,
    /// When the last read was answered.
    last_answer: SystemTime,
    /// When the stack itself was asked last.
    last_look: SystemTime,
    /// Reads in a row that went wrong; a good one halves it, so that full speed comes back step by step.
    failures: u32,
}

impl Watch<'_> {
    async fn verdict(&mut self) -> Result<Verdict, WatchError> {
        loop {
            match self.read().await {
                Ok(()) => {
                    if let Some(verdict) = self.timeline.verdict() {
                        return Ok(verdict.clone());
                    }
                    if self.look_is_due()
                        && let Some(verdict) = self.look().await?
                    {
                        return Ok(verdict);
                    }
                    self.clock.sleep(self.interval()).await;
                }
                Err(error) => {
                    if let Some(verdict) = self.after_failure(error).await? {
                        return Ok(verdict);
                    }
                }
            }
        }
    }

    /// Reads what is new and reports it.
    async fn read(&mut self) -> Result<(), ApiError> {
        let read = read_new(self.client, &self.operation.stack_id, &self.timeline).await?;
        self.last_answer = self.clock.now();
        self.failures /= 2;
        let new = self.timeline.feed(read);
        if !new.is_empty() {
            self.last_news = self.last_answer;
        }
        for entry in new {
            self.facts.emit(entry.at, entry.to_event());
        }
        Ok(())
    }

    fn interval(&self) -> Duration {
        let moment = Moment {
            elapsed: self.clock.since(self.started),
            silence: self.clock.since(self.last_news),
            resources_done: self.resources_done(),
        };
        let interval = self.pace.interval(moment);
        // After throttling, full speed comes back step by step.
        if self.failures > 0 { interval.max(self.pace.backoff(self.failures)) } else { interval }
    }

    /// Whether every resource of the change set has come to rest.
    fn resources_done(&self) -> bool {
        let OperationKind::Deploy { resources, .. } = &self.operation.kind else {
            return false;
        };
        let at_rest = |logical_id: &String| {
            let last = self.timeline.entries().iter().rfind(|entry| &entry.logical_id == logical_id);
            last.and_then(Entry::resource_status).is_some_and(|status| !status.is_in_progress())
        };
        resources.iter().all(at_rest)
    }

    /// Waits after a read that went wrong, or gives up where waiting cannot help.
    async fn after_failure(&mut self, error: ApiError) -> Result<Option<Verdict>, WatchError> {
        let lasting = self.clock.since(self.last_answer);
        let patience = match error.kind {
            // The operation goes on for hours; so may a broken network.
            ApiErrorKind::Throttled
            | ApiErrorKind::Unavailable
            | ApiErrorKind::Unreachable { .. }
            | ApiErrorKind::NotCloudFormation { .. } => Duration::MAX,
            // A profile or a session may be renewed from another window.
            ApiErrorKind::Expired | ApiErrorKind::Credentials => self.pace.credential_grace,
            // AWS keeps the events of a deleted stack; others forget them.
            ApiErrorKind::NotFound => match self.look().await? {
                Some(verdict) => return Ok(Some(verdict)),
                None => self.pace.begin_by,
            },
            ApiErrorKind::Denied { .. } | ApiErrorKind::Validation | ApiErrorKind::Other => Duration::ZERO,
        };
        if lasting >= patience {
            return Err(self.lost(error));
        }
        self.failures = self.failures.saturating_add(1);
        let retry_in = self.pace.backoff(self.failures);
        self.facts.emit(self.clock.now(), failed_call(error, retry_in));
        self.clock.sleep(retry_in).await;
        Ok(None)
    }

    fn lost(&self, source: ApiError) -> WatchError {
        WatchError::Lost { stack_name: self.operation.stack_name.clone(), source }
    }

    /// Whether the events have been silent for so long that the stack itself is asked.
    fn look_is_due(&self) -> bool {
        let patience = match self.timeline.entries() {
            [] => self.pace.begin_by,
            [..] => self.pace.silence,
        };
        let quiet = self.clock.since(self.last_news.max(self.last_look));
        // A stack without any operation need not be waited for.
        quiet >= patience
            || (self.operation.kind == OperationKind::Latest && self.timeline.entries().is_empty())
    }

    /// Asks the stack itself: the safety net under the events. `None` when it is still moving, or cannot tell.
    async fn look(&mut self) -> Result<Option<Verdict>, WatchError> {
        self.last_look = self.clock.now();
        // The events are what counts; whether they can be read decides whether the watch goes on.
        let Ok(stack) = stack::describe(self.client, &self.operation.stack_id).await else {
            return Ok(None);
        };
        match &self.operation.kind {
            OperationKind::Deploy { change_set_id, .. } => match stack {
                Some(stack) => self.judge_deploy(stack, change_set_id).await,
                None => Ok(None),
            },
            OperationKind::Delete { .. } => self.judge_delete(stack),
            OperationKind::Latest => self.judge_latest(stack),
        }
    }

    /// The status counts only when the change set itself says that it was executed: a status alone may be the one from
    /// before (aws-cdk-cli#1802), or somebody else's.
    async fn judge_deploy(&self, stack: Stack, change_set_id: &str) -> Result<Option<Verdict>, WatchError> {
        let ended = match stack.status.class() {
            StackClass::Done
            | StackClass::RolledBack
            | StackClass::Paused
            | StackClass::Stuck
            | StackClass::Gone => true,
            StackClass::Review => false,
            StackClass::Moving | StackClass::Unknown => return Ok(None),
        };
        let execution = match describe_change_set(self.client, &stack.id, change_set_id).await {
            Ok(described) => described.execution_status,
            // Somebody else's execution has swept it away.
            Err(error) if error.kind == ApiErrorKind::NotFound => None,
            Err(_) => return Ok(None),
        };
        let began = !self.timeline.entries().is_empty();
        let verdict = Verdict { status: stack.status.clone(), reason: stack.reason };
        match execution {
            Some(ExecutionStatus::ExecuteComplete) if ended => Ok(Some(verdict)),
            Some(ExecutionStatus::ExecuteFailed) if ended && stack.status.class() != StackClass::Done => {
                Ok(Some(verdict))
            }
            Some(ExecutionStatus::ExecuteInProgress | ExecutionStatus::ExecuteComplete) => Ok(None),
            _ if !began && self.clock.since(self.started) >= self.pace.silence => {
                Err(WatchError::NeverBegan {
                    stack_name: self.operation.stack_name.clone(),
                    status: stack.status,
                })
            }
            _ => Ok(None),
        }
    }

    fn judge_delete(&self, stack: Option<Stack>) -> Result<Option<Verdict>, WatchError> {
        let Some(stack) = stack else {
            return Ok(Some(Verdict { status: StackStatus::DeleteComplete, reason: None }));
        };
        match stack.status {
            StackStatus::DeleteComplete => Ok(Some(Verdict { status: stack.status, reason: stack.reason })),
            StackStatus::DeleteInProgress => Ok(None),
            // A failed deletion may be an older one; it counts when this one has begun.
            StackStatus::DeleteFailed if !self.timeline.entries().is_empty() => {
                Ok(Some(Verdict { status: stack.status, reason: stack.reason }))
            }
            status
                if self.timeline.entries().is_empty()
                    && self.clock.since(self.started) >= self.pace.silence =>
            {
                Err(WatchError::NeverBegan { stack_name: self.operation.stack_name.clone(), status })
            }
            _ => Ok(None),
        }
    }

    fn judge_latest(&self, stack: Option<Stack>) -> Result<Option<Verdict>, WatchError> {
        let Some(stack) = stack else { return Ok(None) };
        match stack.status.class() {
            StackClass::Done
            | StackClass::RolledBack
            | StackClass::Paused
            | StackClass::Stuck
            | StackClass::Gone => Ok(Some(Verdict { status: stack.status, reason: stack.reason })),
            StackClass::Moving | StackClass::Unknown => Ok(None),
            StackClass::Review => Err(WatchError::NoOperation {
                stack_name: self.operation.stack_name.clone(),
                status: stack.status,
            }),
        }
    }

    /// Reads the outputs and reports the end. Whatever the stack shows now, the verdict stands.
    async fn conclude(&self, verdict: &Verdict) -> Outcome {
        let deleting = match self.operation.kind {
            OperationKind::Deploy { .. } => false,
            OperationKind::Delete { .. } => true,
            // Whoever began it: a deletion begins as one. A failed creation that is cleaned up begins as a creation.
            OperationKind::Latest => {
                let first = self.timeline.entries().iter().find_map(Entry::stack_status);
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
        outcome(verdict, self.timeline.entries(), deleting, outputs)
    }

    /// The outputs, once the stack shows the status that the events have shown: before that they may be the old ones.
    async fn outputs(&self, status: &StackStatus) -> Option<Vec<Output>> {
        const ATTEMPTS: u32 = 6;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                self.clock.sleep(self.pace.backoff(attempt - 1)).await;
            }
            match stack::describe(self.client, &self.operation.stack_id).await {
                Ok(Some(stack)) if &stack.status == status => return Some(stack.outputs),
                Ok(_) | Err(_) => {}
            }
        }
        None
    }
}
