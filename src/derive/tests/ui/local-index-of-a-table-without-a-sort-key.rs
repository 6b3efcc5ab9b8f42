use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(local_index(name = "by-total", sort(total)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    tenant_id: String,
    region: String,
    status: String,
    total: u64,
}

fn main() {}
