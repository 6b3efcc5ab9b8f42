use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(partition(user_id))]
struct Note {
    user_id: String,
}

fn main() {}
