//! A stack: tables that are deployed together, and what it tells the outside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::env::Env;
use crate::place::Place;
use crate::settings::StreamView;
use crate::table::Table;
use crate::value::{Expression, Value};

/// A CloudFormation stack of tables.
///
/// ```
/// use tablewright::{Env, Result, Stack, Table, TableItem};
///
/// #[derive(serde::Serialize, TableItem)]
/// struct Category {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// fn stack(_env: &Env) -> Result<Stack> {
///     let mut stack = Stack::new("shop").description("What the shop sells");
///     let category = stack.table(Table::of::<Category>());
///     stack.output("CategoryTable", category.name());
///     Ok(stack)
/// }
/// # stack(&Env::new("demo", "dev")).unwrap();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// What the command line calls it.
    pub id: String,
    /// `StackName`; `None` until the environment's pattern has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Description`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where the stack is made.
    pub at: Place,
    /// Tags of the stack; CloudFormation hands them on to the tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The tables in the order they are declared.
    pub tables: Vec<Table>,
    /// `Outputs` in the order they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
}

/// One of a stack's `Outputs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// The name of the output.
    pub name: String,
    /// `Value`
    pub value: Value<String>,
    /// `Description`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Export.Name`: other stacks may import it, and it can then be neither changed nor removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<Value<String>>,
    /// Where the output is made.
    pub at: Place,
}

impl Stack {
    /// Makes an empty stack.
    #[must_use]
    #[track_caller]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            description: None,
            at: Place::caller(),
            tags: BTreeMap::new(),
            tables: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Sets `Description`.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets `StackName` to exactly this, in every environment.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a tag to the stack.
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Adds a table and returns a handle for outputs.
    pub fn table(&mut self, table: Table) -> TableRef {
        let handle = TableRef { id: table.id.clone(), stream: table.stream, at: table.at.clone() };
        self.tables.push(table);
        handle
    }

    /// Adds an output and returns it, to be described or exported.
    #[track_caller]
    pub fn output(&mut self, name: impl Into<String>, value: impl Into<Value<String>>) -> &mut Output {
        self.outputs.push(Output {
            name: name.into(),
            value: value.into(),
            description: None,
            export: None,
            at: Place::caller(),
        });
        self.outputs.last_mut().expect("an output was pushed just now")
    }

    pub(crate) fn settle(&mut self, env: &Env) {
        self.name.get_or_insert_with(|| env.stack_name(&self.id));
        for table in &mut self.tables {
            table.settle(env);
        }
    }
}

impl Output {
    /// Sets `Description`.
    pub fn description(&mut self, description: impl Into<String>) -> &mut Self {
        self.description = Some(description.into());
        self
    }

    /// Exports the output under `name`.
    pub fn export(&mut self, name: impl Into<Value<String>>) -> &mut Self {
        self.export = Some(name.into());
        self
    }
}

/// A table that is in a stack.
#[derive(Clone, Debug)]
pub struct TableRef {
    id: String,
    stream: Option<StreamView>,
    at: Place,
}

impl TableRef {
    /// The table's name: `!Ref`.
    #[must_use]
    pub fn name(&self) -> Value<String> {
        Expression::Ref(self.id.clone()).into()
    }

    /// The table's ARN: `!GetAtt …Arn`.
    #[must_use]
    pub fn arn(&self) -> Value<String> {
        Expression::GetAtt(self.id.clone(), "Arn".into()).into()
    }

    /// The ARN of the table's stream: `!GetAtt …StreamArn`.
    ///
    /// # Errors
    ///
    /// When the table has no stream. CloudFormation would say so only at deploy, and no linter does.
    pub fn stream_arn(&self) -> crate::Result<Value<String>> {
        match self.stream {
            Some(_) => Ok(Expression::GetAtt(self.id.clone(), "StreamArn".into()).into()),
            None => {
                Err(format!("table `{}` ({}) has no stream; add `.stream(…)` to it", self.id, self.at).into())
            }
        }
    }
}
