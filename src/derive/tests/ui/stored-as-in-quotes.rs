use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition, stored_as = "S")]
    user_id: String,
}

fn main() {}
