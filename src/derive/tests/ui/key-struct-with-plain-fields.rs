use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    body: String,
    total: u64,
}

fn main() {}
