//! A stack: tables that are deployed together, with parameters, conditions, outputs and other resources.

pub(crate) mod parameter;
pub(crate) mod condition;
pub(crate) mod resource;
pub(crate) mod locate;
#[cfg(feature = "render")]
pub mod resolve;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::place::Place;
use crate::program::env::{Env, Profile};
use crate::stack::condition::{Condition, Mapping, Test};
use crate::stack::parameter::Parameter;
use crate::stack::resource::{Published, RawResource};
use crate::table::Table;
use crate::table::settings::Encryption;
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
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Stack {
    /// The id of the stack on the command line.
    pub id: String,
    /// `StackName`; `None` until the environment's name pattern is applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `Description`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Source location of its definition.
    pub at: Place,
    /// Tags of the stack, which CloudFormation propagates to its tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `Parameters` in the order they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// `Mappings` in the order they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mappings: Vec<Mapping>,
    /// `Conditions` in the order they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// The tables in the order they are declared.
    pub tables: Vec<Table>,
    /// Raw resources, other than tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<RawResource>,
    /// Values published in the SSM Parameter Store.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<Published>,
    /// `Outputs` in the order they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// Termination protection. `None` leaves it unchanged; protected environments and the `hardened` profile turn it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub termination_protection: Option<bool>,
    /// The stack policy: which resources an update may modify, replace or delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<serde_json::Value>,
}

/// One of a stack's `Outputs`.
///
/// ```
/// use tablewright::{Stack, Table};
///
/// let mut stack = Stack::new("orders");
/// let order = stack.table(Table::define("Order"));
/// stack
///     .output("OrderTable", order.arn())
///     .description("For the reports")
///     .export("orders-table-arn")
///     .condition("IsProd");
/// assert_eq!(stack.outputs[0].export, Some("orders-table-arn".into()));
/// assert_eq!(stack.outputs[0].condition.as_deref(), Some("IsProd"));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
pub struct Output {
    /// The name of the output.
    pub name: String,
    /// `Value`
    pub value: Value<String>,
    /// `Description`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `Condition`: the output exists only if it is true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `Export.Name`. An export cannot be changed or removed while another stack imports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<Value<String>>,
    /// Source location of its definition.
    pub at: Place,
}

