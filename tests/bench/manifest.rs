//! How long a program takes to make, check and write its stacks: `cargo bench -p tablewright --bench manifest`.
//!
//! Prints one Markdown row for each number of tables, each with two global indexes, spread over stacks of 100. A figure is
//! the least CPU time of forty runs.

mod cpu;

use cpu::{RUNS, least, ms};
use tablewright::check::check;
use tablewright::{Assembly, Env, Stack, Table, TableItem};

#[derive(serde::Serialize, TableItem)]
#[serde(rename_all = "camelCase")]
#[ddb(
    index(name = "by-status", partition(status), sort(ordered_at)),
    index(name = "by-product", partition(product), project(only(total)))
)]
struct Order {
    #[ddb(partition)]
    customer_id: String,
    #[ddb(sort)]
    order_id: String,
    status: String,
    product: String,
    ordered_at: u64,
    total: u64,
}

fn main() {
    println!("Least CPU time of {RUNS} runs, in ms.\n");
    println!("| tables | make | check | write | all | all, a table, in µs | KB of JSON |");
    println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for tables in [10, 100, 1_000, 5_000, 10_000] {
        row(tables);
    }
}

fn row(tables: usize) {
    let assembly = assembly(tables);
    assert!(check(&assembly).is_empty(), "the tables are sound, so that no problem is paid for");
    let make = least(|| self::assembly(tables));
    let checked = least(|| check(&assembly));
    let write = least(|| serde_json::to_vec(&assembly));
    let all = make + checked + write;
    let bytes = serde_json::to_vec(&assembly).map_or(0, |json| json.len());
    println!(
        "| {tables} | {} | {} | {} | {} | {:.1} | {} |",
        ms(make),
        ms(checked),
        ms(write),
        ms(all),
        all.as_secs_f64() * 1e6 / tables as f64,
        bytes.div_ceil(1000)
    );
}

fn assembly(tables: usize) -> Assembly {
    let env = Env::new("bench", "dev");
    let mut assembly = Assembly::new(&env, &[]);
    for first in (0..tables).step_by(100) {
        let mut stack = Stack::new(format!("orders{first}"));
        for number in first..tables.min(first + 100) {
            let mut table = Table::of::<Order>();
            table.id = format!("Order{number}");
            stack.table(table.name(format!("bench-dev-order-{number}")));
        }
        assembly.stacks.push(stack);
    }
    assembly
}
