use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(keys_only)]
#[serde(rename_all = "camelCase")]
struct App {
    #[ddb(partition)]
    tenant_id: String,
}

fn main() {}
