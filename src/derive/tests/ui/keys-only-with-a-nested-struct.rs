use tablewright::{KeyParts, TableItem};

#[derive(KeyParts)]
struct Keys {
    #[ddb(sort)]
    sk: String,
}

#[derive(TableItem)]
#[ddb(keys_only)]
struct App {
    #[ddb(partition)]
    pk: String,
    #[ddb(nested)]
    keys: Keys,
}

fn main() {}
