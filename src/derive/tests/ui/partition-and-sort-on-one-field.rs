use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition, sort)]
    user_id: String,
}

fn main() {}
