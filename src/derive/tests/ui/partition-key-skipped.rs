use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(skip)]
    user_id: String,
}

fn main() {}
