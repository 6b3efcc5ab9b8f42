use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(sort, ttl)]
    expires_at: u64,
}

fn main() {}
