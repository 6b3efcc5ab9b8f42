//! Where stacks are deployed: one account and region, on AWS or at another endpoint.

use tablewright_cloudformation::{Connection, Polling};

/// A place to deploy to: its clients, and how often they are called.
#[derive(Clone, Debug)]
pub struct Target {
    /// Region, profile, endpoint and credentials; template uploads are signed with it.
    pub connection: Connection,
    /// The client for stacks.
    pub cloudformation: tablewright_cloudformation::Client,
    /// The client for tables, once their stack is deployed.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// How often CloudFormation is polled. Targets that share an account and region should share one, and with it one rate limit.
    pub pace: Polling,
    /// How often DynamoDB is polled.
    pub table_polling: tablewright_dynamodb::TablePolling,
    /// The name in messages, such as `AWS, eu-west-1`.
    pub name: String,
    /// The account that the credentials belong to, where it was asked for: the ARN of a deployed stack tells it as well.
    pub account: Option<String>,
    /// The environment, in a run over several: the labels of its stacks begin with it.
    pub env: Option<String>,
}

impl Target {
    /// Creates the clients for a connection.
    #[must_use]
    pub fn new(connection: Connection, name: impl Into<String>) -> Self {
        Self {
            cloudformation: connection.cloudformation(),
            dynamodb: aws_sdk_dynamodb::Client::new(&connection.sdk_config),
            pace: Polling::default(),
            table_polling: tablewright_dynamodb::TablePolling::default(),
            name: name.into(),
            account: None,
            env: None,
            connection,
        }
    }

    /// Returns whether AWS counts the calls to both targets together, as far as is known: same region, profile and endpoint.
    #[must_use]
    pub fn shares_rate_limit_with(&self, other: &Self) -> bool {
        let place = |target: &Self| {
            let connection = &target.connection;
            let endpoint = connection.endpoint.as_ref().map(|endpoint| endpoint.url.clone());
            (connection.region.clone(), connection.profile.clone(), endpoint)
        };
        place(self) == place(other)
    }

    /// Returns the label of a stack in events: its id, after the environment where there are several.
    #[must_use]
    pub fn label(&self, stack: &str) -> String {
        match &self.env {
            Some(env) => format!("{env}/{stack}"),
            None => stack.to_owned(),
        }
    }
}
