use tablewright::TableItem;

#[derive(TableItem)]
struct Blob {
    #[ddb(partition)]
    owner: String,
    #[ddb(sort)]
    digest: [u8; 32],
}

fn main() {}
