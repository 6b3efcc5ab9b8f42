//! Waiting for tables: CloudFormation completes a stack while its new indexes are still being built.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use tablewright::Stack;
use tablewright_cloudformation::change_set::change::{Change, ChangeAction};
use tablewright_cloudformation::stack::resources;
use tablewright_cloudformation::{ChangeSet, ResourceStatus};
use tablewright_dynamodb::{Progress, wait_until_active};
use tablewright_plan::{Step, Wait};

use crate::error::Error;
use crate::event::{EventSender, RolloutEvent};
use crate::job::Job;
use crate::target::Target;

/// Runs an operation for as long as a rollout waits; `None` when the time is up.
pub(crate) async fn within<T>(
    target: &Target,
    timeout: Option<Duration>,
    operation: impl Future<Output = T>,
) -> Option<T> {
    let (Some(timeout), Some(sleep)) = (timeout, target.cloudformation.config().sleep_impl()) else {
        return Some(operation.await);
    };
    tokio::select! {
        // What has ended in time has ended.
        biased;
        ended = operation => Some(ended),
        () = sleep.sleep(timeout) => None,
    }
}

/// Waits until every table of a deployed stack and of the stacks nested in it is `ACTIVE`, with all its indexes and replicas.
///
/// # Errors
///
/// [`Error::TablesUnusable`] when a table is in a state that does not pass by itself, [`Error::TablesUnknown`] when that cannot be
/// found out; the stack is deployed all the same.
pub async fn wait_for_tables(
    target: &Target,
    stack: &Stack,
    label: &str,
    events: &EventSender,
) -> Result<(), Error> {
    let tables = tables_of(target, stack, |_| true).await?;
    let report = |progress: &Progress| {
        events.send(RolloutEvent::Table { stack: label.to_owned(), progress: progress.clone() });
    };
    let waited = wait_until_active(&target.dynamodb, &tables, target.table_polling, report).await;
    waited.map_err(|source| not_active(stack, source))
}

/// Waits like [`wait_for_tables`], for the tables that a change set has changed, and for those with indexes: a run that was interrupted
/// may have left some in the making. Tags alone make no table busy.
pub(crate) async fn wait_for_changed_tables(
    job: &Job<'_>,
    change_set: &ChangeSet,
    events: &EventSender,
) -> Result<(), Error> {
    let own = change_set.changes.iter().map(|change| (change.logical_id.as_str(), change));
    let nested = change_set.nested.iter().map(|nested| (nested.path.as_str(), &nested.change));
    let changed: Vec<&str> =
        own.chain(nested).filter(|(_, change)| can_make_busy(change)).map(|(path, _)| path).collect();
    // The tables of a nested stack count where CloudFormation does not tell what changes in it.
    let is_told = |stack: &str| change_set.nested.iter().any(|nested| nested.path.starts_with(stack));
    let is_below = |path: &str, stack: &str| {
        path.strip_prefix(stack).is_some_and(|rest| rest.starts_with('/')) && !is_told(&format!("{stack}/"))
    };
    let is_changed = |path: &str| changed.iter().any(|changed| *changed == path || is_below(path, changed));
    wait_for_some(job, !changed.is_empty(), is_changed, events).await
}

/// Waits for indexes that are still being built though there is nothing to change. What cannot be read is not waited for: it took no
/// permission to change nothing.
pub(crate) async fn wait_for_unfinished_indexes(job: &Job<'_>, events: &EventSender) -> Result<(), Error> {
    match wait_for_some(job, false, |_| false, events).await {
        Err(error @ Error::TablesUnusable { .. }) => Err(error),
        _ => Ok(()),
    }
}

/// Waits for the tables that have changed, and for those with indexes. Of the latter only those are reported that are waited for.
async fn wait_for_some(
    job: &Job<'_>,
    has_changes: bool,
    is_changed: impl Fn(&str) -> bool,
    events: &EventSender,
) -> Result<(), Error> {
    let resources = &job.rendered.template["Resources"];
    let has_indexes = |logical_id: &str| {
        let properties = &resources[logical_id]["Properties"];
        ["GlobalSecondaryIndexes", "VectorIndexes"].iter().any(|indexes| !properties[indexes].is_null())
    };
    let indexed = resources.as_object().into_iter().flatten().any(|(logical_id, _)| has_indexes(logical_id));
    if !has_changes && !indexed {
        return Ok(());
    }
    let tables = physical_tables(job.target, job.stack, |path| is_changed(path) || has_indexes(path)).await?;
    let changed = tables.iter().filter(|(path, _)| is_changed(path)).map(|(_, name)| name.clone());
    let mut reported: BTreeSet<String> = changed.collect();
    let names: Vec<String> = tables.into_values().collect();
    let report = |progress: &Progress| {
        if !progress.is_active() {
            reported.insert(progress.table.clone());
        }
        if reported.contains(&progress.table) {
            events.send(RolloutEvent::Table { stack: job.label.clone(), progress: progress.clone() });
        }
    };
    let waited = wait_until_active(&job.target.dynamodb, &names, job.target.table_polling, report).await;
    waited.map_err(|source| not_active(job.stack, source))
}

