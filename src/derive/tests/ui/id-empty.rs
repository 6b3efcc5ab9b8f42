use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(id = "")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
