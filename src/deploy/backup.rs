//! Backups of tables before a change that loses them.

use tablewright_dynamodb::create_backup;

use crate::error::Error;
use crate::event::{EventSender, RolloutEvent};
use crate::target::Target;

/// Makes an on-demand backup of each of these tables, one after the other, and waits until it can be restored. Each is reported under
/// `label`, the name of the stack in events.
///
/// # Errors
///
/// [`Error::Backup`] for the first table that has no backup. Backups that were made before stay; nothing else has changed.
pub async fn back_up_tables(
    target: &Target,
    tables: &[String],
    backup_name: &str,
    label: &str,
    events: &EventSender,
) -> Result<(), Error> {
    for table in tables {
        let backup = create_backup(&target.dynamodb, table, backup_name, target.table_polling).await?;
        let (stack, table) = (label.to_owned(), table.clone());
        events.send(RolloutEvent::BackedUp { stack, table, backup });
    }
    Ok(())
}
