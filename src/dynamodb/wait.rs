//! Polls DynamoDB until all tables, indexes and replicas are `ACTIVE`.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::stream::{self, StreamExt as _};

use crate::answer::Failure;
use crate::progress::{FinalState, Progress};

/// How DynamoDB is polled.
#[derive(Clone, Copy, Debug)]
pub struct TablePolling {
    /// The first interval.
    pub first_interval: Duration,
    /// The longest interval; each interval is 1.5 times the one before.
    pub max_interval: Duration,
    /// How many reads of one table in a row may fail.
    pub max_failures: u32,
    /// How many tables are described at the same time.
    pub concurrency: usize,
}

impl Default for TablePolling {
    fn default() -> Self {
        Self {
            first_interval: Duration::from_millis(500),
            max_interval: Duration::from_secs(5),
            max_failures: 30,
            concurrency: 16,
        }
    }
}

/// How many reads in a row may find no table. DescribeTable is eventually consistent, so it may lag behind CreateTable.
const MAX_MISSING: u32 = 4;

/// Why the wait ended early. The tables are not affected by that.
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
        /// DynamoDB's message.
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
    /// The table or one of its replicas is in a state that does not pass by itself.
    #[error("table `{table}`{} is in {}: {}", InReplica(.state), .state.status, .state.reason)]
    Unusable {
        /// Its name.
        table: String,
        /// The state.
        state: FinalState,
    },
}

struct InReplica<'a>(&'a FinalState);

impl fmt::Display for InReplica<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.replica.iter().try_for_each(|region| write!(f, " (its replica in {region})"))
    }
}

/// A table that is not known to be `ACTIVE`.
struct Waiting<'a> {
    table: &'a String,
    last: Option<Progress>,
    failures: u32,
    missing: u32,
}

/// Waits until every table in `tables` and all their indexes and replicas can be used, and reports each change.
///
/// Intervals are slept with the client's own sleep, so that a test can run the clock. Reads that are throttled or fail do not end
/// the wait; a table that does not exist, a missing permission, or a state that does not pass by itself does.
///
/// # Errors
///
/// See [`Error`].
pub async fn wait_until_active(
    client: &Client,
    tables: &[String],
    polling: TablePolling,
    mut report: impl FnMut(&Progress),
) -> Result<(), Error> {
    let waiting = |table| Waiting { table, last: None, failures: 0, missing: 0 };
    let mut waiting: Vec<Waiting<'_>> = tables.iter().map(waiting).collect();
    let mut interval = polling.first_interval;
    loop {
        let reads = stream::iter(waiting).map(async |waiting: Waiting<'_>| {
            let read = read(client, waiting.table).await;
            (waiting, read)
        });
        // In the order of `tables`, so that reports are, too.
        let mut reads = reads.buffered(polling.concurrency.max(1));
        let mut rest = Vec::new();
        while let Some((mut table, read)) = reads.next().await {
            if !table.take(read, polling, &mut report)? {
                rest.push(table);
            }
        }
        if rest.is_empty() {
            return Ok(());
        }
        waiting = rest;
        if let Some(sleep) = client.config().sleep_impl() {
            sleep.sleep(interval).await;
        }
        interval = (interval * 3 / 2).min(polling.max_interval);
    }
}

async fn read(client: &Client, table: &str) -> Result<Option<Progress>, Failure> {
    let answer = client.describe_table().table_name(table).send().await;
    let answer = answer.map_err(|error| Failure::of(&error))?;
    Ok(answer.table().map(|description| Progress::of(table, description)))
}

impl Waiting<'_> {
    /// Takes a read and reports a change. Returns whether the table can be used.
    fn take(
        &mut self,
        read: Result<Option<Progress>, Failure>,
        polling: TablePolling,
        report: &mut impl FnMut(&Progress),
    ) -> Result<bool, Error> {
        let table = self.table.clone();
        let progress = match read {
            Ok(Some(progress)) => progress,
            Ok(None) => return Ok(false),
            Err(Failure::NotFound(_)) if self.missing < MAX_MISSING => {
                self.missing += 1;
                return Ok(false);
            }
            Err(Failure::NotFound(_)) => return Err(Error::Missing { table }),
            Err(Failure::Denied(message)) => return Err(Error::Denied { table, message }),
            Err(Failure::Busy(_) | Failure::Other(_)) if self.failures < polling.max_failures => {
                self.failures += 1;
                return Ok(false);
            }
            Err(Failure::Busy(message) | Failure::Other(message)) => {
                return Err(Error::NoAnswer { table, message });
            }
        };
        (self.failures, self.missing) = (0, 0);
        if self.last.as_ref() != Some(&progress) {
            report(&progress);
        }
        if let Some(state) = progress.final_state() {
            return Err(Error::Unusable { table, state });
        }
        let is_active = progress.is_active();
        self.last = Some(progress);
        Ok(is_active)
    }
}
