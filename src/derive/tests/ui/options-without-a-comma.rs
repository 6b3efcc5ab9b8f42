use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(stored_as = S partition)]
    user_id: String,
}

fn main() {}
