use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct Marker;

fn main() {}
