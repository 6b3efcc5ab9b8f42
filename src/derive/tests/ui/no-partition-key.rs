use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    user_id: String,
}

fn main() {}
