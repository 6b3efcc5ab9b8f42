//! Waiting for tables: CloudFormation completes a stack while its new indexes are still being built.

use std::collections::BTreeSet;

use tablewright::Stack;
use tablewright_cloudformation::stack::resources;
use tablewright_dynamodb::{Progress, wait_until_active};
use tablewright_plan::{Step, Wait};

use crate::error::Error;
use crate::event::{EventSender, RolloutEvent};
use crate::target::Target;

/// Waits until every table and index of a deployed stack is `ACTIVE`.
///
/// # Errors
///
/// [`Error::TablesUnknown`] when that cannot be found out; the stack is deployed all the same.
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
    wait_until_active(&target.dynamodb, &tables, target.table_pace, report)
        .await
        .map_err(|source| Error::TablesUnknown { stack: stack.id.clone(), source })
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
    let _ = wait_until_active(&target.dynamodb, &tables, target.table_pace, report).await;
    Ok(())
}

/// Returns whether a wait is for indexes: minutes, so that a rollout waits itself. The others take up to an hour.
pub(crate) fn is_for_indexes(wait: &Wait) -> bool {
    matches!(wait, Wait::Indexes { .. })
}

/// Returns the names of those tables of a stack whose logical id is wanted.
async fn tables_of(
    target: &Target,
    stack: &Stack,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<Vec<String>, Error> {
    let resources = resources(&target.cloudformation, stack.name.as_deref().unwrap_or_default()).await?;
    let is_table = |kind: &str| matches!(kind, "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable");
    let tables = resources
        .into_iter()
        .filter(|resource| is_table(&resource.resource_type) && is_wanted(&resource.logical_id));
    Ok(tables.filter_map(|resource| resource.physical_id).collect())
}

fn tables_in(wait: &Wait) -> impl Iterator<Item = &str> {
    let (Wait::Indexes { tables } | Wait::TimeToLive { tables } | Wait::KinesisDestination { tables }) = wait;
    tables.iter().map(String::as_str)
}
