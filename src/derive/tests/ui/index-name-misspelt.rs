use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(nmae = "by-tenant", partition(tenant_id)))]
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
