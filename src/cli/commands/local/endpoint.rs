//! The endpoint that `local up` creates tables in: the sandbox, or a local DynamoDB.
//!
//! It is selected by flags and the SDK's environment variables. *Invariant:* it is never AWS itself.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use serde_json::{Value as Json, json};
use tablewright_cloudformation::Origin;
use tablewright_cloudformation::{ApiError, Connect, ConnectError, PageTokens, connect};
use tablewright_dynamodb::local::Deployed;
use tablewright_dynamodb::{TablePolling, send, wait_until_active};

use crate::args::aws::sandbox_target;
use crate::commands::local::refused::{is_unknown_operation, refused};
use crate::error::{CommandError, OrExit as _, Result};
use crate::exit::Exit;

/// The default Region.
const REGION: &str = "us-east-1";

/// The environment variables of the SDK, in order of precedence.
const VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"];

/// Suffixes of the host names of AWS.
const AWS_HOSTS: [&str; 4] = ["amazonaws.com", "amazonaws.com.cn", "api.aws", "amazonaws.eu"];

/// Arguments that select the endpoint.
#[derive(clap::Args)]
pub(super) struct EndpointArgs {
    /// Endpoint to create the tables in, such as http://127.0.0.1:8000
    #[arg(long, value_name = "URL", conflicts_with = "sandbox")]
    endpoint_url: Option<String>,
    /// Create the tables in the project's sandbox
    #[arg(long)]
    sandbox: bool,
}

/// A selected endpoint, before connecting.
pub(super) enum Place {
    Sandbox,
    Url(String, Origin),
}

/// A connected DynamoDB endpoint.
pub(super) struct Endpoint {
    client: Client,
}

impl EndpointArgs {
    /// Returns the selected endpoint, or an error if there is none or it is AWS itself.
    pub(super) fn place(&self) -> Result<Place> {
        if self.sandbox {
            return Ok(Place::Sandbox);
        }
        let variable =
            |name| Some((std::env::var(name).ok().filter(|url| !url.is_empty())?, Origin::Variable(name)));
        let given = self.endpoint_url.clone().map(|url| (url, Origin::Given));
        let hint = "pass one, such as `--endpoint-url http://127.0.0.1:8000`, or use `--sandbox`; `tablewright deploy` creates tables on AWS";
        match given.or_else(|| VARIABLES.into_iter().find_map(variable)) {
            None => {
                Err(CommandError::usage("no endpoint: tables are never created on AWS itself").hint(hint))
            }
            Some((url, origin)) if is_aws(&url) => {
                Err(CommandError::usage(format!("{url} ({origin}) is AWS itself")).hint(hint))
            }
            Some((url, origin)) => Ok(Place::Url(url, origin)),
        }
    }
}

