use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb]
    user_id: String,
}

fn main() {}