impl Stack {
    /// Creates an empty stack.
    ///
    /// See [`Stack`].
    #[must_use]
    #[track_caller]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            description: None,
            at: Place::caller(),
            tags: BTreeMap::new(),
            parameters: Vec::new(),
            mappings: Vec::new(),
            conditions: Vec::new(),
            tables: Vec::new(),
            resources: Vec::new(),
            published: Vec::new(),
            outputs: Vec::new(),
            termination_protection: None,
            policy: None,
        }
    }

    /// Returns the id in Pascal case: the logical id of the stack in a parent stack.
    ///
    /// ```
    /// use tablewright::Stack;
    ///
    /// assert_eq!(Stack::new("order-lines").pascal_id(), "OrderLines");
    /// ```
    #[must_use]
    pub fn pascal_id(&self) -> String {
        crate::table::scaling::pascal(&self.id)
    }

    /// Sets `Description`.
    ///
    /// See [`Stack`].
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// Sets `StackName` for all environments, without applying the name pattern.
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack};
    ///
    /// let assembly = Assembly::new(&Env::new("shop", "dev"), &[
    ///     ("orders", |_| Ok(Stack::new("orders"))),
    ///     ("legacy", |_| Ok(Stack::new("legacy").name("OldShop"))),
    /// ]);
    /// assert_eq!(assembly.stacks[0].name.as_deref(), Some("shop-orders-dev"));
    /// assert_eq!(assembly.stacks[1].name.as_deref(), Some("OldShop"));
    /// ```
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds a tag to the stack.
    ///
    /// ```
    /// use tablewright::Stack;
    ///
    /// let stack = Stack::new("orders").tag("team", "shop").tag("cost-centre", "4711");
    /// assert_eq!(stack.tags["cost-centre"], "4711");
    /// ```
    #[must_use]
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// Sets termination protection. If it is not set, it is turned on if the environment is protected or its profile is
    /// `hardened`, and left unchanged otherwise.
    ///
    /// ```
    /// use tablewright::{Assembly, Env, Stack};
    ///
    /// let prod = Env::new("shop", "prod").with_protection(true);
    /// let assembly = Assembly::new(&prod, &[
    ///     ("orders", |_| Ok(Stack::new("orders"))),
    ///     ("cache", |_| Ok(Stack::new("cache").termination_protection(false))),
    /// ]);
    /// assert_eq!(assembly.stacks[0].termination_protection, Some(true));
    /// assert_eq!(assembly.stacks[1].termination_protection, Some(false));
    /// ```
    #[must_use]
    pub fn termination_protection(mut self, on: bool) -> Self {
        self.termination_protection = Some(on);
        self
    }

    /// Sets the stack policy, in CloudFormation's JSON format.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::Stack;
    ///
    /// let stack = Stack::new("orders").policy(json!({
    ///     "Statement": [
    ///         { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
    ///         { "Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Principal": "*", "Resource": "*" },
    ///     ],
    /// }));
    /// assert!(stack.policy.is_some());
    /// ```
    #[must_use]
    pub fn policy(mut self, policy: serde_json::Value) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Sets a stack policy that denies replacing and deleting tables. The `hardened` profile sets it by default.
    ///
    /// A stack policy applies to updates only; use [`termination_protection`](Self::termination_protection) to prevent the
    /// deletion of the stack.
    ///
    /// ```
    /// use tablewright::Stack;
    ///
    /// let policy = Stack::new("orders").keep_tables().policy.expect("the policy is set");
    /// assert_eq!(policy["Statement"][1]["Action"][0], "Update:Replace");
    /// ```
    #[must_use]
    pub fn keep_tables(self) -> Self {
        self.policy(keep_tables())
    }

    /// Adds a parameter and returns its value, a `Ref`.
    ///
    /// See [`Parameter`].
    pub fn parameter(&mut self, parameter: Parameter) -> Value<String> {
        let value = parameter.value();
        self.parameters.push(parameter);
        value
    }

    /// Adds a condition, for `Fn::If` and for outputs.
    ///
    /// See [`Condition`].
    #[track_caller]
    pub fn condition(&mut self, name: impl Into<String>, test: Test) {
        self.conditions.push(Condition { name: name.into(), test, at: Place::caller() });
    }

    /// Adds a mapping: values by top-level key and second-level key.
    ///
    /// ```
    /// use tablewright::{Expression, Stack};
    ///
    /// let mut stack = Stack::new("orders");
    /// stack.mapping("Capacity", [("dev", [("reads", "5")]), ("prod", [("reads", "500")])]);
    /// assert_eq!(stack.mappings[0].values["prod"]["reads"], "500");
    /// ```
    #[track_caller]
    pub fn mapping<const K: usize>(
        &mut self,
        name: impl Into<String>,
        values: impl IntoIterator<Item = (&'static str, [(&'static str, &'static str); K])>,
    ) {
        let second =
            |values: [(&str, &str); K]| values.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let values = values.into_iter().map(|(key, values)| (key.to_owned(), second(values))).collect();
        self.mappings.push(Mapping { name: name.into(), values, at: Place::caller() });
    }

    /// Adds a raw resource, in CloudFormation's JSON format: `Type`, `Properties` and other attributes.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::Stack;
    ///
    /// let mut stack = Stack::new("orders");
    /// stack.raw_resource("Topic", json!({ "Type": "AWS::SNS::Topic" }));
    /// assert_eq!(stack.resources[0].id, "Topic");
    /// ```
    #[track_caller]
    pub fn raw_resource(&mut self, id: impl Into<String>, body: serde_json::Value) {
        self.resources.push(RawResource { id: id.into(), body, at: Place::caller() });
    }

    /// Publishes a string in the SSM Parameter Store under `path`, for other stacks to read.
    ///
    /// ```
    /// use tablewright::{Stack, Table};
    ///
    /// let mut stack = Stack::new("orders");
    /// let order = stack.table(Table::define("Order"));
    /// stack.publish_ssm("/shop/prod/orders", order.name());
    /// assert_eq!(stack.published[0].path, "/shop/prod/orders");
    /// ```
    #[track_caller]
    pub fn publish_ssm(&mut self, path: impl Into<String>, value: impl Into<Value<String>>) {
        self.published.push(Published { path: path.into(), value: value.into(), at: Place::caller() });
    }

    /// Adds a table and returns a handle for outputs.
    ///
    /// See [`TableRef`].
    pub fn table(&mut self, table: Table) -> TableRef {
        let handle = TableRef { id: table.id.clone(), stream: table.stream.is_some(), at: table.at.clone() };
        self.tables.push(table);
        handle
    }

    /// Adds an output and returns it, so that a description, an export name or a condition can be added.
    ///
    /// See [`Output`].
    #[track_caller]
    pub fn output(&mut self, name: impl Into<String>, value: impl Into<Value<String>>) -> &mut Output {
        self.outputs.push(Output {
            name: name.into(),
            value: value.into(),
            description: None,
            condition: None,
            export: None,
            at: Place::caller(),
        });
        self.outputs.last_mut().expect("an output was pushed just now")
    }

    /// Whether the stack has anything but tables and outputs; a tool that does not know it must refuse the manifest.
    pub(crate) fn has_settings(&self) -> bool {
        let Self { parameters, mappings, conditions, resources, published, .. } = self;
        let beside = [parameters.len(), mappings.len(), conditions.len(), resources.len(), published.len()];
        beside.iter().any(|count| *count > 0)
            || self.termination_protection.is_some()
            || self.policy.is_some()
            || self.outputs.iter().any(|output| output.condition.is_some())
    }

    /// Applies the name patterns and the profile of an environment to everything that the definition does not set.
    pub(crate) fn apply_environment(&mut self, env: &Env) {
        self.name.get_or_insert_with(|| env.stack_name(&self.id));
        let hardened = env.profile() == Profile::Hardened;
        if hardened || env.protected() {
            self.termination_protection.get_or_insert(true);
        }
        for table in &mut self.tables {
            table.apply_environment(env);
        }
        if hardened && !self.tables.is_empty() {
            self.policy.get_or_insert_with(keep_tables);
            self.encrypt();
        }
    }

    /// Encrypts tables without encryption settings with a KMS key that is added to the stack. The key is retained when the stack
    /// is deleted, as the items cannot be read without it.
    fn encrypt(&mut self) {
        let has_no_key = |table: &&mut Table| table.encryption.is_none() && table.global.is_none();
        let mut tables = self.tables.iter_mut().filter(has_no_key).peekable();
        let Some(first) = tables.peek() else { return };
        let at = first.at.clone();
        for table in tables {
            let key = Expression::GetAtt(TABLE_KEY.into(), "Arn".into());
            table.encryption = Some(Encryption::customer_key(key));
        }
        self.resources.push(RawResource { id: TABLE_KEY.into(), body: table_key(&self.id), at });
    }
}

