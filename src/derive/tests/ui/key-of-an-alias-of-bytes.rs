use tablewright::TableItem;

type Digest = Vec<u8>;

#[derive(TableItem)]
struct Blob {
    #[ddb(partition)]
    digest: Digest,
}

fn main() {}
