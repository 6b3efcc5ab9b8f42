use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only)]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
