use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partiton)]
    user_id: String,
}

fn main() {}
