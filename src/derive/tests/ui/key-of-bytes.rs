use tablewright::TableItem;

#[derive(TableItem)]
struct Blob {
    #[ddb(partition)]
    digest: Vec<u8>,
}

fn main() {}
