use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
#[ddb(id = "Keys")]
struct Keys {
    #[ddb(partition)]
    pk: String,
}

fn main() {}
