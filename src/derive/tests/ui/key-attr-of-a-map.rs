use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct UserId {
    id: String,
}

fn main() {}
