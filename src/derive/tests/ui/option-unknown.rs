use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition, nullable)]
    user_id: String,
}

fn main() {}
