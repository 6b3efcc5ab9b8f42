use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl)]
    expires_at: Option<String>,
}

fn main() {}
