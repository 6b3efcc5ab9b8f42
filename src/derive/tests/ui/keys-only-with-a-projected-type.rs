use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(keys_only, index(name = "by-owner", partition(owner), project(only(total))))]
struct App {
    #[ddb(partition)]
    pk: String,
    owner: String,
    total: u64,
}

fn main() {}
