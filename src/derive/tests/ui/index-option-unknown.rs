use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "by-tenant", partition(tenant_id), capacity = 5))]
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
