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
#[ddb(stored_in = Audit)]
#[serde(tag = "type")]
enum Record {
    User(User),
}

#[derive(Serialize, TableItem)]
struct Audit {
    #[ddb(partition)]
    id: String,
}

fn main() {}
