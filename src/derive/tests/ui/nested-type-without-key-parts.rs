use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Keys {
    #[ddb(partition)]
    pk: String,
}

#[derive(Serialize, TableItem)]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
    body: String,
}

fn main() {}
