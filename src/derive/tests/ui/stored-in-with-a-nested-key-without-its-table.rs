use serde::Serialize;
use tablewright::{KeyParts, TableItem};

#[derive(TableItem)]
#[ddb(keys_only, index(name = "by-owner", partition(owner)))]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: String,
    owner: u64,
}

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(key)]
    pk: String,
    #[ddb(key)]
    sk: String,
    #[ddb(key)]
    region: String,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = App)]
struct Order {
    #[ddb(nested)]
    #[serde(flatten)]
    keys: Keys,
}

fn main() {}
