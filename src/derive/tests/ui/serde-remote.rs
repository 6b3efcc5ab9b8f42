use serde::Serialize;
use tablewright::TableItem;

mod elsewhere {
    pub struct Note {
        pub user_id: String,
    }
}

#[derive(Serialize, TableItem)]
#[serde(remote = "elsewhere::Note")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
