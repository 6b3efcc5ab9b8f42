use serde::Serialize;
use tablewright::KeyAttr;

mod hex {
    pub fn serialize<S: serde::Serializer>(id: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{id:x}"))
    }
}

#[derive(Serialize, KeyAttr)]
struct Id(#[serde(with = "hex")] u64);

fn main() {}
