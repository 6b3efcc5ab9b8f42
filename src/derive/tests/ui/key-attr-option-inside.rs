use tablewright::KeyAttr;

#[derive(KeyAttr)]
struct Id(#[ddb(stored_as = S)] u64);

fn main() {}
