use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "wide", partition(tenant_id, region, status, total, order_id)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[ddb(sort)]
    line: u32,
    tenant_id: String,
    region: String,
    status: String,
    total: u64,
}

fn main() {}
