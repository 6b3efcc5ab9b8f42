use tablewright::TableItem;

type Maybe<T> = Option<T>;

#[derive(TableItem)]
#[ddb(index(name = "by-note", partition(note)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    note: Maybe<String>,
}

fn main() {}
