use tablewright::KeyAttr;

#[derive(KeyAttr)]
#[ddb(store_as = N)]
enum Level {
    Low,
    High { why: String },
}

fn main() {}
