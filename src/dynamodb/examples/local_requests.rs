//! Prints the requests that a local DynamoDB would be sent, of every kind, for judges that we did not write:
//! `cargo run -p tablewright-dynamodb --example local_requests`.

use std::error::Error;

use serde_json::{Value, json};
use tablewright::{Billing, Index, Projection, Scalar, Stack, StreamView, Table, TableClass, WarmThroughput};
use tablewright_dynamodb::local;

fn main() -> Result<(), Box<dyn Error>> {
    let plain = || {
        Table::define("Note")
            .name("notes")
            .partition("user", Scalar::S)
            .lsi(Index::new("by-n").sort("n", Scalar::N))
    };
    let full = plain()
        .billing(Billing::provisioned(2, 3))
        .class(TableClass::StandardInfrequentAccess)
        .gsi(Index::new("by-day").partition("day", Scalar::B).project(Projection::only(["title"])))
        .stream(StreamView::KeysOnly)
        .deletion_protection(true)
        .ttl("gone")
        .tag("team", "shop");
    let capped =
        plain().billing(Billing::on_demand().max_read(5)).warm_throughput(WarmThroughput::read(12_000));
    let stack = |table: Table| {
        let mut stack = Stack::new("notes");
        stack.table(table);
        stack
    };
    let mut calls = Vec::new();
    let tables = [plain(), full, capped];
    for from in &tables {
        let created = local::create(&stack(from.clone()))?;
        let found = local::Deployed {
            table: created[0].input.clone(),
            arn: "arn:aws:dynamodb:ddblocal:000000000000:table/notes".to_owned(),
            time_to_live: Some("over".to_owned()),
            tags: vec![("old".to_owned(), "1".to_owned())],
        };
        calls.extend(created);
        for to in &tables {
            calls.extend(local::update(&stack(to.clone()), "Note", &found)?);
        }
    }
    let calls: Value = calls.iter().map(|call| json!([call.operation.as_str(), call.input])).collect();
    println!("{calls}");
    Ok(())
}
