//! Rules for stacks. ID1: logical ids. ID2: duplicate names. O1: outputs. Q1: quotas of a stack. V1: raw resources.

use std::collections::HashMap;

use crate::check::quota;
use crate::place::Place;
use crate::problem::Problem;
use crate::stack::Stack;
use crate::value::Value;

pub(super) fn check(stack: &Stack, problems: &mut Vec<Problem>) {
    if stack.tables.is_empty() && stack.resources.is_empty() && stack.published.is_empty() {
        problems.push(
            Problem::error("Q1", &stack.at, format!("stack `{}` has no tables", stack.id))
                .help("add one with `stack.table(…)`; a template needs at least one resource")
                .server_text("Template format error: At least one Resources member must be defined."),
        );
    }
    logical_ids(stack, problems);
    raw_resources(stack, problems);
    outputs(stack, problems);
    values(stack, problems);
    if let Some(name) = &stack.name {
        stack_name(stack, name, problems);
    }
    if stack.description.as_ref().is_some_and(|text| text.len() > quota::DESCRIPTION_BYTES) {
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

/// Checks across stacks: names must be unique in an account and Region.
pub(super) fn check_across(stacks: &[Stack], problems: &mut Vec<Problem>) {
    let mut ids: HashMap<&str, &Place> = HashMap::new();
    let mut tables: HashMap<&str, &Place> = HashMap::new();
    let mut names: HashMap<&str, &Place> = HashMap::new();
    for stack in stacks {
        if let Some(first) = ids.insert(&stack.id, &stack.at) {
            problems.push(
                Problem::error(
                    "ID2",
                    &stack.at,
                    format!("stack `{}` is already defined at {first}", stack.id),
                )
                .help("give one of them another id in `Stack::new(…)`"),
            );
        } else if let Some(name) = &stack.name
            && let Some(first) = names.insert(name, &stack.at)
        {
            problems.push(
                Problem::error("ID2", &stack.at, format!("the stack at {first} has the same name, `{name}`"))
                    .help("stack names must be unique in an account and Region"),
            );
        }
        for table in &stack.tables {
            if let Some(Value::Literal(name)) = &table.name
                && let Some(first) = tables.insert(name, &table.at)
            {
                problems.push(
                    Problem::error("ID2", &table.at, format!("the table at {first} has the same name, `{name}`"))
                        .help("table names must be unique in an account and Region: use `.base_name(…)`, or `{project}` and `{env}` in the pattern")
                        .server_text(format!("Resource of type 'AWS::DynamoDB::Table' with identifier '{name}' already exists.")),
                );
            }
        }
    }
}

fn logical_ids(stack: &Stack, problems: &mut Vec<Problem>) {
    let tables = stack.tables.iter().map(|table| (table.id.clone(), &table.at));
    let scaling = stack
        .tables
        .iter()
        .flat_map(|table| crate::table::scaling::logical_ids(table).map(move |id| (id, &table.at)));
    let published = stack.published.iter().map(|published| (published.logical_id(), &published.at));
    let raw = stack.resources.iter().map(|raw| (raw.id.clone(), &raw.at));
    let resources: Vec<(String, &Place)> = tables.chain(scaling).chain(published).chain(raw).collect();
    if resources.len() > quota::RESOURCES {
        problems.push(
            Problem::error(
                "Q1",
                &stack.at,
                format!(
                    "stack `{}` has {} resources; {} are allowed",
                    stack.id,
                    resources.len(),
                    quota::RESOURCES
                ),
            )
            .help("put some of the tables into another stack")
            .server_text("Template format error: Number of resources is greater than maximum allowed"),
        );
    }
    if stack.parameters.len() > quota::PARAMETERS {
        problems.push(
            Problem::error(
                "Q1",
                &stack.at,
                format!(
                    "stack `{}` has {} parameters; {} are allowed",
                    stack.id,
                    stack.parameters.len(),
                    quota::PARAMETERS
                ),
            )
            .help("decide in Rust what does not depend on the deployment"),
        );
    }
    // Parameters and resources share one namespace, as `Ref` refers to both.
    let parameters = stack.parameters.iter().map(|parameter| (parameter.name.clone(), &parameter.at));
    names("logical id", parameters.chain(resources), problems);
    names("mapping", stack.mappings.iter().map(|mapping| (mapping.name.clone(), &mapping.at)), problems);
    names(
        "condition",
        stack.conditions.iter().map(|condition| (condition.name.clone(), &condition.at)),
        problems,
    );
}

/// Checks that names have only letters and digits and are unique.
fn names<'a>(what: &str, names: impl Iterator<Item = (String, &'a Place)>, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, &Place> = HashMap::new();
    for (name, at) in names {
        if name.is_empty()
            || name.len() > quota::NAME_CHARACTERS
            || !name.chars().all(|c| c.is_ascii_alphanumeric())
        {
            problems.push(
                Problem::error("ID1", at, format!("`{name}` is not a valid {what}"))
                    .help("use 1 to 255 letters and digits; for a table, set `#[ddb(id = \"…\")]`")
                    .server_text(format!("Template format error: Resource name {name} is non alphanumeric.")),
            );
        }
        if let Some(first) = seen.get(&name) {
            problems
                .push(Problem::error("ID1", at, format!("{what} `{name}` is already used at {first}")).help(
                "give one of them another name (a table: `#[ddb(id = \"…\")]`), or put it into another stack",
            ));
        } else {
            seen.insert(name, at);
        }
    }
}

