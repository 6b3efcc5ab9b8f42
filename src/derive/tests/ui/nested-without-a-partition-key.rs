use serde::Serialize;
use tablewright::{KeyParts, TableItem};

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(sort)]
    sk: u64,
}

#[derive(Serialize, TableItem)]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
}

fn main() {}
