use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(hash_key)]
    user_id: String,
}

fn main() {}
