use tablewright::{Attr, TableItem};

#[derive(TableItem)]
#[ddb(keys_only, index(name = "by-owner", partition(owner)))]
struct App {
    #[ddb(partition)]
    pk: String,
    owner: Attr,
}

fn main() {}
