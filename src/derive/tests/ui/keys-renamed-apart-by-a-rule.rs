use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[serde(rename_all(serialize = "camelCase"))]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
