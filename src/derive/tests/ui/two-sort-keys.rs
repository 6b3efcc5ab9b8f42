use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(sort)]
    note_id: String,
    #[ddb(sort)]
    created_at: u64,
}

fn main() {}
