use serde::Serialize;
use tablewright::TableItem;

struct Date;

mod seconds {
    pub fn serialize<S: serde::Serializer>(_: &super::Date, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(0)
    }
}

#[derive(Serialize, TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl)]
    #[serde(with = "seconds")]
    expires_at: Date,
}

fn main() {}
