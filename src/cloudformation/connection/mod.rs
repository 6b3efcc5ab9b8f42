//! Connects to CloudFormation: profile, region, endpoint and credentials, checked before the first call.
//!
//! In goes what the user said, out comes a [`Connection`], or an error that lists what was tried. The SDK alone would
//! answer "service error" much later. This is the one place that reads the environment: the SDK's own variables and
//! files, which belong to the user.

pub(crate) mod clock;
pub(crate) mod retry;
pub(crate) mod pages;
pub(crate) mod http;
pub mod options;
pub mod error;
pub mod credentials;
pub mod endpoint;

use std::time::Duration;

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileSet;
use aws_sdk_cloudformation::Client;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::region::Region;

use crate::connection::credentials::credentials;
use crate::connection::endpoint::{Endpoint, check_endpoint, endpoint};
use crate::connection::error::ConnectError;
use crate::connection::http::imds_client;
use crate::connection::options::{Connect, Origin};
use crate::error::{ApiError, chain};

/// A way to AWS that has region and credentials. Nothing was called yet.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The configuration, for clients of any service.
    pub sdk_config: SdkConfig,
    /// The region.
    pub region: String,
    /// The profile, when one was chosen.
    pub profile: Option<String>,
    /// Where CloudFormation is called when that is not AWS's own endpoint.
    pub endpoint: Option<Endpoint>,
}

impl Connection {
    /// A client of CloudFormation.
    pub fn cloudformation(&self) -> Client {
        Client::new(&self.sdk_config)
    }

    /// The account that the credentials belong to, so that a deploy to the wrong one is stopped before its first write.
    pub async fn account(&self) -> Result<String, ApiError> {
        let answer = aws_sdk_sts::Client::new(&self.sdk_config).get_caller_identity().send().await;
        let answer = answer.map_err(|error| ApiError::unpack("GetCallerIdentity", &error))?;
        Ok(answer.account.unwrap_or_default())
    }
}

/// Finds out where to connect and as whom, and makes sure that both are known.
pub async fn connect(connect: &Connect) -> Result<Connection, ConnectError> {
    let env = Env::real();
    let profiles = profiles(connect, &env).await?;
    if let Some(url) = &connect.endpoint_url {
        check_endpoint(url, &Origin::Given)?;
    }
    let http_client = http_client(connect, &env)?;
    let region = region(connect, &env, &profiles, &http_client).await?;
    let credentials = match &connect.credentials {
        Some(credentials) => credentials.clone(),
        None => credentials(connect, &env, &region, &profiles, &http_client).await?,
    };

    let mut loader = aws_config::from_env()
        .region(Region::new(region.clone()))
        .credentials_provider(credentials)
        .http_client(http_client)
        .retry_config(retries(&env, &profiles))
        .app_name(AppName::new("tablewright").expect("an app name of letters is valid"))
        // No timeout for a whole attempt: the connector's own ones know the endpoint.
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .read_timeout(Duration::from_secs(30))
                .build(),
        );
    if let Some(profile) = &connect.profile {
        loader = loader.profile_name(profile);
    }
    // Said in code, an endpoint beats the service-specific variables: only for what the caller said.
    if let Some(url) = &connect.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(sleep) = &connect.sleep {
        loader = loader.sleep_impl(sleep.clone());
    }
    if let Some(time) = &connect.time {
        loader = loader.time_source(time.clone());
    }
    let sdk_config = loader.load().await;
    let endpoint = endpoint(connect, &env, &profiles, &sdk_config)?;
    let profile = connect.profile.clone().or_else(|| variable(&env, "AWS_PROFILE"));
    Ok(Connection { sdk_config, region, profile, endpoint })
}

fn variable(env: &Env, name: &str) -> Option<String> {
    env.get(name).ok().filter(|value| !value.is_empty())
}

/// More patience than the SDK has, unless the user has a say, and less waiting for an endpoint that is not there.
fn retries(env: &Env, profiles: &ProfileSet) -> RetryConfig {
    let said = variable(env, "AWS_MAX_ATTEMPTS").or_else(|| profiles.get("max_attempts").map(str::to_owned));
    let attempts = said.and_then(|said| said.parse().ok()).filter(|attempts| *attempts > 0).unwrap_or(5);
    RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(300))
}

/// Reads the configuration files. A profile that was named has to be there: the SDK would go on without it.
async fn profiles(connect: &Connect, env: &Env) -> Result<ProfileSet, ConnectError> {
    let profiles = aws_config::profile::load(
        &Fs::real(),
        env,
        // The files that `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name, or those at home.
        &Default::default(),
        connect.profile.clone().map(Into::into),
    )
    .await
    .map_err(|error| ConnectError::ConfigFiles(chain(&error).join(": ")))?;
    let named = match &connect.profile {
        Some(name) => Some((name.clone(), Origin::Given)),
        None => variable(env, "AWS_PROFILE").map(|name| (name, Origin::Variable("AWS_PROFILE"))),
    };
    if let Some((name, origin)) = named
        && name != "default"
        && profiles.get_profile(&name).is_none()
    {
        let mut known: Vec<String> = profiles.profiles().map(str::to_owned).collect();
        known.sort();
        return Err(ConnectError::UnknownProfile { name, origin, known });
    }
    Ok(profiles)
}

/// The connector of the machine, or the one that was given; either way it names endpoints in its errors.
fn http_client(connect: &Connect, env: &Env) -> Result<SharedHttpClient, ConnectError> {
    if let Some(http_client) = &connect.http_client {
        return Ok(http::naming_endpoints(http_client.clone()));
    }
    let Some(path) = variable(env, "AWS_CA_BUNDLE") else {
        let made = http::connector(None).map_err(|error| ConnectError::ConfigFiles(error.to_string()))?;
        return Ok(http::naming_endpoints(made));
    };
    let problem = |problem: String| ConnectError::CaBundle { path: path.clone(), problem };
    let pem = std::fs::read(&path).map_err(|error| problem(error.to_string()))?;
    if !pem.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----") {
        return Err(problem("there is no PEM certificate in it".to_owned()));
    }
    let made = http::connector(Some(&pem)).map_err(|error| problem(error.to_string()))?;
    Ok(http::naming_endpoints(made))
}

async fn region(
    connect: &Connect,
    env: &Env,
    profiles: &ProfileSet,
    http_client: &SharedHttpClient,
) -> Result<String, ConnectError> {
    let said = connect
        .region
        .clone()
        .map(|region| (region, Origin::Given))
        .or_else(|| variable(env, "AWS_REGION").map(|region| (region, Origin::Variable("AWS_REGION"))))
        .or_else(|| {
            variable(env, "AWS_DEFAULT_REGION").map(|region| (region, Origin::Variable("AWS_DEFAULT_REGION")))
        })
        .or_else(|| {
            let region = profiles.get("region")?;
            Some((region.to_owned(), Origin::Profile(profiles.selected_profile().to_owned())))
        });
    if let Some((region, origin)) = said {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        // It becomes part of a host name.
        return match !region.is_empty() && region.bytes().all(valid) {
            true => Ok(region),
            false => Err(ConnectError::InvalidRegion { region, origin }),
        };
    }
    let imds = ImdsRegionProvider::builder().imds_client(imds_client(http_client)).build();
    match imds.region().await {
        Some(region) => Ok(region.to_string()),
        None => Err(ConnectError::NoRegion {
            tried: vec![
                "AWS_REGION and AWS_DEFAULT_REGION are not set".to_owned(),
                format!("profile `{}` has no `region`", profiles.selected_profile()),
                "EC2 instance metadata provides no region".to_owned(),
            ],
        }),
    }
}
