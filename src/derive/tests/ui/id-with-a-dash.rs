use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(id = "legacy-notes")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
