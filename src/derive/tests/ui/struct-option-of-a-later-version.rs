use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(auto_named)]
struct Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
