use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct Name(String, String);

fn main() {}
