//! Polls DynamoDB until all tables and indexes are `ACTIVE`.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_smithy_async::rt::sleep::AsyncSleep as _;

use crate::progress::Progress;

/// How often to poll.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first pause.
    pub first: Duration,
    /// The longest pause; each pause is 1.5 times the one before.
    pub longest: Duration,
    /// How many reads in a row may fail.
    pub patience: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(5), patience: 30 }
    }
}

/// Why the wait ended early. The tables are not affected: only their state is unknown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The table does not exist.
    #[error("table `{table}` does not exist")]
    Missing {
        /// Its name.
        table: String,
    },
    /// The credentials lack the permission for DescribeTable.
    #[error("not allowed to read the state of table `{table}`: {message}")]
    Denied {
        /// Its name.
        table: String,
        /// What DynamoDB said.
        message: String,
    },
    /// Too many reads in a row failed.
    #[error("failed to read the state of table `{table}`: {message}")]
    NoAnswer {
        /// Its name.
        table: String,
        /// The error of the last read.
        message: String,
    },
}

/// Waits until every table in `tables` and all their indexes can be used, and reports each change.
///
/// Pauses come from the client's own sleep, so that a test can run the clock. Reads that are throttled or fail do not end the
/// wait; a table that does not exist, or a missing permission, does.
///
/// # Errors
///
/// See [`Error`].
pub async fn wait_until_active(
    client: &Client,
    tables: &[String],
    pace: Pace,
    mut report: impl FnMut(&Progress),
) -> Result<(), Error> {
    let mut waiting: Vec<(&String, Option<Progress>)> = tables.iter().map(|table| (table, None)).collect();
    let mut pause = pace.first;
    let mut unanswered = 0;
    loop {
        let mut still = Vec::new();
        for (table, last) in waiting {
            let progress = match client.describe_table().table_name(table).send().await {
                Ok(answer) => answer.table().map(|description| Progress::of(table, description)),
                Err(error) => {
                    give_up_if_final(table, &error)?;
                    unanswered += 1;
                    if unanswered > pace.patience {
                        return Err(Error::NoAnswer { table: table.clone(), message: describe(&error) });
                    }
                    None
                }
            };
            let Some(progress) = progress else {
                still.push((table, last));
                continue;
            };
            unanswered = 0;
            if last.as_ref() != Some(&progress) {
                report(&progress);
            }
            if !progress.is_active() {
                still.push((table, Some(progress)));
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        waiting = still;
        if let Some(sleep) = client.config().sleep_impl() {
            sleep.sleep(pause).await;
        }
        pause = (pause * 3 / 2).min(pace.longest);
    }
}

fn give_up_if_final(table: &str, error: &SdkError<DescribeTableError>) -> Result<(), Error> {
    let table = table.to_owned();
    match error.as_service_error() {
        Some(error) if error.is_resource_not_found_exception() => Err(Error::Missing { table }),
        Some(error)
            if matches!(error.code(), Some("AccessDeniedException" | "UnrecognizedClientException")) =>
        {
            Err(Error::Denied { table, message: error.message().unwrap_or_default().to_owned() })
        }
        _ => Ok(()),
    }
}

/// Says what happened in the innermost words: the SDK's own `Display` is only "service error".
fn describe(error: &SdkError<DescribeTableError>) -> String {
    if let Some(message) = error.as_service_error().and_then(|error| error.message()) {
        return message.to_owned();
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
