use tablewright::TableItem;

struct Date;

#[derive(TableItem)]
#[ddb(index(name = "by-shipment", partition(shipped_at)))]
struct Order {
    #[ddb(partition)]
    order_id: String,
    #[ddb(stored_as = S)]
    shipped_at: Option<Date>,
}

fn main() {}
