//! Why there is no connection.

use std::fmt;

use crate::connection::options::Origin;

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The configuration files cannot be read.
    #[error("failed to read the AWS configuration files: {0}")]
    ConfigFiles(String),
    /// The profile is not in the configuration files.
    #[error("profile `{name}` ({origin}) is not in the AWS configuration files; {}", listed(.known))]
    UnknownProfile {
        /// Its name.
        name: String,
        /// Where it was said.
        origin: Origin,
        /// The profiles that are there.
        known: Vec<String>,
    },
    /// No region was found.
    #[error("no region")]
    NoRegion {
        /// Where it was looked for.
        tried: Vec<String>,
    },
    /// The region cannot be one.
    #[error("`{region}` ({origin}) is not a valid region: lower-case letters, digits and `-`")]
    InvalidRegion {
        /// What was said.
        region: String,
        /// Where it was said.
        origin: Origin,
    },
    /// The endpoint cannot be one.
    #[error("`{url}` ({origin}) is not a valid endpoint: {problem}")]
    InvalidEndpoint {
        /// What was said.
        url: String,
        /// Where it was said.
        origin: Origin,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No credentials were found anywhere.
    #[error("no credentials")]
    NoCredentials {
        /// Where they were looked for, and why they were not there.
        tried: Vec<String>,
    },
    /// The profile's role is assumed with a code, and nobody can be asked for it.
    #[error("profile `{profile}` requires an MFA code from device {serial}")]
    MfaCode {
        /// The profile.
        profile: String,
        /// The device's serial number.
        serial: String,
    },
    /// The session that the profile signs in with has ended, or has never begun.
    #[error("profile `{profile}` is not signed in: {cause}")]
    SignedOut {
        /// The profile.
        profile: String,
        /// How to sign in.
        sign_in: SignIn,
        /// What the SDK found.
        cause: String,
    },
    /// Credentials are configured and could not be had.
    #[error("failed to get credentials: {0}")]
    Credentials(String),
    /// The file named in `AWS_CA_BUNDLE` cannot be used.
    #[error("failed to use the certificates in {path} (AWS_CA_BUNDLE): {problem}")]
    CaBundle {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// How somebody signs in who has to do so from time to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// `aws sso login`.
    Sso,
    /// `aws login`.
    Login,
}

impl fmt::Display for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SignIn::Sso => "aws sso login",
            SignIn::Login => "aws login",
        })
    }
}

fn listed(known: &[String]) -> String {
    match known {
        [] => "there are none".to_owned(),
        [..] => format!("there are: {}", known.join(", ")),
    }
}
