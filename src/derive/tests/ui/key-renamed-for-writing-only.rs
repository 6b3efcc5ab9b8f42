use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(rename(serialize = "pk"))]
    user_id: String,
}

fn main() {}
