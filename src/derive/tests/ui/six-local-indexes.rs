use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(
    local_index(name = "by-tenant-id", sort(tenant_id)),
    local_index(name = "by-region", sort(region)),
    local_index(name = "by-status", sort(status)),
    local_index(name = "by-total", sort(total)),
    local_index(name = "by-weight", sort(weight)),
    local_index(name = "by-colour", sort(colour))
)]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[ddb(sort)]
    line: u32,
    tenant_id: String,
    region: String,
    status: String,
    total: u64,
    weight: u32,
    colour: String,
}

fn main() {}
