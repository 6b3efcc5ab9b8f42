use tablewright::KeyParts;

#[derive(KeyParts)]
enum Keys {
    Pk,
}

fn main() {}
