use tablewright::TableItem;

struct Date;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(ttl, stored_as = S)]
    expires_at: Date,
}

fn main() {}
