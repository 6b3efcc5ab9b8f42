use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct UserId(Option<String>);

fn main() {}
