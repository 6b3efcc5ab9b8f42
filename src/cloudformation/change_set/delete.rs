//! Deletes a prepared change set, and the empty stack that was created for it.
//!
//! In goes the [`PreparedRequest`], so that it can be called however far the preparation came: declined, failed, interrupted.
//! *Invariant:* nothing that is being executed is touched, and no stack that was there before.

use std::time::Duration;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{ChangeSetStatus, ChangeSetSummary, ExecutionStatus};

use crate::change_set::prepared_request::PreparedRequest;
use crate::connection::clock::Clock;
use crate::connection::pages::PageTokens;
use crate::error::{ApiError, ApiErrorKind};
use crate::event::{EventKind, Events, StackEvents};
use crate::stack::status::StackStatus;
use crate::stack::{self, Stack};

/// How long a creation that was interrupted may take to reach CloudFormation.
const LATE_CREATION: Duration = Duration::from_secs(2);

/// What [`discard`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// Nothing of ours is left.
    Gone,
    /// The change set is being executed or was, so there is an operation to watch instead.
    Executed,
}

/// Deletes the change set of `prepared`, and the empty shell of a stack that was made for it. Safe to call at any time,
/// more than once, and without knowing how far [`prepare`](crate::prepare) came. A change set that is being executed is left alone.
pub async fn discard(
    client: &Client,
    prepared: &PreparedRequest,
    events: &Events,
) -> Result<Discarded, ApiError> {
    let clock = Clock::of(client);
    let (stack_name, name) = (&prepared.request.stack_name, &prepared.request.change_set_name);
    let mut found = describe_change_set(client, stack_name, name).await;
    if matches!(&found, Err(error) if error.kind == ApiErrorKind::NotFound) {
        // A creation that was interrupted may be on its way still.
        clock.sleep(LATE_CREATION).await;
        found = describe_change_set(client, stack_name, name).await;
    }
    let is_there = match found {
        // Deleting the shell now would delete what is being created: the stack's own status may still lag behind.
        Ok(found) if is_executed(&found) => return Ok(Discarded::Executed),
        Ok(_) => true,
        Err(error) if error.kind == ApiErrorKind::NotFound => false,
        // CloudFormation deletes none that is being executed.
        Err(ApiError { kind: ApiErrorKind::Denied { .. }, .. }) => true,
        Err(error) => return Err(error),
    };
    if is_there {
        if delete_change_set(client, stack_name, name, &clock).await? == Discarded::Executed {
            return Ok(Discarded::Executed);
        }
        let facts = StackEvents { events, stack_name };
        facts.emit(clock.now(), EventKind::ChangeSetDeleted { name: name.clone() });
    }
    if prepared.stack.is_none() {
        delete_shell(client, stack_name, &clock).await?;
    }
    Ok(Discarded::Gone)
}

/// Deletes the failed change sets of a stack whose name begins with `prefix`: a run that is killed does not delete its own, and
/// nobody can execute them. A change set with this prefix that could be executed is left alone and reported as
/// [`EventKind::ChangeSetWaiting`]: a run that waits for its approval cannot be told from one that was killed. To be called where
/// nothing is going to be executed, since an execution deletes every other change set of the stack.
pub async fn discard_leftovers(
    client: &Client,
    stack: &Stack,
    prefix: &str,
    events: &Events,
) -> Result<(), ApiError> {
    let clock = Clock::of(client);
    let facts = StackEvents { events, stack_name: &stack.name };
    // All pages before the first deletion, which might shift what the next page begins with.
    let found = change_sets(client, &stack.id).await?;
    for set in found {
        let Some(name) = set.change_set_name.filter(|name| name.starts_with(prefix)) else { continue };
        let (status, execution) = (set.status, set.execution_status);
        let is_failed =
            status == Some(ChangeSetStatus::Failed) || execution == Some(ExecutionStatus::ExecuteFailed);
        if is_failed {
            if delete_change_set(client, &stack.id, &name, &clock).await? == Discarded::Gone {
                facts.emit(clock.now(), EventKind::ChangeSetDeleted { name });
            }
        } else if status == Some(ChangeSetStatus::CreateComplete) && !is_begun(execution.as_ref()) {
            facts.emit(clock.now(), EventKind::ChangeSetWaiting { name });
        }
    }
    Ok(())
}

