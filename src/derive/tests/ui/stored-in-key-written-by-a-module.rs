use serde::Serialize;
use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only, index(name = "by-owner", partition(owner)))]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(sort)]
    sk: String,
    owner: u64,
    #[ddb(ttl)]
    expires_at: u64,
}

#[derive(Serialize, TableItem)]
#[ddb(stored_in = App)]
struct Order {
    #[ddb(key)]
    pk: String,
    #[ddb(key)]
    sk: String,
    #[ddb(key)]
    #[serde(with = "module")]
    owner: u64,
}

mod module {
    pub fn serialize<S: serde::Serializer>(_: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(0)
    }
}

fn main() {}
