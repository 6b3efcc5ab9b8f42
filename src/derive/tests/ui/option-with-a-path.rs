use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(key::partition)]
    user_id: String,
}

fn main() {}
