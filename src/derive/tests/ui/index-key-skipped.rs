use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(index(name = "by-status", partition(status)))]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[serde(skip)]
    status: String,
}

fn main() {}
