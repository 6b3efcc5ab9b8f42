use tablewright::KeyAttr;

#[derive(KeyAttr)]
union Id {
    number: u64,
}

fn main() {}
