use tablewright::TableItem;

#[derive(TableItem)]
union Item {
    note: u32,
}

fn main() {}
