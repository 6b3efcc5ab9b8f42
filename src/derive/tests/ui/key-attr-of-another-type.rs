use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Clone, Serialize, KeyAttr)]
#[serde(into = "String")]
struct UserId(u64);

impl From<UserId> for String {
    fn from(id: UserId) -> String {
        id.0.to_string()
    }
}

fn main() {}
