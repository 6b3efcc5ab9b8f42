use serde::Serialize;
use tablewright::TableItem;

mod hex {
    pub fn serialize<S: serde::Serializer>(id: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&format_args!("{id:x}"))
    }
}

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    #[serde(with = "hex")]
    id: u64,
}

fn main() {}
