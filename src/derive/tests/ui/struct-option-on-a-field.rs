use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(index(name = "by-status"))]
    status: String,
}

fn main() {}
