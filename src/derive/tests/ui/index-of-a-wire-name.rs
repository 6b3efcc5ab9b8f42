use serde::Serialize;
use tablewright::TableItem;

#[derive(Serialize, TableItem)]
#[ddb(index(name = "gsi1", partition(gsi1pk)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[serde(rename = "gsi1pk")]
    tenant_id: String,
}

fn main() {}
