use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partiton)]
    pk: String,
}

fn main() {}
