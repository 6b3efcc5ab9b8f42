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
    #[serde(serialize_with = "write")]
    Session(Session),
}

fn write<S: serde::Serializer>(_: &Session, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_unit()
}

fn main() {}
