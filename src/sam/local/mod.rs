//! The tables of a stack in a DynamoDB of the developer's own: requests to DynamoDB's API, made straight from the definitions.
//!
//! In: a stack, and what the endpoint says of the tables it has. Out: [`Call`]s, each to be sent when the one before is done and
//! the table is ACTIVE again. Parameters are their defaults; what only a deployment knows is a [`Problem`] at its line. Left out is
//! what no such endpoint has: keys and policies, backups, Kinesis, insights, scaling, replicas, imports. Nothing here sends a
//! request.

mod update;

use serde_json::{Map, Value as Json, json};
use tablewright::render::{Templates, render};
use tablewright::resolve::{self, Known};
use tablewright::{Expression, Problem, Stack, Table};

use crate::fragment::variable;
use crate::names::text_name;
use crate::way::RegionsError;
pub use update::{Deployed, update};

/// A request to DynamoDB's API.
///
/// ```
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_sam::local::{Operation, create};
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").name("demo-notes").partition("id", Scalar::S));
///
/// let calls = create(&stack)?;
/// assert_eq!(calls[0].operation, Operation::CreateTable);
/// assert_eq!(calls[0].input["TableName"], "demo-notes");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The logical id of the table that it is about.
    pub table: String,
    /// The operation.
    pub operation: Operation,
    /// What it takes, as `aws dynamodb … --cli-input-json` does.
    pub input: Json,
}

/// An operation of DynamoDB's API.
///
/// See [`Call`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `CreateTable`
    CreateTable,
    /// `UpdateTable`
    UpdateTable,
    /// `UpdateTimeToLive`
    UpdateTimeToLive,
    /// `TagResource`
    TagResource,
    /// `UntagResource`
    UntagResource,
}

impl Operation {
    /// Returns DynamoDB's word.
    ///
    /// ```
    /// use tablewright_sam::local::Operation;
    ///
    /// assert_eq!(Operation::UpdateTimeToLive.as_str(), "UpdateTimeToLive");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateTable => "CreateTable",
            Self::UpdateTable => "UpdateTable",
            Self::UpdateTimeToLive => "UpdateTimeToLive",
            Self::TagResource => "TagResource",
            Self::UntagResource => "UntagResource",
        }
    }
}

/// Returns the requests that create the tables of a stack, but for those whose condition does not hold. Time to live and tags are
/// for [`update`], once a table is there.
///
/// See [`Call`].
///
/// # Errors
///
/// A [`Problem`] where a value is known to a deployment only, or an error of the renderer.
pub fn create(stack: &Stack) -> Result<Vec<Call>, RegionsError> {
    let mut calls = Vec::new();
    for table in &stack.tables {
        calls.extend(wanted(stack, table)?.map(|wanted| Call {
            table: table.id.clone(),
            operation: Operation::CreateTable,
            input: wanted.create_table.into(),
        }));
    }
    Ok(calls)
}

/// Returns the file that `sam local --env-vars` takes: the names of the tables for every function that declares them.
///
/// ```
/// use tablewright::{Scalar, Stack, Table, json};
/// use tablewright_sam::local::env_json;
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("NoteItem").name("demo-notes").partition("id", Scalar::S));
/// assert_eq!(env_json([&stack])?, json!({ "Parameters": { "NOTE_ITEM_TABLE_NAME": "demo-notes" } }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A [`Problem`] where a name is known to a deployment only.
pub fn env_json<'s>(stacks: impl IntoIterator<Item = &'s Stack>) -> Result<Json, RegionsError> {
    let mut variables = Map::new();
    for stack in stacks {
        for table in &stack.tables {
            let name = text_name(stack, table)?;
            variables.insert(variable(table), name.into());
        }
    }
    Ok(json!({ "Parameters": variables }))
}

/// A table as it is to be.
struct Wanted {
    /// Its logical id.
    table: String,
    create_table: Map<String, Json>,
    /// `AttributeName` of the time to live, where it is on.
    time_to_live: Option<String>,
    tags: Vec<(String, String)>,
}

