//! Credentials: the SDK's chain, asked anew whenever they are needed, and roles that want a code from a device.
//!
//! In goes what the user said and the profile, out come credentials or an error that says how to sign in. The SDK reads a
//! profile once and for all; here a profile that is renewed in another window is seen. It ignores `mfa_serial`
//! (aws-sdk-rust#527); here the role is assumed with a code that the caller is asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::Env;
use aws_types::region::Region;

use crate::connection::error::{ConnectError, SignIn};
use crate::connection::http::imds_client;
use crate::connection::options::{Connect, MfaCode};
use crate::error::{ApiError, chain};

/// Gets credentials once, so that what is wrong with them is said before anything is begun.
pub(crate) async fn credentials(
    connect: &Connect,
    env: &Env,
    region: &str,
    profiles: &ProfileSet,
    http_client: &SharedHttpClient,
) -> Result<SharedCredentialsProvider, ConnectError> {
    let selected = profiles.selected_profile();
    let profile = profiles.get_profile(selected);
    // Keys in the environment come before a profile that was not asked for.
    let uses_profile = connect.profile.is_some() || env.get("AWS_ACCESS_KEY_ID").is_err();
    let role = match profile {
        Some(profile) if uses_profile => MfaRole::read(profile, connect),
        _ => None,
    };
    let source = Source {
        profile: connect.profile.clone(),
        region: region.to_owned(),
        http_client: http_client.clone(),
    };
    let chain =
        Chain { role, source, time: connect.time.clone().unwrap_or_default(), session: Arc::default() };
    if let Some(role) = &chain.role
        && role.code.is_none()
    {
        return Err(ConnectError::MfaCode { profile: selected.to_owned(), serial: role.serial.clone() });
    }
    match chain.load().await {
        Ok(first) => {
            // The first call need not ask again: somebody may have typed a code.
            *chain.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(first);
            Ok(SharedCredentialsProvider::new(chain))
        }
        Err(error @ CredentialsError::CredentialsNotLoaded(_)) => {
            Err(ConnectError::NoCredentials { tried: attempts(&error) })
        }
        Err(error) => {
            let cause = self::chain(&error).join(": ");
            match profile.and_then(sign_in) {
                Some(sign_in) => {
                    Err(ConnectError::SignedOut { profile: selected.to_owned(), sign_in, cause })
                }
                None => Err(ConnectError::Credentials(cause)),
            }
        }
    }
}

/// How the owner of a profile signs in.
fn sign_in(profile: &Profile) -> Option<SignIn> {
    let has = |key: &str| profile.get(key).is_some();
    if has("sso_session") || has("sso_start_url") {
        Some(SignIn::Sso)
    } else {
        has("login_session").then_some(SignIn::Login)
    }
}

/// What the SDK's own chain is built from.
#[derive(Debug, Clone)]
struct Source {
    profile: Option<String>,
    region: String,
    http_client: SharedHttpClient,
}

impl Source {
    /// Builds the chain and asks it. Built anew, it reads the files anew.
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        let config = ProviderConfig::without_region().with_http_client(self.http_client.clone());
        let region = Region::new(self.region.clone());
        let mut chain = DefaultCredentialsChain::builder()
            .configure(config.clone())
            .region(region.clone())
            .imds_client(imds_client(&self.http_client));
        // A profile that was said is meant: keys in the environment, which the chain takes first, may be those of another
        // account. One that has no credentials, but a region perhaps, says nothing about them.
        if let Some(profile) = &self.profile {
            let config = config.with_region(Some(region));
            let builder = ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile);
            match builder.build().provide_credentials().await {
                Err(CredentialsError::CredentialsNotLoaded(_)) => {}
                loaded => return loaded,
            }
            chain = chain.profile_name(profile);
        }
        chain.build().await.provide_credentials().await
    }
}

/// A role that is assumed with a code.
#[derive(Debug, Clone)]
struct MfaRole {
    arn: String,
    serial: String,
    source_profile: String,
    external_id: Option<String>,
    session_name: String,
    seconds: Option<i32>,
    endpoint_url: Option<String>,
    code: Option<MfaCode>,
}

impl MfaRole {
    fn read(profile: &Profile, connect: &Connect) -> Option<MfaRole> {
        let get = |key: &str| profile.get(key).map(str::to_owned);
        Some(MfaRole {
            arn: get("role_arn")?,
            serial: get("mfa_serial")?,
            source_profile: get("source_profile")?,
            external_id: get("external_id"),
            session_name: get("role_session_name").unwrap_or_else(|| "tablewright".to_owned()),
            seconds: get("duration_seconds").and_then(|seconds| seconds.parse().ok()),
            endpoint_url: connect.endpoint_url.clone(),
            code: connect.mfa_code.clone(),
        })
    }

    async fn assume(&self, source: &Source) -> Result<Credentials, CredentialsError> {
        let code = self.code.as_ref().and_then(|code| (code.0)(&self.serial));
        let Some(code) = code.map(|code| code.trim().to_owned()) else {
            return Err(CredentialsError::not_loaded(format!("no MFA code for device {}", self.serial)));
        };
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CredentialsError::invalid_configuration("an MFA code has six digits"));
        }
        let keys = Source { profile: Some(self.source_profile.clone()), ..source.clone() }.load().await?;
        let mut loader = aws_config::from_env()
            .region(Region::new(source.region.clone()))
            .http_client(source.http_client.clone())
            .credentials_provider(keys);
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let answer = aws_sdk_sts::Client::new(&loader.load().await)
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(&self.session_name)
            .serial_number(&self.serial)
            .token_code(code)
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.seconds)
            .send()
            .await
            .map_err(|error| CredentialsError::provider_error(ApiError::unpack("AssumeRole", &error)))?;
        let session =
            answer.credentials.ok_or_else(|| CredentialsError::unhandled("no credentials in the answer"))?;
        let ends = SystemTime::try_from(session.expiration).map_err(CredentialsError::unhandled)?;
        Ok(Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            Some(session.session_token),
            Some(ends),
            "role with a code",
        ))
    }
}

/// The credentials of a connection.
#[derive(Debug)]
struct Chain {
    role: Option<MfaRole>,
    source: Source,
    time: SharedTimeSource,
    /// What was loaded last: handed out once, or until it ends where it took a code.
    session: Arc<Mutex<Option<Credentials>>>,
}

impl Chain {
    async fn load(&self) -> Result<Credentials, CredentialsError> {
        match &self.role {
            Some(role) => role.assume(&self.source).await,
            None => self.source.load().await,
        }
    }

    /// What need not be asked for.
    fn known(&self) -> Option<Credentials> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        if self.role.is_none() {
            return session.take();
        }
        let now = self.time.now();
        session.clone().filter(|known| known.expiry().is_none_or(|ends| ends > now))
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let loaded = self.load().await?;
        if self.role.is_some() {
            *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded.clone());
        }
        Ok(loaded)
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

/// The places where credentials were looked for, a line each. The chain writes them into one text.
fn attempts(error: &CredentialsError) -> Vec<String> {
    let text = chain(error).pop().expect("a chain holds the error itself");
    text.lines()
        .filter(|line| !line.ends_with("Attempted:"))
        .map(|line| {
            let line = line.trim().replace("the credential provider was not enabled: ", "");
            let line = line.replace("the credential provider was not enabled", "nothing is configured");
            // Why a machine that is not EC2 has no metadata service is of no use to anybody.
            line.split(": dispatch failure").next().unwrap_or_default().to_owned()
        })
        .collect()
}
