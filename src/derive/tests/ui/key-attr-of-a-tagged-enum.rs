use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
#[serde(tag = "status")]
enum Status {
    Open,
    Closed,
}

fn main() {}
