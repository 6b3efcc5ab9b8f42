use tablewright::TableItem;

#[allow(non_camel_case_types)]
#[derive(TableItem)]
struct Legacy_Note {
    #[ddb(partition)]
    user_id: String,
}

fn main() {}
