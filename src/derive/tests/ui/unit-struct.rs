use tablewright::TableItem;

#[derive(TableItem)]
struct Note;

fn main() {}
