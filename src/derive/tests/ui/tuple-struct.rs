use tablewright::TableItem;

#[derive(TableItem)]
struct Note(String);

fn main() {}
