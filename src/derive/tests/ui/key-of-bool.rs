use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    is_open: bool,
}

fn main() {}
