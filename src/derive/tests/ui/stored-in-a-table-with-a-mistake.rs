use serde::Serialize;
use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only)]
struct App {
    #[ddb(partiton)]
    pk: String,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = App)]
struct Order {
    #[ddb(key)]
    pk: String,
    total: u64,
}

pub const PK: &str = App::PK;

fn main() {}
