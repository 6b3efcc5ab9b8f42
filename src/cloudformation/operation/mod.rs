//! An operation on a stack: what has to be known to follow it, now or later, from here or from elsewhere.
//!
//! In goes a change set (or the name of a stack that something is going on with), out comes an [`Operation`] of plain
//! strings. Before anything is changed the history is read once: it marks what was there before, and proves that the
//! events may be read at all.

pub mod entry;
pub mod timeline;
pub mod events;
pub(crate) mod nested_stacks;
pub(crate) mod forecast;
pub mod rate_limit;
pub mod polling;
pub(crate) mod status_check;
pub mod watch;
pub mod outcome;
pub mod cancel;
pub mod delete_stack;
pub mod rollback;
pub mod wait_for_idle;

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::Client;

use crate::change_set::ChangeSet;
use crate::change_set::delete::{describe_change_set, is_executed};
use crate::connection::clock::Clock;
use crate::connection::retry::{default_backoff, without_retries};
use crate::error::ApiError;
use crate::event::{EventKind, Events, StackEvents, failed_call};
use crate::operation::entry::Entry;
use crate::operation::events::read_head;
use crate::operation::timeline::Timeline;
use crate::stack;

/// An operation that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The stack's name.
    pub stack_name: String,
    /// The stack's ARN.
    pub stack_id: String,
    /// What it is.
    pub kind: OperationKind,
    /// Whether a failure stays where it stopped instead of being rolled back.
    pub rollback_disabled: bool,
    /// The newest entries of the history before it was started.
    pub before: Vec<Entry>,
}

/// What an operation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperationKind {
    /// The execution of a change set.
    Deploy {
        /// The client request token that all of its events carry.
        token: String,
        /// The change set's ARN.
        change_set_id: String,
        /// The resources that it touches, and their types. What is left of them says how near the end is.
        resources: BTreeMap<String, String>,
    },
    /// The deletion of the stack.
    Delete {
        /// The client request token that all of its events carry.
        token: String,
    },
    /// The rollback of a stack whose last operation failed.
    Rollback {
        /// The client request token that all of its events carry.
        token: String,
    },
    /// Whatever was started last on this stack, by whomever.
    Latest,
}

impl Operation {
    pub(crate) fn timeline(&self) -> Timeline {
        match &self.kind {
            OperationKind::Deploy { token, .. }
            | OperationKind::Delete { token }
            | OperationKind::Rollback { token } => {
                Timeline::of_token(token, &self.before, self.rollback_disabled)
            }
            OperationKind::Latest => Timeline::of_latest(self.rollback_disabled),
        }
    }
}

/// Finds the latest operation of the stack with this name or ARN, running or ended; `None` when there is no such stack.
pub async fn latest(client: &Client, stack: &str) -> Result<Option<Operation>, ApiError> {
    let stack = stack::describe(client, stack).await?;
    Ok(stack.map(|stack| Operation {
        stack_name: stack.name,
        stack_id: stack.id,
        kind: OperationKind::Latest,
        rollback_disabled: stack.disable_rollback,
        before: Vec::new(),
    }))
}

/// Executes the change set. A lost answer is asked for again with the same token, so it is executed once.
pub async fn execute(
    client: &Client,
    change_set: &ChangeSet,
    token: &str,
    events: &Events,
) -> Result<Operation, ApiError> {
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &change_set.stack_name };
    let before = head(client, &change_set.stack_id, &clock, &facts).await?;
    start(client, change_set, token, &clock, &facts).await?;
    facts.emit(clock.now(), EventKind::ExecutionStarted { token: token.to_owned() });
    let resources = change_set
        .changes
        .iter()
        .map(|change| (change.logical_id.clone(), change.resource_type.clone()))
        .collect();
    Ok(Operation {
        stack_name: change_set.stack_name.clone(),
        stack_id: change_set.stack_id.clone(),
        kind: OperationKind::Deploy {
            token: token.to_owned(),
            change_set_id: change_set.id.clone(),
            resources,
        },
        rollback_disabled: change_set.disable_rollback.unwrap_or_default(),
        before,
    })
}

/// How often a call is made before its failure counts.
const ATTEMPTS: u32 = 5;

/// The newest entries of the history, as a mark and as a proof of permission.
pub(crate) async fn head(
    client: &Client,
    stack_id: &str,
    clock: &Clock,
    facts: &StackEvents<'_>,
) -> Result<Vec<Entry>, ApiError> {
    let mut failures = 0;
    loop {
        match read_head(client, stack_id).await {
            Ok(entries) => return Ok(entries),
            Err(error) if error.may_pass() && failures + 1 < ATTEMPTS => {
                failures += 1;
                pause(error, failures, clock, facts).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn start(
    client: &Client,
    change_set: &ChangeSet,
    token: &str,
    clock: &Clock,
    facts: &StackEvents<'_>,
) -> Result<(), ApiError> {
    let call = async || {
        let answer = client
            .execute_change_set()
            .change_set_name(&change_set.id)
            .stack_name(&change_set.stack_id)
            .client_request_token(token)
            // CloudFormation takes one choice of what is done on failure: left out where the change set has made it.
            .set_disable_rollback(change_set.disable_rollback)
            .set_retain_except_on_create(change_set.retain_except_on_create.then_some(true))
            .customize()
            .config_override(without_retries())
            .send()
            .await;
        answer.map(|_| ()).map_err(|error| ApiError::unpack("ExecuteChangeSet", &error))
    };
    call_until_heard(clock, facts, call, async || was_heard(client, change_set).await).await
}

/// Makes a call that begins an operation, again with the same token while its answer is lost. `was_heard` asks whether the operation
/// has begun: after a lost answer, a refusal may mean that the lost call was heard.
pub(crate) async fn call_until_heard(
    clock: &Clock,
    facts: &StackEvents<'_>,
    call: impl AsyncFn() -> Result<(), ApiError>,
    was_heard: impl AsyncFn() -> bool,
) -> Result<(), ApiError> {
    let mut failures = 0;
    loop {
        let Err(error) = call().await else { return Ok(()) };
        failures += 1;
        let may_be_heard = error.may_pass();
        if may_be_heard && failures < ATTEMPTS {
            pause(error, failures, clock, facts).await;
            continue;
        }
        let is_heard = (failures > 1 || may_be_heard) && was_heard().await;
        return if is_heard { Ok(()) } else { Err(error) };
    }
}

async fn was_heard(client: &Client, change_set: &ChangeSet) -> bool {
    let described = describe_change_set(client, &change_set.stack_id, &change_set.id).await;
    described.is_ok_and(|described| is_executed(&described))
}

/// Tells of a failed call and waits until it may be made again. Returns how long that was.
pub async fn pause_after(
    client: &Client,
    stack_name: &str,
    error: ApiError,
    failures: u32,
    events: &Events,
) -> Duration {
    pause(error, failures, &Clock::of(client), &StackEvents { events, stack_name }).await;
    default_backoff(failures)
}

async fn pause(error: ApiError, failures: u32, clock: &Clock, facts: &StackEvents<'_>) {
    let retry_in = default_backoff(failures);
    facts.emit(clock.now(), failed_call(error, retry_in));
    clock.sleep(retry_in).await;
}
