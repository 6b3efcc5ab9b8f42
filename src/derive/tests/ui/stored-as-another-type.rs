use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition, stored_as = BOOL)]
    is_open: bool,
}

fn main() {}
