use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition, rename = "userId")]
    user_id: String,
}

fn main() {}
