use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[serde(rename = "other")]
    user_Id: String,
}

fn main() {}
