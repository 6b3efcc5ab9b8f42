use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: bool,
}

fn main() {}
