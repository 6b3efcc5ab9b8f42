use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(index(name = "by-status", partition(status), project(only(body))))]
struct Note {
    #[ddb(partition)]
    user_id: String,
    status: String,
    #[serde(skip)]
    body: String,
}

fn main() {}
