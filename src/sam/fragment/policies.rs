//! A fragment with policy statements, narrower than SAM's policy templates: the actual indexes instead of `index/*`, or only one
//! index, some partition keys or some attributes; and the table's customer managed KMS key.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};
use tablewright::{Encryption, Index, Problem, Scalar, Table, Value};
use tablewright_template::nearest;

use crate::fragment::statement::{READ, READ_INDEX, READ_STREAM, WRITE, allow, of_key};
use crate::fragment::{Access, Piece, Request, SAM_FUNCTION, in_function, problem};
use crate::way::Reference;

pub(super) fn policies(reference: &Reference<'_>, request: &Request<'_>) -> Result<Piece, Box<Problem>> {
    let mut statements = match request.access {
        Access::Stream => stream(reference, request)?,
        Access::Read | Access::Write | Access::Crud => items(reference, request)?,
    };
    statements.extend(key(reference, request.access)?);
    Ok(Piece {
        path: in_function(request.function, &["Policies"]),
        shown: 1,
        content: json!([{ "Version": "2012-10-17", "Statement": statements }]),
        types: SAM_FUNCTION,
    })
}

fn items(reference: &Reference<'_>, request: &Request<'_>) -> Result<Vec<Json>, Box<Problem>> {
    let table = reference.table;
    let index = request.index.map(|name| index_of(table, name)).transpose()?;
    let condition = condition(table, index, request)?;
    let is_narrow = !request.leading_keys.is_empty();
    // `Scan` and `DescribeTable` have no leading key, and `ForAllValues` is true for a missing one: they would be granted in
    // full.
    let fits = |action: &&str| !is_narrow || !matches!(*action, "dynamodb:Scan" | "dynamodb:DescribeTable");
    let only = |actions: &[&'static str]| -> Vec<&'static str> {
        actions.iter().copied().filter(|action| fits(action)).collect()
    };
    let id = &table.id;
    match (index, request.access) {
        (Some(index), Access::Read) => {
            let arn = reference.index_arn(&index.name)?;
            Ok(vec![allow(&format!("{id}Read"), &only(&READ_INDEX), &[arn], condition.as_ref())])
        }
        (Some(_), Access::Write | Access::Crud | Access::Stream) => {
            let message = format!("indexes of table `{id}` are read-only");
            Err(problem(table, message, "omit the index, or request `read` access"))
        }
        (None, access) => {
            let table_arn = reference.arn()?;
            let (name, actions) = match access {
                Access::Read | Access::Stream => ("Read", only(&READ)),
                Access::Write => ("Write", only(&WRITE)),
                Access::Crud => {
                    let mut actions = only(&[READ.as_slice(), WRITE.as_slice()].concat());
                    actions.sort_unstable();
                    ("Crud", actions)
                }
            };
            let mut statements =
                vec![allow(&format!("{id}{name}"), &actions, &[table_arn], condition.as_ref())];
            if access != Access::Write && !table.indexes.is_empty() {
                let arns = table.indexes.iter().map(|index| reference.index_arn(&index.name));
                let arns = arns.collect::<Result<Vec<Json>, _>>()?;
                statements.push(allow(
                    &format!("{id}ReadIndexes"),
                    &only(&READ_INDEX),
                    &arns,
                    condition.as_ref(),
                ));
            }
            Ok(statements)
        }
    }
}

fn stream(reference: &Reference<'_>, request: &Request<'_>) -> Result<Vec<Json>, Box<Problem>> {
    let table = reference.table;
    if request.index.is_some() || !request.leading_keys.is_empty() || !request.attributes.is_empty() {
        let message = format!(
            "access to the stream of table `{}` cannot be limited to an index, keys or attributes",
            table.id
        );
        return Err(problem(table, message, "omit the index, keys and attributes"));
    }
    let id = &table.id;
    let arn = reference.stream_arn()?;
    let all = reference.arn_with_suffix("/stream/*")?;
    Ok(vec![
        allow(&format!("{id}Stream"), &READ_STREAM, &[arn], None),
        allow(&format!("{id}ListStreams"), &["dynamodb:ListStreams"], &[all], None),
    ])
}

/// Returns the conditions that limit a statement to some keys and attributes, if any.
fn condition(
    table: &Table,
    index: Option<&Index>,
    request: &Request<'_>,
) -> Result<Option<Json>, Box<Problem>> {
    let mut all = Map::new();
    let mut if_there = Map::new();
    if !request.leading_keys.is_empty() {
        let table_key = if index.is_none() { Some(&table.key) } else { None };
        let indexes = table.indexes.iter().filter(|other| index.is_none_or(|index| index.name == other.name));
        for key in table_key.into_iter().chain(indexes.map(|index| &index.key)) {
            match &key.partition[..] {
                [only] if only.scalar == Scalar::S => {}
                _ => {
                    let message = format!(
                        "leading keys are compared as strings, but table `{}` has a partition key that is not a single string attribute",
                        table.id
                    );
                    return Err(problem(table, message, "request one index, or all keys"));
                }
            }
        }
        all.insert("dynamodb:LeadingKeys".to_owned(), json!(request.leading_keys));
    }
    if !request.attributes.is_empty() {
        // Every request names the keys, so they must be allowed, too.
        let of_indexes = table.indexes.iter().flat_map(|index| index.key.attributes());
        let keys = table.key.attributes().chain(of_indexes).map(|attribute| attribute.name.as_str());
        let names: BTreeSet<&str> = keys.chain(request.attributes.iter().map(String::as_str)).collect();
        all.insert("dynamodb:Attributes".to_owned(), json!(names));
        // Otherwise a request that names no attributes would return all of them.
        if request.access != Access::Write {
            if_there.insert("dynamodb:Select".to_owned(), json!("SPECIFIC_ATTRIBUTES"));
        }
        if request.access != Access::Read {
            let values = ["NONE", "UPDATED_NEW", "UPDATED_OLD"];
            if_there.insert("dynamodb:ReturnValues".to_owned(), json!(values));
        }
    }
    let mut condition = Map::new();
    if !all.is_empty() {
        condition.insert("ForAllValues:StringEquals".to_owned(), all.into());
    }
    if !if_there.is_empty() {
        condition.insert("StringEqualsIfExists".to_owned(), if_there.into());
    }
    Ok((!condition.is_empty()).then(|| condition.into()))
}

/// Returns the statement for the table's customer managed KMS key, limited to requests through DynamoDB; `None` if it has none.
fn key(reference: &Reference<'_>, access: Access) -> Result<Option<Json>, Box<Problem>> {
    let table = reference.table;
    let Some(Encryption::CustomerKey(key)) = &table.encryption else { return Ok(None) };
    const KEYS: &str = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/";
    let mut condition = json!({
        "StringEquals": { "kms:ViaService": { "Fn::Sub": "dynamodb.${AWS::Region}.${AWS::URLSuffix}" } },
    });
    let resource = match key {
        Value::Literal(arn) if arn.starts_with("arn:") && !arn.contains(":alias/") => json!(arn),
        Value::Literal(alias) if alias.contains("alias/") => {
            let alias =
                alias.rsplit_once(":alias/").map_or(alias.clone(), |(_, name)| format!("alias/{name}"));
            condition["ForAnyValue:StringEquals"] = json!({ "kms:ResourceAliases": [alias] });
            json!({ "Fn::Sub": format!("{KEYS}*") })
        }
        Value::Literal(resolved) if resolved.contains("{{resolve:") => json!(resolved),
        Value::Literal(id) => json!({ "Fn::Sub": format!("{KEYS}{id}") }),
        Value::Expression(_) => reference.value(key, "key")?,
    };
    let sid = format!("{}Key", table.id);
    Ok(Some(allow(&sid, of_key(access), &[resource], Some(&condition))))
}

fn index_of<'t>(table: &'t Table, name: &str) -> Result<&'t Index, Box<Problem>> {
    table.indexes.iter().find(|index| index.name == name).ok_or_else(|| {
        let known: Vec<String> = table.indexes.iter().map(|index| index.name.clone()).collect();
        let help = match (nearest(name, &known), &known[..]) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, []) => "it has no indexes".to_owned(),
            (None, known) => format!("it has {}", known.join(", ")),
        };
        problem(table, format!("table `{}` has no index `{name}`", table.id), help)
    })
}
