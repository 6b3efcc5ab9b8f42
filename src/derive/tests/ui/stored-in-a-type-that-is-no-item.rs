use serde::Serialize;
use tablewright::TableItem;

struct App;

#[derive(Serialize, TableItem)]
#[ddb(stored_in = App)]
struct Order {
    #[ddb(key)]
    pk: String,
    total: u64,
}

fn main() {}
