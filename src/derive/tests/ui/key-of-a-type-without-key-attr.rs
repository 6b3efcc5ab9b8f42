use tablewright::TableItem;

struct UserId(String);

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: UserId,
}

fn main() {}
