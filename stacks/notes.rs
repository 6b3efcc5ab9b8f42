//! Notes of a user, with provisioned capacity that follows the load.

use serde::{Deserialize, Serialize};
use tablewright::{Billing, Capacity, Days, Env, Result, Stack, Table, TableItem};

/// A note, found by its user and listed in the order of `noteId`.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// Who wrote it.
    #[ddb(partition)]
    pub user_id: String,
    /// Sortable by time, such as a ULID.
    #[ddb(sort)]
    pub note_id: String,
    pub content: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
    /// Milliseconds since 1970.
    pub created_at: u64,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let most = if env.protected() { 500 } else { 10 };
    let mut stack = Stack::new("notes").description("Notes of a user");
    let notes = stack.table(
        Table::of::<Note>()
            .base_name("notes")
            // Five reads and five writes a second to begin with, as in the tutorial; from there with the load.
            .billing(Billing::provisioned(Capacity::auto(5..=most), Capacity::auto(5..=most)))
            .point_in_time_recovery(Days(35)),
    );
    stack.output("NotesTable", notes.name()).description("Name of the table of notes");
    stack.output("NotesTableArn", notes.arn());
    Ok(stack)
}
