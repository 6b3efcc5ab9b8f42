use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(stored_in = Order)]
struct Order {
    #[ddb(key)]
    pk: String,
}

fn main() {}
