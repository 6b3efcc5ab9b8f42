use serde::Serialize;
use tablewright::{KeyParts, TableItem};

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: u64,
}

#[derive(Serialize, TableItem)]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
    #[serde(rename = "sk")]
    body: String,
}

fn main() {}
