use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[serde(tag = "kind")]
struct Note {
    #[ddb(partition)]
    user_id: String,
    kind: String,
}

fn main() {}
