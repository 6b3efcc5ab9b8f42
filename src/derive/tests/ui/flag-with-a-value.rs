use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition = true)]
    user_id: String,
}

fn main() {}
