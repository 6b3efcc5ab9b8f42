use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only)]
struct App {
    #[ddb(partition)]
    pk: String,
    body: String,
    total: u64,
}

fn main() {}
