use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(index(name = "by-paid", partition(is_paid)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[ddb(sort)]
    line: u32,
    tenant_id: String,
    region: String,
    status: String,
    total: u64,
    is_paid: bool,
}

fn main() {}
