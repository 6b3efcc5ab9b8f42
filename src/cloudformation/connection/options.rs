//! What the caller may say about a connection.

use std::fmt;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

/// What the user said, and what a test or a sandbox puts in the place of the outside world.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    /// The profile; else `AWS_PROFILE`, else `default`.
    pub profile: Option<String>,
    /// The region; else the SDK's variables, the profile, the machine.
    pub region: Option<String>,
    /// The endpoint of all services; else the SDK's variables, the profile, AWS.
    pub endpoint_url: Option<String>,
    /// Carries the requests, instead of the network.
    pub http_client: Option<SharedHttpClient>,
    /// Asks for the code of a device, for a profile with an `mfa_serial`.
    pub mfa_code: Option<MfaCode>,
    /// Gives the credentials, instead of the SDK's chain.
    pub credentials: Option<SharedCredentialsProvider>,
    /// Waits, instead of the machine's clock.
    pub sleep: Option<SharedAsyncSleep>,
    /// Tells the time, instead of the machine's clock.
    pub time: Option<SharedTimeSource>,
}

/// Where a setting was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// By the caller.
    Given,
    /// In an environment variable.
    Variable(&'static str),
    /// In a profile of the configuration files.
    Profile(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Given => f.write_str("as given"),
            Origin::Variable(name) => f.write_str(name),
            Origin::Profile(name) => write!(f, "profile `{name}`"),
        }
    }
}

/// Asks somebody for the code that a device shows; `None` when there is nobody to ask.
///
/// ```
/// use tablewright_cloudformation::{Connect, MfaCode};
///
/// let from_a_flag = MfaCode::new(|_serial| Some("123456".to_owned()));
/// let connect = Connect { mfa_code: Some(from_a_flag), ..Connect::default() };
/// ```
#[derive(Clone)]
pub struct MfaCode(pub(crate) Arc<Ask>);

pub(crate) type Ask = dyn Fn(&str) -> Option<String> + Send + Sync;

impl MfaCode {
    /// Asks by calling `ask` with the serial number of the device. It may be asked again when a session has ended.
    pub fn new(ask: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> MfaCode {
        MfaCode(Arc::new(ask))
    }
}

impl fmt::Debug for MfaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaCode")
    }
}
