use serde::Serialize;
use tablewright::KeyAttr;

#[derive(Serialize, KeyAttr)]
struct Id<T>(String, std::marker::PhantomData<T>);

fn main() {}
