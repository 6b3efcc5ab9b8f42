use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(index(name = "by-owner", partition(owner)), index(name = "by.owner", partition(owner)))]
struct Note {
    #[ddb(partition)]
    user_id: String,
    owner: String,
}

fn main() {}
