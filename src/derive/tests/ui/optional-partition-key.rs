use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: Option<String>,
}

fn main() {}
