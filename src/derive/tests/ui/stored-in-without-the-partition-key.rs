use serde::Serialize;
use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only, index(name = "by-owner", partition(owner)))]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: String,
    owner: u64,
    #[ddb(ttl)]
    expires_at: u64,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = App)]
struct Order {
    #[ddb(key)]
    sk: String,
}

fn main() {}
