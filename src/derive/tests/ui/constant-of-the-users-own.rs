use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

impl Note {
    pub const USER_ID: u8 = 1;
}

fn main() {}
