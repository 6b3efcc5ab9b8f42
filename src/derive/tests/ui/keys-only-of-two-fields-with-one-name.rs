use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only)]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort, rename = "pk")]
    sk: String,
}

fn main() {}
