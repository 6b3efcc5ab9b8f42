use tablewright::TableItem;

#[derive(TableItem)]
struct Order<Id> {
    #[ddb(partition)]
    order_id: Id,
}

fn table_of<T: TableItem>() -> tablewright::ItemDef {
    T::ITEM
}

pub fn orders() -> tablewright::ItemDef {
    table_of::<Order<bool>>()
}

fn main() {}
