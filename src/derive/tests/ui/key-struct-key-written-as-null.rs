use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    #[ddb(key)]
    owner: Option<String>,
}

fn main() {}