/// Returns the error of a deployed stack whose tables were not seen to be `ACTIVE`.
fn not_active(stack: &Stack, source: tablewright_dynamodb::Error) -> Error {
    let stack = stack.id.clone();
    match source {
        tablewright_dynamodb::Error::Unusable { .. } => Error::TablesUnusable { stack, source },
        source => Error::TablesUnknown { stack, source },
    }
}

/// Returns whether a change can leave a table, or a table of a nested stack, busy.
fn can_make_busy(change: &Change) -> bool {
    let is_table_or_stack = is_table(&change.resource_type) || change.resource_type == STACK;
    let is_of_tags = change.action == ChangeAction::Modify
        && change.resource_type != STACK
        && !change.scope.is_empty()
        && change.scope.iter().all(|scope| scope != "Properties");
    is_table_or_stack && change.action != ChangeAction::Remove && !is_of_tags
}

/// Waits for indexes that an earlier, interrupted run has left in the making. DynamoDB builds one index of a table at a time, and
/// an update that adds another one meanwhile fails. What cannot be read is not waited for: then the update itself fails with the
/// reason.
pub(crate) async fn wait_for_earlier_indexes(
    target: &Target,
    stack: &Stack,
    step: &Step,
    label: &str,
    events: &EventSender,
) -> Result<(), Error> {
    let changing: BTreeSet<&str> =
        step.waits.iter().filter(|wait| is_for_indexes(wait)).flat_map(tables_in).collect();
    if changing.is_empty() {
        return Ok(());
    }
    let tables = tables_of(target, stack, |id| changing.contains(id)).await?;
    let mut had_to_wait = false;
    let report = |progress: &Progress| {
        had_to_wait |= !progress.is_active();
        // Tables that are ready, which is nearly always so, are not reported.
        if had_to_wait {
            events.send(RolloutEvent::Table { stack: label.to_owned(), progress: progress.clone() });
        }
    };
    let _ = wait_until_active(&target.dynamodb, &tables, target.table_polling, report).await;
    Ok(())
}

/// Returns whether a wait is for indexes: minutes, so that a rollout waits itself. The others take up to an hour.
pub(crate) fn is_for_indexes(wait: &Wait) -> bool {
    matches!(wait, Wait::Indexes { .. })
}

/// The type of nested stacks.
const STACK: &str = "AWS::CloudFormation::Stack";

pub(crate) fn is_table(resource_type: &str) -> bool {
    matches!(resource_type, "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable")
}

/// Returns the names of those tables of a stack that are wanted: by their logical ids, after those of the nested stacks that lead to
/// them, such as `Child/Orders`.
async fn tables_of(
    target: &Target,
    stack: &Stack,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Error> {
    Ok(physical_tables(target, stack, is_wanted).await?.into_values().collect())
}

/// Returns the names of those tables of a stack that are wanted, by the logical ids that lead to them.
pub(crate) async fn physical_tables(
    target: &Target,
    stack: &Stack,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<String, String>, Error> {
    let root = stack.name.clone().unwrap_or_default();
    let mut tables = BTreeMap::new();
    let mut waiting = VecDeque::from([(String::new(), root)]);
    while let Some((prefix, stack)) = waiting.pop_front() {
        let resources = resources(&target.cloudformation, &stack).await?;
        let exist =
            resources.into_iter().filter(|resource| resource.status != ResourceStatus::DeleteComplete);
        for resource in exist {
            let path = format!("{prefix}{}", resource.logical_id);
            let Some(physical_id) = resource.physical_id else { continue };
            if resource.resource_type == STACK {
                waiting.push_back((format!("{path}/"), physical_id));
            } else if is_table(&resource.resource_type) && is_wanted(&path) {
                tables.insert(path, physical_id);
            }
        }
    }
    Ok(tables)
}

fn tables_in(wait: &Wait) -> impl Iterator<Item = &str> {
    let (Wait::Indexes { tables } | Wait::TimeToLive { tables } | Wait::KinesisDestination { tables }) = wait;
    tables.iter().map(String::as_str)
}
