use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
enum Status {
    Open,
    Closed { by: String },
}

fn main() {}