fn raw_resources(stack: &Stack, problems: &mut Vec<Problem>) {
    for raw in &stack.resources {
        if raw.body.get("Type").and_then(serde_json::Value::as_str).is_none() {
            problems.push(
                Problem::error("V1", &raw.at, format!("resource `{}` has no `Type`", raw.id))
                    .help("add a type, such as `json!({ \"Type\": \"AWS::SNS::Topic\" })`")
                    .server_text(format!(
                        "Template format error: [/Resources/{}] Every Resources object must contain a Type member.",
                        raw.id
                    )),
            );
        }
        if super::has_null(&raw.body) {
            problems.push(
                Problem::error("V1", &raw.at, format!("resource `{}` contains `null`", raw.id))
                    .help("remove the entry")
                    .server_text("Template error: null values are not allowed in templates"),
            );
        }
    }
}

fn outputs(stack: &Stack, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<&str, &Place> = HashMap::new();
    for output in &stack.outputs {
        if output.name.is_empty()
            || output.name.len() > quota::NAME_CHARACTERS
            || !output.name.chars().all(|c| c.is_ascii_alphanumeric())
        {
            problems.push(
                Problem::error("O1", &output.at, format!("`{}` is not a valid output name", output.name))
                    .help("use 1 to 255 letters and digits"),
            );
        }
        if let Some(first) = seen.insert(&output.name, &output.at) {
            problems.push(
                Problem::error(
                    "O1",
                    &output.at,
                    format!("output `{}` is already defined at {first}", output.name),
                )
                .help("give one of them another name"),
            );
        }
    }
    if stack.outputs.len() > quota::OUTPUTS {
        problems.push(
            Problem::error(
                "O1",
                &stack.at,
                format!(
                    "stack `{}` has {} outputs; {} are allowed",
                    stack.id,
                    stack.outputs.len(),
                    quota::OUTPUTS
                ),
            )
            .help("put some of the tables into another stack"),
        );
    }
}

/// Checks the sizes of mappings, and of the defaults of parameters. Source: "CloudFormation quotas".
fn values(stack: &Stack, problems: &mut Vec<Problem>) {
    let mut check = |at: &Place, what: &str, unit: &str, found: usize, most: usize| {
        if found > most {
            let message = format!("{what} has {found} {unit}; {most} are allowed");
            problems.push(
                Problem::error("Q1", at, message)
                    .help("decide in Rust what does not depend on the deployment"),
            );
        }
    };
    check(&stack.at, &format!("stack `{}`", stack.id), "mappings", stack.mappings.len(), quota::MAPPINGS);
    for mapping in &stack.mappings {
        let what = format!("mapping `{}`", mapping.name);
        check(&mapping.at, &what, "attributes", mapping.values.len(), quota::MAPPING_ATTRIBUTES);
    }
    for parameter in &stack.parameters {
        let what = format!("the default of parameter `{}`", parameter.name);
        let bytes = parameter.default.as_ref().map_or(0, String::len);
        check(&parameter.at, &what, "bytes", bytes, quota::PARAMETER_VALUE_BYTES);
    }
}

/// Checks a stack name: `[a-zA-Z][-a-zA-Z0-9]*`, at most 128 characters.
fn stack_name(stack: &Stack, name: &str, problems: &mut Vec<Problem>) {
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && name.len() <= 128;
    if !well_formed {
        problems.push(
            Problem::error("N3", &stack.at, format!("`{name}` is not a valid stack name"))
                .help("use a letter followed by letters, digits and `-`, at most 128 characters: see `stack_name` in tablewright.toml, or `.name(…)`")
                .server_text(format!(
                    "Value '{name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
                )),
        );
    }
}
