use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl)]
    expires_at: std::time::SystemTime,
}

fn main() {}
