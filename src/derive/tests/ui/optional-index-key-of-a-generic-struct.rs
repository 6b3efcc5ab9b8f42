use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "by-note", partition(note)))]
struct Order<N> {
    #[ddb(partition)]
    order_id: String,
    note: N,
}

const _: tablewright::ItemDef = Order::<Option<String>>::ITEM;

fn main() {}
