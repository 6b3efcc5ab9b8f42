//! On-demand backups: made, and waited for until they can be restored.

use std::time::{Duration, SystemTime};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BackupDetails, BackupStatus, BackupSummary};
use aws_smithy_async::rt::sleep::AsyncSleep as _;

use crate::answer::Failure;
use crate::live::time;
use crate::wait::TablePolling;

/// How long a backup may take. DynamoDB says that it is done in seconds, whatever the size of the table.
const LIMIT: Duration = Duration::from_secs(3_600);

/// A backup of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// `BackupArn`, by which it is restored.
    pub arn: String,
    /// `BackupName`
    pub name: String,
    /// When it was made.
    pub created: Option<SystemTime>,
}

/// Why there is no backup that can be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The table does not exist.
    #[error("cannot back up table `{table}`: it does not exist")]
    Missing {
        /// The table's name.
        table: String,
    },
    /// The credentials lack a permission.
    #[error("not allowed to back up table `{table}`: {message}")]
    Denied {
        /// The table's name.
        table: String,
        /// The permission, such as `dynamodb:CreateBackup`.
        permission: &'static str,
        /// DynamoDB's message.
        message: String,
    },
    /// DynamoDB did not make the backup.
    #[error("cannot back up table `{table}`: {message}")]
    Failed {
        /// The table's name.
        table: String,
        /// DynamoDB's message, or the error of the last call.
        message: String,
    },
}

/// Makes an on-demand backup of a table and waits until it is `AVAILABLE`.
///
/// A table that is busy for the moment is tried again. `name` is 3 to 255 characters of `a-z A-Z 0-9 _ . -`.
///
/// # Errors
///
/// See [`BackupError`]. The table is not affected; a backup that was begun may become available all the same.
pub async fn create_backup(
    client: &Client,
    table: &str,
    name: &str,
    polling: TablePolling,
) -> Result<Backup, BackupError> {
    let mut pauses = Pauses::new(client, polling);
    let backup = loop {
        let answer = client.create_backup().table_name(table).backup_name(name).send().await;
        let failure = match answer {
            Ok(answer) => match answer.backup_details() {
                Some(details) if is_available(details) => return Ok(Backup::of(details)),
                Some(details) => break Backup::of(details),
                None => Failure::Other("the answer has no backup".to_owned()),
            },
            Err(error) => Failure::of(&error),
        };
        // Only what did not begin is tried again: each call makes another backup.
        let is_busy = matches!(failure, Failure::Busy(_));
        if !is_busy || !pauses.next().await {
            return Err(error(table, "dynamodb:CreateBackup", failure));
        }
    };
    let mut pauses = Pauses::new(client, polling);
    loop {
        let answer = client.describe_backup().backup_arn(&backup.arn).send().await;
        let failure = match answer {
            Ok(answer) => {
                let details = answer.backup_description().and_then(|backup| backup.backup_details());
                match details {
                    Some(details) if is_available(details) => return Ok(backup),
                    Some(details) if *details.backup_status() == BackupStatus::Deleted => {
                        let message = "the backup was deleted while it was being made".to_owned();
                        return Err(BackupError::Failed { table: table.to_owned(), message });
                    }
                    _ => Failure::Other("the backup is not AVAILABLE after an hour".to_owned()),
                }
            }
            Err(error) => Failure::of(&error),
        };
        let is_final = matches!(failure, Failure::Denied(_));
        if is_final || !pauses.next().await {
            return Err(error(table, "dynamodb:DescribeBackup", failure));
        }
    }
}

impl Backup {
    /// Returns the backup of an entry of ListBackups, if it can be restored.
    pub(crate) fn available(summary: &BackupSummary) -> Option<Self> {
        (summary.backup_status() == Some(&BackupStatus::Available)).then(|| Self {
            arn: summary.backup_arn().unwrap_or_default().to_owned(),
            name: summary.backup_name().unwrap_or_default().to_owned(),
            created: time(summary.backup_creation_date_time()),
        })
    }

    fn of(details: &BackupDetails) -> Self {
        Self {
            arn: details.backup_arn().to_owned(),
            name: details.backup_name().to_owned(),
            created: time(Some(details.backup_creation_date_time())),
        }
    }
}

fn is_available(details: &BackupDetails) -> bool {
    *details.backup_status() == BackupStatus::Available
}

fn error(table: &str, permission: &'static str, failure: Failure) -> BackupError {
    let table = table.to_owned();
    match failure {
        Failure::NotFound(_) if permission == "dynamodb:CreateBackup" => BackupError::Missing { table },
        Failure::Denied(message) => BackupError::Denied { table, permission, message },
        failure => BackupError::Failed { table, message: failure.into_message() },
    }
}

/// The pauses of one loop, with an end.
struct Pauses<'a> {
    client: &'a Client,
    interval: Duration,
    max_interval: Duration,
    slept: Duration,
}

impl<'a> Pauses<'a> {
    const fn new(client: &'a Client, polling: TablePolling) -> Self {
        let TablePolling { first_interval: interval, max_interval, .. } = polling;
        Self { client, interval, max_interval, slept: Duration::ZERO }
    }

    /// Sleeps for the next interval; `false` when the time is up, or there is no sleep.
    async fn next(&mut self) -> bool {
        let Some(sleep) = self.client.config().sleep_impl().filter(|_| self.slept < LIMIT) else {
            return false;
        };
        sleep.sleep(self.interval).await;
        self.slept += self.interval;
        self.interval = (self.interval * 3 / 2).min(self.max_interval);
        true
    }
}
