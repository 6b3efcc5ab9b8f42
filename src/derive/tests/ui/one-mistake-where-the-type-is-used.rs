use tablewright::TableItem;

#[derive(TableItem)]
struct Note<'a, T> {
    user_id: &'a T,
}

fn table_of<T: TableItem>() -> tablewright::ItemDef {
    T::ITEM
}

const _: tablewright::ItemDef = Note::<String>::ITEM;

pub fn notes() -> tablewright::ItemDef {
    table_of::<Note<'static, u8>>()
}

fn main() {}
