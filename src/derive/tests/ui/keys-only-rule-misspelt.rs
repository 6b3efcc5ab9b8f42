use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only, rename_all = "camelcase")]
struct App {
    #[ddb(partition)]
    pk: String,
}

fn main() {}
