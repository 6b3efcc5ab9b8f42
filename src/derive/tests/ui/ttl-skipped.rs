use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl)]
    #[serde(skip_serializing)]
    expires_at: u64,
}

fn main() {}
