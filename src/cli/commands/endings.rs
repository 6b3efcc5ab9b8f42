//! How an operation ended, for the reporter and for the exit code.

use std::collections::BTreeSet;

use anyhow::anyhow;
use tablewright::Stack;
use tablewright_cloudformation::stack as cloud_stack;
use tablewright_cloudformation::{Outcome, StackStatus};
use tablewright_dynamodb::{Progress, wait_until_active};
use tablewright_plan::{Step, Wait};

use crate::args::aws::Target;
use crate::error::{CommandError, Result};
use crate::event_loop::Facts;
use crate::exit::Exit;
use crate::report::fact::{Ending, Fact};
use crate::report::failure::failed;

pub(crate) fn ending(outcome: Outcome) -> Ending {
    match outcome {
        Outcome::Deployed { outputs, orphans, retained, .. } => {
            Ending::Done { outputs, orphans, retained, usable: true }
        }
        Outcome::Deleted { failure: None, retained } => Ending::Deleted { retained },
        Outcome::Deleted { failure: Some(failure), .. } => {
            Ending::Failed { status: StackStatus::DeleteComplete, failure }
        }
        Outcome::RolledBack { status, failure, .. } | Outcome::Failed { status, failure } => {
            Ending::Failed { status, failure }
        }
    }
}

/// Tells how the work on a stack ended; an end that is no success is the command's error.
pub(crate) fn conclude(
    target: &Target,
    stack: &Stack,
    label: &str,
    facts: &Facts,
    ending: Ending,
) -> Result<()> {
    let failure = match &ending {
        Ending::Failed { status, failure } => Some(failed(target, stack, status, failure)),
        Ending::Unchanged { .. } | Ending::Done { .. } | Ending::Undone { .. } | Ending::Deleted { .. } => {
            None
        }
    };
    facts.tell(Fact::Ended { stack: label.to_owned(), ending });
    failure.map_or(Ok(()), Err)
}

/// Waits until the tables of a stack can be used: CloudFormation does not wait for new indexes.
pub(crate) async fn wait_for_tables(
    target: &Target,
    stack: &Stack,
    label: &str,
    facts: &Facts,
) -> Result<()> {
    let tables = tables_of(target, stack, |_| true).await?;
    let told = |progress: &Progress| {
        facts.tell(Fact::Table { stack: label.to_owned(), progress: progress.clone() });
    };
    wait_until_active(&target.dynamodb, &tables, target.table_pace, told).await.map_err(|error| {
        let what = format!("stack {} is deployed, but whether its tables can be used is not known", stack.id);
        match &error {
            tablewright_dynamodb::Error::Denied { .. } => CommandError::new(Exit::Access, error)
                .hint("the credentials need the permission dynamodb:DescribeTable"),
            _ => CommandError::new(Exit::Unknown, error)
                .hint(format!("{} asks again", target.command("watch", &stack.id))),
        }
        .context(what)
    })
}

/// Waits for indexes that an earlier run, broken off, has left in the making: DynamoDB takes no other meanwhile, and a stack
/// that is told to make one fails. What cannot be looked at is not waited for; CloudFormation tells what is wrong with it.
pub(crate) async fn wait_for_earlier_indexes(
    target: &Target,
    stack: &Stack,
    step: &Step,
    label: &str,
    facts: &Facts,
) -> Result<()> {
    let busy: BTreeSet<&str> =
        step.waits.iter().filter(|wait| is_for_indexes(wait)).flat_map(tables_in).collect();
    if busy.is_empty() {
        return Ok(());
    }
    let tables = tables_of(target, stack, |id| busy.contains(id)).await?;
    let mut waited = false;
    let told = |progress: &Progress| {
        waited |= !progress.is_active();
        // Of tables that are ready, as they nearly always are, there is nothing to tell.
        if waited {
            facts.tell(Fact::Table { stack: label.to_owned(), progress: progress.clone() });
        }
    };
    let _ = wait_until_active(&target.dynamodb, &tables, target.table_pace, told).await;
    Ok(())
}

/// Returns the names of the tables of a stack whose logical id is wanted.
async fn tables_of(target: &Target, stack: &Stack, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let resources =
        cloud_stack::resources(&target.cloudformation, stack.name.as_deref().unwrap_or_default()).await?;
    let is_table = |kind: &str| matches!(kind, "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable");
    let tables = resources
        .into_iter()
        .filter(|resource| is_table(&resource.resource_type) && is_wanted(&resource.logical_id));
    Ok(tables.filter_map(|resource| resource.physical_id).collect())
}

pub(crate) fn interrupted_before() -> CommandError {
    CommandError::new(Exit::Interrupted, anyhow!("interrupted before anything was changed"))
}

/// Says that operations go on without us, and how to come back to them.
pub(crate) fn detached<'a>(running: impl IntoIterator<Item = (&'a Target, &'a str)>) -> CommandError {
    let error = CommandError::new(Exit::StillRunning, anyhow!("detached: CloudFormation goes on without us"));
    running.into_iter().fold(error, |error, (target, stack)| {
        error.hint(format!("{} follows it again", target.command("watch", stack)))
    })
}

fn tables_in(wait: &Wait) -> impl Iterator<Item = &str> {
    let (Wait::Indexes { tables } | Wait::TimeToLive { tables } | Wait::KinesisDestination { tables }) = wait;
    tables.iter().map(String::as_str)
}

pub(crate) fn is_for_indexes(wait: &Wait) -> bool {
    matches!(wait, Wait::Indexes { .. })
}

/// Says that the next step must wait for something that takes too long to sit by.
pub(crate) fn to_be_continued(stack: &Stack, number: usize, of: usize, wait: &Wait) -> CommandError {
    let what = match wait {
        Wait::Indexes { .. } => "every index is ACTIVE",
        Wait::TimeToLive { .. } => "DynamoDB takes another change of time to live, about an hour from now",
        Wait::KinesisDestination { .. } => "the old Kinesis destination is DISABLED, a few minutes from now",
    };
    CommandError::new(
        Exit::StillRunning,
        anyhow!("stack {}: step {number} of {of} is done; the next one can be taken when {what}", stack.id),
    )
    .hint("run the same command again then; it goes on where this one stopped")
}
