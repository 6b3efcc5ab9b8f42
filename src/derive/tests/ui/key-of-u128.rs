use tablewright::TableItem;

#[derive(TableItem)]
struct Note {
    #[ddb(partition)]
    id: u128,
}

fn main() {}
