//! Resource policies of tables and streams, as statements or as a JSON document.

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use crate::value::Value;

/// `PolicyDocument` of a table or of its stream.
///
/// ```
/// use serde_json::json;
/// use tablewright::{Policy, Statement, Table, TableItem};
///
/// #[derive(TableItem)]
/// struct Note {
///     #[ddb(partition)]
///     id: String,
/// }
///
/// let statements = Table::of::<Note>().policy(Statement::allow(["dynamodb:GetItem", "dynamodb:Query"]).account("444455556666"));
/// let document = Table::of::<Note>().policy(json!({
///     "Version": "2012-10-17",
///     "Statement": [{
///         "Effect": "Allow",
///         "Principal": { "AWS": "444455556666" },
///         "Action": ["dynamodb:GetItem", "dynamodb:Query"],
///         "Resource": "*",
///     }],
/// }));
/// assert_eq!(statements.policy, document.policy);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "render", derive(serde::Deserialize))]
#[serde(transparent)]
pub struct Policy {
    /// The policy document, with intrinsic functions in their long form.
    pub document: Json,
}

impl Policy {
    /// Creates a policy from statements.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        let statements: Vec<Json> = statements.into_iter().map(|statement| statement.0.into()).collect();
        Self { document: json!({ "Version": "2012-10-17", "Statement": statements }) }
    }
}

impl From<Statement> for Policy {
    fn from(statement: Statement) -> Self {
        Self::new([statement])
    }
}

impl From<Json> for Policy {
    fn from(document: Json) -> Self {
        Self { document }
    }
}

/// A statement of a [`Policy`]. Its resource is `*`, which in a resource policy is the resource itself. The ARN cannot be used,
/// as the table would refer to itself.
///
/// ```
/// use tablewright::{Expression, Policy, Statement};
///
/// let policy = Policy::new([
///     Statement::allow(["dynamodb:GetItem"]).sid("Readers").principal(Expression::Ref("ReaderArn".into())),
///     Statement::deny(["dynamodb:*"])
///         .principal("*")
///         .condition("Bool", "aws:SecureTransport", "false"),
/// ]);
/// assert_eq!(policy.document["Statement"][0]["Sid"], "Readers");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Statement(Map<String, Json>);

impl Statement {
    /// Allows actions. Add a principal.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn allow<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::of("Allow", actions)
    }

    /// Denies actions. Add a principal.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn deny<A: Into<String>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self::of("Deny", actions)
    }

    fn of<A: Into<String>>(effect: &str, actions: impl IntoIterator<Item = A>) -> Self {
        let actions: Vec<Json> = actions.into_iter().map(|action| action.into().into()).collect();
        let entries = [("Effect", effect.into()), ("Action", actions.into()), ("Resource", "*".into())];
        Self(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// Sets `Sid`, the name of the statement.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn sid(mut self, sid: impl Into<String>) -> Self {
        self.0.insert("Sid".into(), sid.into().into());
        self
    }

    /// Sets the principal to an account, by its id.
    ///
    /// See [`Policy`].
    #[must_use]
    pub fn account(self, id: impl Into<Value<String>>) -> Self {
        self.principal(id)
    }

    /// Sets the principal to a role or user, by its ARN, or to everyone with `*`.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn principal(mut self, arn: impl Into<Value<String>>) -> Self {
        self.0.insert("Principal".into(), json!({ "AWS": arn.into() }));
        self
    }

    /// Sets the principal to a service, such as `lambda.amazonaws.com`.
    ///
    /// ```
    /// use serde_json::json;
    /// use tablewright::{Policy, Statement};
    ///
    /// let policy = Policy::from(Statement::allow(["dynamodb:GetItem"]).service("glue.amazonaws.com"));
    /// assert_eq!(policy.document["Statement"][0]["Principal"], json!({ "Service": "glue.amazonaws.com" }));
    /// ```
    #[must_use]
    pub fn service(mut self, name: impl Into<Value<String>>) -> Self {
        self.0.insert("Principal".into(), json!({ "Service": name.into() }));
        self
    }

    /// Adds a condition: operator, key and value.
    ///
    /// See [`Statement`].
    #[must_use]
    pub fn condition(
        mut self,
        operator: impl Into<String>,
        key: impl Into<String>,
        value: impl Into<Value<String>>,
    ) -> Self {
        let conditions = self.0.entry("Condition").or_insert_with(|| json!({}));
        conditions[operator.into()][key.into()] = json!(value.into());
        self
    }
}
