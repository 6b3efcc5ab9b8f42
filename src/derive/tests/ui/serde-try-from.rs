use tablewright::TableItem;

#[derive(serde::Deserialize, TableItem)]
#[serde(try_from = "String")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

impl From<String> for Note {
    fn from(user_id: String) -> Note {
        Note { user_id }
    }
}

fn main() {}
