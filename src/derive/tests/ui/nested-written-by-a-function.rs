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
    #[serde(flatten, serialize_with = "write")]
    keys: Keys,
}

fn write<S: serde::Serializer>(keys: &Keys, s: S) -> Result<S::Ok, S::Error> {
    keys.serialize(s)
}

fn main() {}
