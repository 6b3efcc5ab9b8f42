use serde::Serialize;
use tablewright::TableItem;

#[derive(Clone, Serialize, TableItem)]
#[serde(into = "String")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

impl From<Note> for String {
    fn from(note: Note) -> String {
        note.user_id
    }
}

fn main() {}
