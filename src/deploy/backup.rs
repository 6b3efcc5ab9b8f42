//! Backups of tables before a change that loses them.

use std::time::Duration;

use tablewright_cloudformation::ChangeSet;
use tablewright_cloudformation::change_set::change::{ChangeAction, Replacement};
use tablewright_dynamodb::create_backup;
use tablewright_plan::Verdict;

use crate::error::Error;
use crate::event::{EventSender, RolloutEvent};
use crate::gate::destroys;
use crate::job::Job;
use crate::target::Target;
use crate::wait::{is_table, within};

/// Makes an on-demand backup of each of these tables, one after the other, and waits until it can be restored: for `timeout` at most.
/// Each is reported under `label`, the name of the stack in events.
///
/// # Errors
///
/// [`Error::Backup`] for the first table that has no backup, [`Error::BackupPending`] for one that was not finished in time. Backups that
/// were made before stay; nothing else has changed.
pub async fn back_up_tables(
    target: &Target,
    tables: &[String],
    backup_name: &str,
    label: &str,
    timeout: Option<Duration>,
    events: &EventSender,
) -> Result<(), Error> {
    for table in tables {
        let making = create_backup(&target.dynamodb, table, backup_name, target.table_polling);
        let Some(backup) = within(target, timeout, making).await else {
            return Err(Error::BackupPending { table: table.clone() });
        };
        let backup = backup?;
        let (stack, table) = (label.to_owned(), table.clone());
        events.send(RolloutEvent::BackedUp { stack, table, backup });
    }
    Ok(())
}

/// Returns the names of the tables that a change set replaces or removes, in nested stacks as well, retained ones included.
pub(crate) fn tables_to_back_up(change_set: &ChangeSet, job: &Job<'_>) -> Vec<String> {
    let own = change_set.changes.iter().map(|change| (change.logical_id.as_str(), change));
    let nested = change_set.nested.iter().map(|nested| (nested.path.as_str(), &nested.change));
    let is_planned = |path: &str| {
        let of_table = job.plan.changes.iter().filter(|change| change.deployed_id() == path);
        of_table.map(|change| change.verdict).max() >= Some(Verdict::ReplacementKept)
    };
    let lost = own.chain(nested).filter(|(path, change)| {
        // Whether a table is replaced is often left open by CloudFormation; then the plan decides.
        let is_open = change.replacement == Some(Replacement::Conditional);
        is_table(&change.resource_type)
            && (destroys(change) || change.action == ChangeAction::Remove || is_open && is_planned(path))
    });
    lost.filter_map(|(_, change)| change.physical_id.clone()).collect()
}
