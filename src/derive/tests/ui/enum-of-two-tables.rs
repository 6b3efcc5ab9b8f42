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
#[serde(tag = "type")]
enum Record {
    User(User),
    Session(Session),
    Audit(Audit),
}

#[derive(Serialize, TableItem)]
struct Audit {
    #[ddb(partition)]
    id: String,
}

fn main() {}