impl Place {
    /// Creates a client for the endpoint. No request is sent.
    pub(super) async fn connect(&self, scratch: &Path, region: Option<String>) -> Result<Endpoint> {
        let (url, origin) = match self {
            Self::Sandbox => {
                let target = sandbox_target(scratch, region).await?;
                return Ok(Endpoint { client: target.dynamodb });
            }
            Self::Url(url, origin) => (url, origin),
        };
        let mut how = Connect { endpoint_url: Some(url.clone()), region, ..Connect::default() };
        loop {
            match connect(&how).await {
                Ok(connection) => return Ok(Endpoint { client: Client::new(&connection.sdk_config) }),
                Err(ConnectError::NoRegion { .. }) if how.region.is_none() => {
                    how.region = Some(REGION.to_owned());
                }
                // Prefer the developer's credentials: DynamoDB Local has separate tables for each access key.
                Err(
                    ConnectError::NoCredentials { .. }
                    | ConnectError::SignedOut { .. }
                    | ConnectError::MfaCode { .. }
                    | ConnectError::Credentials(_),
                ) if how.credentials.is_none() => {
                    let any = Credentials::new("local", "local", None, None, "local");
                    how.credentials = Some(SharedCredentialsProvider::new(any));
                }
                Err(ConnectError::InvalidEndpoint { url, problem, .. }) => {
                    return Err(ConnectError::InvalidEndpoint { url, origin: origin.clone(), problem }.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Endpoint {
    /// Sends a request and returns the response.
    pub(super) async fn send(&self, action: &'static str, input: &Json) -> Result<Json, ApiError> {
        send(&self.client, action, input).await.map_err(|error| ApiError::unpack(action, &error))
    }

    /// Returns `Table` of DescribeTable, or `None` if the table does not exist.
    pub(super) async fn describe(&self, table: &str) -> Result<Option<Json>> {
        match self.send("DescribeTable", &json!({ "TableName": table })).await {
            Ok(mut answer) => Ok(Some(answer["Table"].take())),
            Err(error) if error.code.as_deref() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    /// Returns the deployed settings of an existing table.
    pub(super) async fn deployed(&self, table: &str) -> Result<Deployed> {
        let described = self.describe(table).await?.unwrap_or_default();
        let arn = described["TableArn"].as_str().unwrap_or_default().to_owned();
        let ttl = self.ask("DescribeTimeToLive", &json!({ "TableName": table })).await?;
        let ttl = &ttl["TimeToLiveDescription"];
        let is_on = matches!(ttl["TimeToLiveStatus"].as_str(), Some("ENABLED" | "ENABLING"));
        let time_to_live = is_on.then(|| ttl["AttributeName"].as_str().map(str::to_owned)).flatten();
        let tags = self.tags(&arn).await?;
        Ok(Deployed { table: described, arn, time_to_live, tags })
    }

    async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>> {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let mut tags = Vec::new();
        let mut tokens = PageTokens::of("ListTagsOfResource");
        let mut input = json!({ "ResourceArn": arn });
        loop {
            let answer = self.ask("ListTagsOfResource", &input).await?;
            let page = answer["Tags"].as_array().into_iter().flatten();
            tags.extend(page.map(|tag| (text(&tag["Key"]), text(&tag["Value"]))));
            match tokens.next(answer["NextToken"].as_str().map(str::to_owned)).map_err(refused)? {
                Some(next) => input["NextToken"] = next.into(),
                None => return Ok(tags),
            }
        }
    }

    /// Sends a request of an operation that some endpoints do not implement, such as tags in DynamoDB Local; returns `Null` then.
    async fn ask(&self, action: &'static str, input: &Json) -> Result<Json> {
        match self.send(action, input).await {
            Err(error) if is_unknown_operation(&error) => Ok(Json::Null),
            answer => answer.map_err(refused),
        }
    }

    /// Waits until a table and its indexes are ACTIVE.
    pub(super) async fn settle(&self, table: &str) -> Result<()> {
        // A local endpoint is done with most changes at once.
        let pace = TablePolling {
            first_interval: Duration::from_millis(50),
            max_interval: Duration::from_secs(2),
            ..TablePolling::default()
        };
        wait_until_active(&self.client, &[table.to_owned()], pace, |_| ()).await.or_exit(Exit::Unknown)
    }
}

/// Whether a URL's host is one of AWS's.
fn is_aws(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    AWS_HOSTS
        .iter()
        .any(|aws| host.strip_suffix(aws).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::is_aws;

    #[test]
    fn hosts_of_aws() {
        #[track_caller]
        fn check(url: &str, expected: bool) {
            assert_eq!(is_aws(url), expected, "{url}");
        }
        check("https://dynamodb.eu-west-1.amazonaws.com", true);
        check("https://dynamodb.eu-west-1.AMAZONAWS.com.:443/path", true);
        check("http://user@dynamodb.eu-west-1.amazonaws.com", true);
        check("https://dynamodb.cn-north-1.amazonaws.com.cn", true);
        check("https://123456789012.ddb.eu-west-1.amazonaws.com", true);
        check("https://dynamodb.eu-west-1.api.aws", true);
        check("dynamodb.eu-west-1.amazonaws.com", true);
        check("http://127.0.0.1:8000", false);
        check("http://[::1]:8000", false);
        check("http://localhost:8000/amazonaws.com", false);
        check("http://notamazonaws.com", false);
        check("http://amazonaws.com.localhost", false);
    }
}
