use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only)]
struct App {
    #[ddb(sort)]
    sk: String,
}

fn main() {}
