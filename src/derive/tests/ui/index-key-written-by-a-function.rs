use serde::Serialize;
use tablewright::TableItem;

fn hex<S: serde::Serializer>(id: &u64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(&format_args!("{id:x}"))
}

#[derive(Serialize, TableItem)]
#[ddb(index(name = "by-parent", partition(parent)))]
struct Note {
    #[ddb(partition)]
    id: u64,
    #[serde(serialize_with = "hex")]
    parent: u64,
}

fn main() {}
