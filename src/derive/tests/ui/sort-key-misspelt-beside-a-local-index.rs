use tablewright::TableItem;

#[derive(TableItem)]
#[ddb(local_index(name = "by-total", sort(total)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[ddb(sotr)]
    line: u32,
    total: u64,
}

fn main() {}
