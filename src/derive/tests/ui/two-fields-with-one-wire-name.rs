use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(rename = "id")]
    user_id: String,
    id: String,
}

fn main() {}
