use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(id = "my notes", index(name = "x", partition(stat)))]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(partition)]
    note_id: String,
    #[ddb(ttl, tll)]
    expires_at: u64,
    status: String,
}

fn main() {}
