use tablewright::TableItem;

#[derive(TableItem)]
enum Item {
    Note { user_id: String },
}

fn main() {}
