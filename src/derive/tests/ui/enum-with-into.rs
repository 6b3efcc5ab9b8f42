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
#[serde(tag = "type", into = "User")]
enum Record {
    User(User),
}

impl Clone for Record {
    fn clone(&self) -> Self {
        loop {}
    }
}

impl From<Record> for User {
    fn from(_: Record) -> User {
        loop {}
    }
}

fn main() {}
