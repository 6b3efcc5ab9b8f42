use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[serde(transparent)]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
