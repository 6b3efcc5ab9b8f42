use serde::Serialize;
use tablewright::TableItem;

mod serde_bytes {
    pub fn serialize<S: serde::Serializer>(bytes: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }
}

#[derive(Serialize, TableItem)]
struct Blob {
    #[ddb(partition)]
    #[serde(with = "serde_bytes")]
    digest: Vec<u8>,
}

fn main() {}
