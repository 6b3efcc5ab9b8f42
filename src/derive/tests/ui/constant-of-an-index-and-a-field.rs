use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(index(name = "owner", partition(owner)))]
struct Note {
    #[ddb(partition)]
    user_id: String,
    owner: String,
    owner_index: u64,
}

fn main() {}
