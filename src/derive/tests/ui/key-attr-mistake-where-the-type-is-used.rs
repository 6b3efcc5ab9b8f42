use serde::Serialize;
use tablewright::{KeyAttr, TableItem};

#[derive(Serialize, KeyAttr)]
struct UserId {
    id: String,
}

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: UserId,
}

const _: tablewright::ItemDef = Note::ITEM;

fn main() {}
