//! The tables of a stack in a DynamoDB of the developer's own: requests to DynamoDB's API, made straight from the definitions.
//!
//! In: a stack, and what the endpoint reports of the tables it has. Out: [`Call`]s, each to be sent when the one before is done and
//! the table is ACTIVE again. Parameters have their defaults; a value that only a deployment knows is a [`LocalError`] with its
//! Rust line. Left out is what no such endpoint implements: keys and policies, backups, Kinesis, insights, scaling, replicas,
//! imports. Nothing here sends a request.

use serde_json::{Map, Value as Json, json};
use tablewright::render::{Error as RenderError, Templates, render};
use tablewright::resolve::{self, Kind, Known, Unresolved};
use tablewright::{Expression, Place, Stack, Table};

pub use crate::update::{Deployed, update};

/// A request to DynamoDB's API.
///
/// ```
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_dynamodb::local::{Operation, create};
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
    /// The logical id of the table.
    pub table: String,
    /// The operation.
    pub operation: Operation,
    /// Its input, as `aws dynamodb … --cli-input-json` takes it.
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
    /// Returns the name of the operation in DynamoDB's API.
    ///
    /// ```
    /// use tablewright_dynamodb::local::Operation;
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

/// Why there are no requests for a table.
///
/// ```
/// use tablewright::{Scalar, Stack, Table};
/// use tablewright_dynamodb::local::create;
///
/// let mut stack = Stack::new("notes");
/// stack.table(Table::define("Note").generated_name().partition("id", Scalar::S));
/// let error = create(&stack).unwrap_err();
/// assert_eq!(error.at(), Some(&stack.tables[0].at));
/// assert!(error.to_string().contains("the name of table `Note` is not known without AWS"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// A value that only a deployment knows.
    #[error("{at}: {what} of table `{table}` is not known without AWS: {why}")]
    NotKnown {
        /// The logical id of the table.
        table: String,
        /// Where the table is defined.
        at: Place,
        /// The property, as the message names it.
        what: String,
        /// Why it is not known.
        why: Box<Unresolved>,
    },
    /// A change that DynamoDB makes to no table: only a new table can have it.
    #[error("{at}: the table `{name}` exists with {what} than `{table}` defines")]
    NeedsNewTable {
        /// The logical id of the table.
        table: String,
        /// Where the table is defined.
        at: Place,
        /// The name of the table.
        name: String,
        /// What differs, as the message names it.
        what: &'static str,
    },
    /// The stack cannot be rendered.
    #[error("the stack cannot be rendered")]
    Render(#[from] RenderError),
}

impl LocalError {
    /// Returns where the table is defined.
    ///
    /// See [`LocalError`].
    #[must_use]
    pub const fn at(&self) -> Option<&Place> {
        match self {
            Self::NotKnown { at, .. } | Self::NeedsNewTable { at, .. } => Some(at),
            Self::Render(_) => None,
        }
    }

    /// Returns what to do about it.
    ///
    /// See [`LocalError`].
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotKnown { .. } => Some(
                "give the parameter a default, or write a text or a number for this environment".to_owned(),
            ),
            Self::NeedsNewTable { name, .. } => {
                Some(format!("delete it: `aws dynamodb delete-table --table-name {name} --endpoint-url …`"))
            }
            Self::Render(_) => None,
        }
    }
}

/// Returns the requests that create the tables of a stack, without those whose condition is false. Time to live and tags are set
/// by [`update`], once a table exists.
///
/// See [`Call`].
///
/// # Errors
///
/// [`LocalError::NotKnown`] where only a deployment knows a value, or an error of the renderer.
pub fn create(stack: &Stack) -> Result<Vec<Call>, LocalError> {
    let mut calls = Vec::new();
    for table in &stack.tables {
        calls.extend(definition(stack, table)?.map(|definition| Call {
            table: table.id.clone(),
            operation: Operation::CreateTable,
            input: definition.create_table.into(),
        }));
    }
    Ok(calls)
}

/// A table as it is defined, in the terms of DynamoDB's API.
pub(crate) struct Definition {
    /// Its logical id.
    pub(crate) table: String,
    /// The input of CreateTable.
    pub(crate) create_table: Map<String, Json>,
    /// `AttributeName` of the time to live, where it is on.
    pub(crate) time_to_live: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

/// The properties of a template that CreateTable takes as they are.
const CREATE_TABLE: [&str; 10] = [
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
];

/// Returns the definition of a table; none where its condition is false.
pub(crate) fn definition(stack: &Stack, table: &Table) -> Result<Option<Definition>, LocalError> {
    let not_known = |what: &str, why: Unresolved| LocalError::NotKnown {
        table: table.id.clone(),
        at: table.at.clone(),
        what: what.to_owned(),
        why: Box::new(why),
    };
    if let Some(condition) = &table.condition
        && !resolve::condition(stack, condition).map_err(|why| not_known("the condition", why))?
    {
        return Ok(None);
    }
    let name = resolve::table_name(stack, table).map_err(|why| not_known("the name", why))?;
    let properties = properties(stack, table)?;
    let value = |name: &str| -> Result<Json, LocalError> {
        known(stack, &properties[name]).map_err(|why| not_known(&format!("`{name}`"), why))
    };
    // A name of digits is no number.
    let mut create_table = Map::from_iter([("TableName".to_owned(), Json::from(name))]);
    for name in CREATE_TABLE {
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
    Ok(Some(Definition { table: table.id.clone(), create_table, time_to_live, tags }))
}

/// Returns the rendered properties of a table. A global table is rendered as a plain one: its replicas are in other regions.
fn properties(stack: &Stack, table: &Table) -> Result<Json, RenderError> {
    let mut plain = table.clone();
    plain.global = None;
    let mut alone = Stack { outputs: Vec::new(), published: Vec::new(), ..stack.clone() };
    alone.tables = vec![plain];
    let mut rendered = render(&alone, "local", &Templates::builtin())?;
    Ok(rendered.template["Resources"][&table.id]["Properties"].take())
}

/// Returns a value of a template as the API takes it: without functions, numbers as numbers.
fn known(stack: &Stack, value: &Json) -> Result<Json, Unresolved> {
    if let Some(call) = function(value) {
        return Ok(match resolve::expression(stack, &call)? {
            Known::Text(text) => typed(&text),
            Known::Nothing => Json::Null,
            Known::List(_) => return Err(Unresolved::Mismatch { found: Kind::List, expected: Kind::Scalar }),
        });
    }
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), known(stack, value)?)));
            let entries: Map<String, Json> = entries.collect::<Result<_, Unresolved>>()?;
            Ok(entries.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into())
        }
        Json::Array(items) => items.iter().map(|item| known(stack, item)).collect(),
        Json::String(text) if text.contains("{{resolve:") => Err(Unresolved::AtDeployment(text.clone())),
        Json::String(_) | Json::Number(_) | Json::Bool(_) | Json::Null => Ok(value.clone()),
    }
}

fn function(value: &Json) -> Option<Expression> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    let (name, _) = entries.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then(|| serde_json::from_value(value.clone()).ok())?
}

/// Returns the number or boolean that a text stands for: a parameter is text, and CloudFormation converts it.
fn typed(text: &str) -> Json {
    match text {
        "true" => Json::Bool(true),
        "false" => Json::Bool(false),
        digits => digits.parse::<u64>().map_or_else(|_| Json::from(text), Json::from),
    }
}
