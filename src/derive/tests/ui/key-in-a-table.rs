use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(key)]
    note_id: String,
}

fn main() {}
