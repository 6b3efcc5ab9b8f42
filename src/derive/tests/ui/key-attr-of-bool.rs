use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct Flag(bool);

fn main() {}
