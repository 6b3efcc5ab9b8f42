use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(id = "Notes", id = "Note")]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
