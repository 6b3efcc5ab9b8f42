//! How long a plan takes: `cargo bench -p tablewright-plan --bench plan`.
//!
//! Prints Markdown rows. A figure is the least CPU time of forty runs, as Linux keeps it for the thread, so that other
//! work on the machine disturbs it little. Aims: 480 tables with two indexes each in 100 ms, and many stacks in a time
//! that grows with the number of tables.

#[path = "../../../tests/bench/cpu.rs"]
mod cpu;

use std::time::Duration;

use cpu::{RUNS, least, ms};
use serde_json::{Map, Value, json};
use tablewright_plan::{PlanOptions, plan};

/// The most tables that fit into one template, with room for what stands beside them.
const TABLES: usize = 480;
const TABLES_OF_A_STACK: usize = 100;

/// What is done to the properties of each table.
type Change = fn(&mut Value);

fn main() {
    println!("Least CPU time of {RUNS} runs, in ms. {TABLES} tables in one stack, two indexes each:\n");
    println!("| what changes | changes | steps | plan |");
    println!("| --- | ---: | ---: | ---: |");
    let before = stack(TABLES, |_| {});
    let rows: [(&str, Change); 5] = [
        ("nothing", |_| {}),
        ("one tag on each table", |table| table["Tags"][0]["Value"] = json!("other")),
        ("one index on each table", add_index),
        ("everything is written the other way round", turn),
        ("the key of each table", |table| {
            table["KeySchema"] = json!([{ "AttributeName": "orderId", "KeyType": "HASH" }]);
        }),
    ];
    for (what, change) in rows {
        row(what, &before, &stack(TABLES, change), &PlanOptions::default());
    }
    let values = |env: &str| Some([("Env".to_owned(), env.to_owned())].into());
    let known = PlanOptions {
        deployed_parameters: values("dev"),
        wanted_parameters: values("dev"),
        ..PlanOptions::default()
    };
    row("nothing, names made of a parameter", &before, &stack(TABLES, name_by_parameter), &known);
    let renamed = stack(TABLES, |_| {});
    row("the logical id of each table", &before, &moved(&renamed), &PlanOptions::default());

    println!("\nOne index on each table, {TABLES_OF_A_STACK} tables in a stack:\n");
    println!("| tables | stacks | plan | of one table |");
    println!("| ---: | ---: | ---: | ---: |");
    let (before, after) = (stack(TABLES_OF_A_STACK, |_| {}), stack(TABLES_OF_A_STACK, add_index));
    for tables in [500, 1000, 2500, 5000] {
        let stacks = tables / TABLES_OF_A_STACK;
        let time = least(|| {
            let plan = |_| plan(Some(&before), &after, &PlanOptions::default());
            (0..stacks).map(plan).map(|plan| plan.steps.len()).sum::<usize>()
        });
        let each = Duration::from_nanos((time.as_nanos() / tables as u128).try_into().unwrap_or(u64::MAX));
        println!("| {tables} | {stacks} | {} | {} |", ms(time), ms(each));
    }
}

fn row(what: &str, before: &Value, after: &Value, options: &PlanOptions) {
    let once = plan(Some(before), after, options);
    let time = least(|| plan(Some(before), after, options));
    println!("| {what} | {} | {} | {} |", once.changes.len(), once.steps.len(), ms(time));
}

fn stack(tables: usize, change: impl Fn(&mut Value)) -> Value {
    let resources: Map<String, Value> = (0..tables)
        .map(|number| {
            let mut properties = table(number);
            change(&mut properties);
            let table = json!({
                "Type": "AWS::DynamoDB::Table", "DeletionPolicy": "RetainExceptOnCreate",
                "UpdateReplacePolicy": "Retain", "Properties": properties,
            });
            (format!("Order{number}"), table)
        })
        .collect();
    let outputs: Map<String, Value> = (0..tables.min(200))
        .map(|number| (format!("Order{number}Name"), json!({ "Value": { "Ref": format!("Order{number}") } })))
        .collect();
    let parameters = json!({ "Env": { "Type": "String", "Default": "dev" } });
    json!({ "AWSTemplateFormatVersion": "2010-09-09", "Parameters": parameters, "Resources": resources, "Outputs": outputs })
}

fn table(number: usize) -> Value {
    let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
    let key = |name: &str, role: &str| json!({ "AttributeName": name, "KeyType": role });
    json!({
        "TableName": format!("bench-dev-order-{number}"),
        "AttributeDefinitions": [
            attribute("customerId", "S"), attribute("orderId", "S"), attribute("orderedAt", "N"),
            attribute("product", "S"), attribute("status", "S"),
        ],
        "KeySchema": [key("customerId", "HASH"), key("orderId", "RANGE")],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-status", "KeySchema": [key("status", "HASH"), key("orderedAt", "RANGE")],
                "Projection": { "ProjectionType": "ALL" },
            },
            {
                "IndexName": "by-product", "KeySchema": [key("product", "HASH")],
                "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"] },
            },
        ],
        "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true },
        "Tags": [{ "Key": "table", "Value": format!("order-{number}") }, { "Key": "team", "Value": "shop" }],
    })
}

fn add_index(table: &mut Value) {
    let index = json!({
        "IndexName": "by-day", "KeySchema": [{ "AttributeName": "orderedAt", "KeyType": "HASH" }],
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    if let Some(indexes) = table["GlobalSecondaryIndexes"].as_array_mut() {
        indexes.push(index);
    }
}

/// The lists whose order says nothing in another order.
fn turn(table: &mut Value) {
    for list in ["AttributeDefinitions", "GlobalSecondaryIndexes", "Tags"] {
        if let Some(list) = table[list].as_array_mut() {
            list.reverse();
        }
    }
}

fn name_by_parameter(table: &mut Value) {
    let name = table["TableName"].as_str().unwrap_or_default().replace("dev", "${Env}");
    table["TableName"] = json!({ "Fn::Sub": name });
}

/// The same tables under other logical ids.
fn moved(stack: &Value) -> Value {
    let mut moved = stack.clone();
    let resources = stack["Resources"].as_object().into_iter().flatten();
    moved["Resources"] =
        resources.map(|(id, table)| (format!("{id}Table"), table.clone())).collect::<Map<_, _>>().into();
    moved
}
