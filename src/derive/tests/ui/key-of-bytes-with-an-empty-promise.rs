use tablewright::TableItem;

#[derive(TableItem)]
struct Blob {
    #[ddb(partition, stored_as = B)]
    digest: Vec<u8>,
}

fn main() {}
