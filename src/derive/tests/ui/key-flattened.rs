use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize)]
struct Keys {
    user_id: String,
}

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(flatten)]
    keys: Keys,
}

fn main() {}