/// Returns a stack policy that denies replacing and deleting tables. It allows all updates first, as a stack policy denies by
/// default.
fn keep_tables() -> serde_json::Value {
    json!({
        "Statement": [
            { "Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*" },
            {
                "Effect": "Deny",
                "Action": ["Update:Replace", "Update:Delete"],
                "Principal": "*",
                "Resource": "*",
                "Condition": {
                    "StringEquals": { "ResourceType": ["AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable"] },
                },
            },
        ],
    })
}

/// Logical id of the KMS key of a stack with the `hardened` profile.
const TABLE_KEY: &str = "TableKey";

/// Returns an `AWS::KMS::Key` whose key policy delegates to IAM policies of the account. DynamoDB uses the key with the
/// permissions of the caller.
fn table_key(stack: &str) -> serde_json::Value {
    json!({
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": format!("Encrypts the tables of stack {stack}"),
            "EnableKeyRotation": true,
            "PendingWindowInDays": 30,
            "KeyPolicy": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Sid": "Account",
                    "Effect": "Allow",
                    "Principal": { "AWS": { "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" } },
                    "Action": "kms:*",
                    "Resource": "*",
                }],
            },
        },
    })
}

impl Output {
    /// Sets `Description`.
    ///
    /// See [`Output`].
    pub fn description(&mut self, description: impl Into<String>) -> &mut Self {
        self.description = Some(description.into());
        self
    }

    /// Creates the output only if a condition of the stack is true.
    ///
    /// See [`Output`].
    pub fn condition(&mut self, name: impl Into<String>) -> &mut Self {
        self.condition = Some(name.into());
        self
    }

    /// Exports the output under `name`.
    ///
    /// See [`Output`].
    pub fn export(&mut self, name: impl Into<Value<String>>) -> &mut Self {
        self.export = Some(name.into());
        self
    }
}

/// A reference to a table of a stack, for outputs and other resources.
///
/// ```
/// use serde_json::json;
/// use tablewright::{Stack, StreamView, Table};
///
/// let mut stack = Stack::new("orders");
/// let order = stack.table(Table::define("Order").stream(StreamView::NewImage));
/// let cache = stack.table(Table::define("Cache"));
/// assert_eq!(json!(order.name()), json!({ "Ref": "Order" }));
/// assert_eq!(json!(order.arn()), json!({ "Fn::GetAtt": ["Order", "Arn"] }));
/// assert_eq!(json!(order.stream_arn()?), json!({ "Fn::GetAtt": ["Order", "StreamArn"] }));
/// assert!(cache.stream_arn().unwrap_err().to_string().contains("has no stream"));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct TableRef {
    id: String,
    stream: bool,
    at: Place,
}

impl TableRef {
    /// Returns the table's name: `!Ref`.
    ///
    /// See [`TableRef`].
    #[must_use]
    pub fn name(&self) -> Value<String> {
        Expression::Ref(self.id.clone()).into()
    }

    /// Returns the table's ARN: `!GetAtt …Arn`.
    ///
    /// See [`TableRef`].
    #[must_use]
    pub fn arn(&self) -> Value<String> {
        Expression::GetAtt(self.id.clone(), "Arn".into()).into()
    }

    /// Returns the ARN of the table's stream: `!GetAtt …StreamArn`.
    ///
    /// See [`TableRef`].
    ///
    /// # Errors
    ///
    /// Returns an error if the table has no stream. Linters do not detect this; CloudFormation reports it only on deployment.
    pub fn stream_arn(&self) -> crate::Result<Value<String>> {
        match self.stream {
            true => Ok(Expression::GetAtt(self.id.clone(), "StreamArn".into()).into()),
            false => {
                Err(format!("table `{}` ({}) has no stream; add `.stream(…)` to it", self.id, self.at).into())
            }
        }
    }
}
