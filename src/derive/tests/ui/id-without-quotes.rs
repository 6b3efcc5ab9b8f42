use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(id = Notes)]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
