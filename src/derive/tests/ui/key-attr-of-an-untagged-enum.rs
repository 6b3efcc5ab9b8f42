use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
#[serde(untagged)]
enum Status {
    Open,
    Closed,
}

fn main() {}
