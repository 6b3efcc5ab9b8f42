use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
struct User {
    #[ddb(partition)]
    id: String,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = User)]
struct Session {
    #[ddb(key)]
    id: String,
}

#[derive(Serialize, TableItem)]
#[serde(untagged)]
enum Record {
    User(User),
    Session(Session),
}

fn main() {}