/// Works out what a table is to be; none where its condition does not hold.
fn wanted(stack: &Stack, table: &Table) -> Result<Option<Wanted>, RegionsError> {
    let unknown = |what: &str, why: String| {
        let message = format!("{what} of table `{}` is not known without AWS: {why}", table.id);
        let help = "give the parameter a default, or write a text or a number for this environment";
        RegionsError::Problem(Box::new(Problem::error("SAM7", &table.at, message).help(help)))
    };
    if let Some(condition) = &table.condition
        && !resolve::condition(stack, condition).map_err(|why| unknown("the condition", why.to_string()))?
    {
        return Ok(None);
    }
    let name = text_name(stack, table)?;
    // As a plain table: replicas are elsewhere.
    let mut plain = table.clone();
    plain.global = None;
    let mut alone = Stack { outputs: Vec::new(), published: Vec::new(), ..stack.clone() };
    alone.tables = vec![plain];
    let rendered = render(&alone, "local", &Templates::builtin())?;
    let properties = &rendered.template["Resources"][&table.id]["Properties"];
    let value = |name: &str| -> Result<Json, RegionsError> {
        known(stack, &properties[name]).map_err(|why| unknown(&format!("`{name}`"), why))
    };
    // A text, whatever it looks like.
    let mut create_table = Map::from_iter([("TableName".to_owned(), Json::from(name))]);
    for name in [
        "TableClass",
        "BillingMode",
        "ProvisionedThroughput",
        "OnDemandThroughput",
        "WarmThroughput",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
        "LocalSecondaryIndexes",
        "DeletionProtectionEnabled",
    ] {
        let value = value(name)?;
        if !value.is_null() {
            create_table.insert(name.to_owned(), value);
        }
    }
    for index in
        create_table.get_mut("GlobalSecondaryIndexes").and_then(Json::as_array_mut).into_iter().flatten()
    {
        // An operation of its own, which no local endpoint has.
        index.as_object_mut().and_then(|index| index.remove("ContributorInsightsSpecification"));
    }
    let stream = value("StreamSpecification")?;
    if let Some(view) = stream.get("StreamViewType") {
        let stream = json!({ "StreamEnabled": true, "StreamViewType": view });
        create_table.insert("StreamSpecification".to_owned(), stream);
    }
    let time_to_live = value("TimeToLiveSpecification")?;
    let time_to_live = (time_to_live["Enabled"] == true)
        .then(|| time_to_live["AttributeName"].as_str().map(str::to_owned))
        .flatten();
    let tags = value("Tags")?;
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let tags = tags.as_array().into_iter().flatten().map(|tag| (text(&tag["Key"]), text(&tag["Value"])));
    let tags = tags.collect();
    Ok(Some(Wanted { table: table.id.clone(), create_table, time_to_live, tags }))
}

/// Returns a value of a template as the API takes it: functions worked out, numbers as numbers.
fn known(stack: &Stack, value: &Json) -> Result<Json, String> {
    if let Some(call) = function(value) {
        return Ok(match resolve::expression(stack, &call).map_err(|why| why.to_string())? {
            Known::Text(text) => typed(&text),
            Known::Nothing => Json::Null,
            Known::List(_) => return Err("a list stands where a value is wanted".to_owned()),
        });
    }
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), known(stack, value)?)));
            let entries: Map<String, Json> = entries.collect::<Result<_, String>>()?;
            Ok(entries.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into())
        }
        Json::Array(items) => items.iter().map(|item| known(stack, item)).collect(),
        Json::String(text) if text.contains("{{resolve:") => {
            Err(format!("`{text}` is known when it is deployed"))
        }
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => Ok(value.clone()),
    }
}

fn function(value: &Json) -> Option<Expression> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    let (name, _) = entries.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then(|| serde_json::from_value(value.clone()).ok())?
}

/// What a parameter says is text; the API wants numbers and booleans where CloudFormation would make them.
fn typed(text: &str) -> Json {
    match text {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        digits => digits.parse::<u64>().map_or_else(|_| Json::from(text), Json::from),
    }
}
