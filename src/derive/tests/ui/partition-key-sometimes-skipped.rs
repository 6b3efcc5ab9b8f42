use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(skip_serializing_if = "String::is_empty")]
    user_id: String,
}

fn main() {}
