use serde::Serialize;
use tablewright::{KeyParts, TableItem};

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
}

#[derive(Serialize, TableItem)]
#[ddb(local_index(name = "by-body", sort(body)))]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
    body: String,
}

fn main() {}
