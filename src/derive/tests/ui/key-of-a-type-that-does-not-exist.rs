use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "by-note", partition(note)))]
struct Order {
    #[ddb(partition)]
    order_id: OrderId,
    note: NoteId,
}

fn main() {}
