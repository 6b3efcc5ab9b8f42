use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl)]
    expires_at: u64,
    #[ddb(ttl)]
    deleted_at: u64,
}

fn main() {}
