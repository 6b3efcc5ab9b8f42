use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "wide", partition(order_id), sort(tenant_id, region, status, total, line)))]
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
