//! How long the renderer takes: `cargo bench -p tablewright --features render --bench render`.
//!
//! Prints one Markdown row for each number of tables, each with two global indexes. A figure is the least CPU time of
//! forty runs, as Linux keeps it for the thread, so that other work on the machine disturbs it little.

mod cpu;

use std::time::Duration;

use cpu::{RUNS, least, ms};
use tablewright::render::{Error, Templates, render};
use tablewright::{Assembly, Env, Stack, Table, TableItem};

/// An order of a customer.
///
/// Written by the shop, read by the customer and by the warehouse.
#[derive(serde::Serialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    index(name = "by-status", partition(status), sort(ordered_at)),
    index(name = "by-product", partition(product), project(only(total)))
)]
struct Order {
    #[ddb(partition)]
    customer_id: String,
    /// Sortable by time, such as a ULID.
    #[ddb(sort)]
    order_id: String,
    status: String,
    product: String,
    /// Milliseconds since 1970.
    ordered_at: u64,
    /// In cents.
    total: u64,
}

fn main() -> Result<(), Error> {
    let builtin = least(Templates::builtin);
    let templates = Templates::builtin();
    println!("Parsing the built-in templates: {}; least CPU time of {RUNS} runs, in ms.\n", ms(builtin));
    println!(
        "| tables | KB of YAML | render | of it reading back | without reading back | serde_json, the same template | ratio | ratio without reading back |"
    );
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for tables in [stack::<2>, stack::<100>, stack::<480>] {
        let env = Env::new("bench", "dev");
        let assembly = Assembly::new(&env, &[("orders", tables)]);
        row(&assembly.stacks[0], &templates)?;
    }
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every stack function")]
fn stack<const TABLES: usize>(_env: &Env) -> tablewright::Result<Stack> {
    let mut stack = Stack::new("orders").description("Orders of many shops");
    for number in 0..TABLES {
        let mut table = Table::of::<Order>();
        table.id = format!("Order{number}");
        table.name = Some(format!("bench-dev-order-{number}").into());
        stack.table(table);
    }
    Ok(stack)
}

fn row(stack: &Stack, templates: &Templates) -> Result<(), Error> {
    let rendered = render(stack, "dev", templates)?;
    let whole = least(|| render(stack, "dev", templates));
    let read = least(|| tablewright_template::parse(&rendered.text));
    let json = least(|| serde_json::to_string_pretty(&rendered.template));
    println!(
        "| {} | {} | {} | {} | {} | {} | {:.1} | {:.1} |",
        stack.tables.len(),
        rendered.text.len().div_ceil(1000),
        ms(whole),
        ms(read),
        ms(whole.saturating_sub(read)),
        ms(json),
        ratio(whole, json),
        ratio(whole.saturating_sub(read), json)
    );
    Ok(())
}

fn ratio(time: Duration, base: Duration) -> f64 {
    time.as_secs_f64() / base.as_secs_f64()
}
