use tablewright::TableItem;

struct Date;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(sort, stored_as = S)]
    created_at: Option<Date>,
}

fn main() {}
