use serde::Serialize;
use tablewright::{KeyParts, TableItem};

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: u64,
}

#[derive(Serialize, KeyParts)]
struct Others {
    #[ddb(partition)]
    id: String,
}

#[derive(Serialize, TableItem)]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
    #[ddb(nested)]
    #[serde(flatten)]
    others: Others,
}

fn main() {}
