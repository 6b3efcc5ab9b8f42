//! What the shop sells: products and their categories, on demand.

use serde::{Deserialize, Serialize};
use tablewright::{Env, Result, Stack, Table, TableClass, TableItem};

/// A product of the shop.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "PascalCase")]
pub struct Product {
    #[ddb(partition)]
    pub id: String,
    pub name: String,
    pub description: String,
    /// In cents.
    pub price: u64,
    /// Where the resized image is; the upload writes it.
    pub resized_image_url: String,
    /// The `Id` of the category.
    pub category: String,
}

/// A group of products.
#[derive(Serialize, Deserialize, TableItem)]
#[serde(rename_all = "PascalCase")]
pub struct Category {
    #[ddb(partition)]
    pub id: String,
    pub name: String,
    /// Where the thumbnail is.
    pub thumbnail: String,
}

pub fn stack(env: &Env) -> Result<Stack> {
    let mut stack = Stack::new("shop").description("What the shop sells");
    let product = stack.table(Table::of::<Product>());
    // Read when the shop's front page is built and hardly ever else: storage is what it costs. Standard while people
    // develop, since the class can be changed only twice in thirty days.
    let category = stack.table(Table::of::<Category>().class(if env.protected() {
        TableClass::StandardInfrequentAccess
    } else {
        TableClass::Standard
    }));
    stack.output("ProductTable", product.name());
    stack.output("CategoryTable", category.name());
    Ok(stack)
}
