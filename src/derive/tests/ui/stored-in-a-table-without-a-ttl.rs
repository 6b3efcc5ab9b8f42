use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct User {
    #[ddb(partition)]
    pk: String,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = User)]
struct Session {
    #[ddb(key)]
    pk: String,
    #[ddb(ttl)]
    expires_at: u64,
}

fn main() {}