/// Lists the change sets of a stack, all pages.
async fn change_sets(client: &Client, stack_id: &str) -> Result<Vec<ChangeSetSummary>, ApiError> {
    let call = client.list_change_sets().stack_name(stack_id);
    let mut tokens = PageTokens::of("ListChangeSets");
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let page = call.clone().set_next_token(next).send().await;
        let page = page.map_err(|error| ApiError::unpack("ListChangeSets", &error))?;
        found.extend(page.summaries.unwrap_or_default());
        next = tokens.next(page.next_token)?;
        if next.is_none() {
            return Ok(found);
        }
    }
}

/// Discards, and tells about a failure instead of returning it: another error is on its way already.
pub(crate) async fn clean_up(client: &Client, prepared: &PreparedRequest, events: &Events, clock: &Clock) {
    if let Err(error) = discard(client, prepared, events).await {
        let name = prepared.request.change_set_name.clone();
        let facts = StackEvents { events, stack_name: &prepared.request.stack_name };
        facts.emit(clock.now(), EventKind::ChangeSetLeft { name, error });
    }
}

/// The status of a change set, without its changes.
pub(crate) async fn describe_change_set(
    client: &Client,
    stack: &str,
    name: &str,
) -> Result<DescribeChangeSetOutput, ApiError> {
    client
        .describe_change_set()
        .stack_name(stack)
        .change_set_name(name)
        .send()
        .await
        .map_err(|error| ApiError::unpack("DescribeChangeSet", &error))
}

/// Whether the execution of the change set has begun, whatever came of it.
pub(crate) fn is_executed(described: &DescribeChangeSetOutput) -> bool {
    is_begun(described.execution_status.as_ref())
}

fn is_begun(status: Option<&ExecutionStatus>) -> bool {
    matches!(
        status,
        Some(
            ExecutionStatus::ExecuteInProgress
                | ExecutionStatus::ExecuteComplete
                | ExecutionStatus::ExecuteFailed
        )
    )
}

/// Deletes a change set, unless it is executed.
async fn delete_change_set(
    client: &Client,
    stack: &str,
    name: &str,
    clock: &Clock,
) -> Result<Discarded, ApiError> {
    const PATIENCE: Duration = Duration::from_secs(60);
    let started = clock.now();
    loop {
        let answer = client.delete_change_set().stack_name(stack).change_set_name(name).send().await;
        match answer.map_err(|error| ApiError::unpack("DeleteChangeSet", &error)) {
            Ok(_) => return Ok(Discarded::Gone),
            Err(error) if error.kind == ApiErrorKind::NotFound => return Ok(Discarded::Gone),
            // It cannot be deleted while CloudFormation works it out, or executes it.
            Err(error) if error.has_code("InvalidChangeSetStatus") && clock.since(started) < PATIENCE => {
                let found = describe_change_set(client, stack, name).await;
                if found.is_ok_and(|found| is_executed(&found)) {
                    return Ok(Discarded::Executed);
                }
                clock.sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Deletes the stack if it is an empty shell that nobody else has a change set for, and waits until it is gone: the next run must not
/// find it half-way.
async fn delete_shell(client: &Client, stack_name: &str, clock: &Clock) -> Result<(), ApiError> {
    const PATIENCE: Duration = Duration::from_secs(30);
    let is_shell = |stack: &Stack| stack.status == StackStatus::ReviewInProgress;
    let Some(shell) = stack::describe(client, stack_name).await?.filter(is_shell) else {
        return Ok(());
    };
    // Somebody may be asked to approve it, or may have executed it by now.
    let is_wanted = change_sets(client, &shell.id).await.is_ok_and(|found| !found.is_empty());
    if is_wanted || !stack::describe(client, &shell.id).await?.is_some_and(|shell| is_shell(&shell)) {
        return Ok(());
    }
    let answer = client.delete_stack().stack_name(&shell.id).send().await;
    answer.map_err(|error| ApiError::unpack("DeleteStack", &error))?;
    let started = clock.now();
    while clock.since(started) < PATIENCE {
        match stack::describe(client, &shell.id).await? {
            None => return Ok(()),
            Some(shell) if shell.status == StackStatus::DeleteComplete => return Ok(()),
            Some(_) => clock.sleep(Duration::from_secs(1)).await,
        }
    }
    Ok(())
}
