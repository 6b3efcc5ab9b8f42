use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(rename_all = "camelCase")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
