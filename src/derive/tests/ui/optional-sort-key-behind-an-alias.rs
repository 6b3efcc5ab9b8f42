use tablewright::TableItem;

type Maybe<T> = Option<T>;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    user_id: String,
    #[ddb(sort)]
    note_id: Maybe<String>,
}

fn main() {}
