use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
#[ddb(stored_in = App)]
struct Keys {
    #[ddb(partition)]
    pk: String,
}

fn main() {}
