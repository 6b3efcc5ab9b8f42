//! ID1: logical ids. ID2: names and stacks that exist twice. O1: outputs. Q1: what fits in one stack.

use std::collections::HashMap;

use crate::place::Place;
use crate::problem::Problem;
use crate::stack::Stack;
use crate::value::Value;

const MOST_OUTPUTS: usize = 200;

pub(super) fn check(stack: &Stack, problems: &mut Vec<Problem>) {
    if stack.tables.is_empty() {
        problems.push(
            Problem::error("Q1", &stack.at, format!("stack `{}` has no tables", stack.id))
                .help("add one with `stack.table(…)`; CloudFormation takes no empty stack")
                .server_text("Template format error: At least one Resources member must be defined."),
        );
    }
    logical_ids(stack, problems);
    outputs(stack, problems);
    if let Some(name) = &stack.name {
        stack_name(stack, name, problems);
    }
    if stack.description.as_ref().is_some_and(|text| text.len() > 1024) {
        problems.push(
            Problem::error(
                "Q1",
                &stack.at,
                format!("the description of stack `{}` is longer than 1,024 bytes", stack.id),
            )
            .help("shorten it"),
        );
    }
}

/// What no single stack can see: names are unique in an account and region.
pub(super) fn check_across(stacks: &[Stack], problems: &mut Vec<Problem>) {
    let mut ids: HashMap<&str, &Place> = HashMap::new();
    let mut tables: HashMap<&str, &Place> = HashMap::new();
    let mut names: HashMap<&str, &Place> = HashMap::new();
    for stack in stacks {
        if let Some(first) = ids.insert(&stack.id, &stack.at) {
            problems.push(
                Problem::error("ID2", &stack.at, format!("stack `{}` is made at {first} already", stack.id))
                    .help("give one of them another id in `Stack::new(…)`"),
            );
        } else if let Some(name) = &stack.name
            && let Some(first) = names.insert(name, &stack.at)
        {
            problems.push(
                Problem::error("ID2", &stack.at, format!("the stack at {first} is called `{name}` too"))
                    .help("stack names are unique in an account and region"),
            );
        }
        for table in &stack.tables {
            if let Some(Value::Literal(name)) = &table.name
                && let Some(first) = tables.insert(name, &table.at)
            {
                problems.push(
                    Problem::error("ID2", &table.at, format!("the table at {first} is called `{name}` too"))
                        .help("table names are unique in an account and region: `.base_name(…)`, or `{project}` and `{env}` in the pattern")
                        .server_text(format!("Resource of type 'AWS::DynamoDB::Table' with identifier '{name}' already exists.")),
                );
            }
        }
    }
}

fn logical_ids(stack: &Stack, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, &Place> = HashMap::new();
    for table in &stack.tables {
        if table.id.is_empty() || table.id.len() > 255 || !table.id.chars().all(|c| c.is_ascii_alphanumeric())
        {
            problems.push(
                Problem::error("ID1", &table.at, format!("`{}` cannot be a logical id", table.id))
                    .help("a logical id has 1 to 255 letters and digits: `#[ddb(id = \"…\")]`")
                    .server_text(format!(
                        "Template format error: Resource name {} is non alphanumeric.",
                        table.id
                    )),
            );
        }
        for id in crate::scaling::logical_ids(table).chain([table.id.clone()]) {
            if let Some(first) = seen.insert(id.clone(), &table.at) {
                problems.push(
                    Problem::error("ID1", &table.at, format!("logical id `{id}` is used at {first} already"))
                        .help("give one of the tables another with `#[ddb(id = \"…\")]`, or put it into another stack"),
                );
            }
        }
    }
}

fn outputs(stack: &Stack, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for output in &stack.outputs {
        if output.name.is_empty()
            || output.name.len() > 255
            || !output.name.chars().all(|c| c.is_ascii_alphanumeric())
        {
            problems.push(
                Problem::error(
                    "O1",
                    &output.at,
                    format!("`{}` cannot be the name of an output", output.name),
                )
                .help("it has 1 to 255 letters and digits"),
            );
        }
        if let Some(first) = seen.insert(&output.name, &output.at) {
            problems.push(
                Problem::error(
                    "O1",
                    &output.at,
                    format!("output `{}` is made at {first} already", output.name),
                )
                .help("give one of them another name"),
            );
        }
    }
    if stack.outputs.len() > MOST_OUTPUTS {
        problems.push(
            Problem::error(
                "O1",
                &stack.at,
                format!(
                    "stack `{}` has {} outputs; {MOST_OUTPUTS} are allowed",
                    stack.id,
                    stack.outputs.len()
                ),
            )
            .help("put some of the tables into another stack"),
        );
    }
}

/// `[a-zA-Z][-a-zA-Z0-9]*`, 128 at most.
fn stack_name(stack: &Stack, name: &str, problems: &mut Vec<Problem>) {
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.len() <= 128;
    if !well_formed {
        problems.push(
            Problem::error("N3", &stack.at, format!("`{name}` cannot be a stack name"))
                .help("a letter, then letters, digits and `-`, 128 at most: see `stack_name` in tablewright.toml, or `.name(…)`")
                .server_text(format!(
                    "Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
                )),
        );
    }
}
