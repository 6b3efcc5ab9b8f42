//! Notes of a user, whose changes a function counts.

use serde::{Deserialize, Serialize};
use tablewright::{Env, Result, Stack, StreamView, Table, TableItem};

/// A note, found by its user, and by the day it was written on.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(index(name = "by-day", partition(day), sort(note_id), project(keys_only)))]
pub struct Note {
    /// Who wrote it.
    #[ddb(partition)]
    pub user_id: String,
    /// Sortable by time, such as a ULID.
    #[ddb(sort)]
    pub note_id: String,
    /// Such as `2030-12-31`.
    pub day: String,
    pub content: String,
}

pub fn stack(_env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("notes").description("Notes of a user");
    stack.table(Table::of::<Note>().base_name("notes").stream(StreamView::NewAndOldImages));
    Ok(stack)
}
