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
#[ddb(index(name = "by-keys", partition(keys)))]
struct Event {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
}

fn main() {}
