use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "by-note", partition(note)))]
struct Order<'a> {
    #[ddb(partition)]
    order_id: &'a str,
    note: Option<&'a str>,
}

fn main() {}
