use serde::Serialize;
use tablewright::KeyParts;

#[derive(Serialize, KeyParts)]
struct Keys {
    #[ddb(partition)]
    pk: String,
    #[ddb(ttl)]
    expires_at: u64,
}

fn main() {}
