//! Where CloudFormation is called, and who said so.
//!
//! In go the caller's word, the environment and the profile, out comes an [`Endpoint`] with its origin, for people to
//! see before something is deployed to the wrong place.

use aws_config::profile::ProfileSet;
use aws_types::SdkConfig;
use aws_types::os_shim_internal::Env;
use aws_types::service_config::ServiceConfigKey;

use crate::connection::error::ConnectError;
use crate::connection::options::{Connect, Origin};

/// An endpoint and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The URL.
    pub url: String,
    /// Where it was said.
    pub origin: Origin,
}

/// The endpoint that the SDK will call, and where it was said. The SDK knows the first and hides the second.
pub(crate) fn endpoint(
    connect: &Connect,
    env: &Env,
    profiles: &ProfileSet,
    sdk_config: &SdkConfig,
) -> Result<Option<Endpoint>, ConnectError> {
    if let Some(url) = &connect.endpoint_url {
        return Ok(Some(Endpoint { url: url.clone(), origin: Origin::Given }));
    }
    const FOR_CLOUDFORMATION: &str = "AWS_ENDPOINT_URL_CLOUDFORMATION";
    const FOR_ALL: &str = "AWS_ENDPOINT_URL";
    let key = ServiceConfigKey::builder()
        .service_id("CloudFormation")
        .env(FOR_ALL)
        .profile("endpoint_url")
        .build()
        .expect("all three parts are set");
    let Some(url) = sdk_config.service_config().and_then(|config| config.load_config(key)) else {
        return Ok(None);
    };
    let origin = [FOR_CLOUDFORMATION, FOR_ALL]
        .into_iter()
        .find(|name| env.get(name).is_ok_and(|value| value == url))
        .map_or_else(|| Origin::Profile(profiles.selected_profile().to_owned()), Origin::Variable);
    check_endpoint(&url, &origin)?;
    Ok(Some(Endpoint { url, origin }))
}

/// Refuses what cannot be an endpoint; the SDK would do so at the first call, in its own words.
pub(crate) fn check_endpoint(url: &str, origin: &Origin) -> Result<(), ConnectError> {
    match endpoint_problem(url) {
        None => Ok(()),
        Some(problem) => {
            Err(ConnectError::InvalidEndpoint { url: url.to_owned(), origin: origin.clone(), problem })
        }
    }
}

fn endpoint_problem(url: &str) -> Option<&'static str> {
    if url.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Some("it contains whitespace");
    }
    let Some(rest) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else {
        return Some("it does not begin with `http://` or `https://`");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = match authority.rsplit_once(':') {
        // The colons of an IPv6 address are inside brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    if host.is_empty() {
        return Some("it has no host");
    }
    match port {
        Some(port) if port.parse::<u16>().is_err() => Some("its port is not a number from 0 to 65535"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        #[track_caller]
        fn check(url: &str, problem: Option<&str>) {
            assert_eq!(endpoint_problem(url), problem, "{url}");
        }
        check("http://127.0.0.1:4566", None);
        check("https://cloudformation.eu-west-1.amazonaws.com/", None);
        check("http://[::1]:8080", None);
        check("http://[::1]", None);
        check("notaurl", Some("it does not begin with `http://` or `https://`"));
        check("localhost:4566", Some("it does not begin with `http://` or `https://`"));
        check("ftp://host", Some("it does not begin with `http://` or `https://`"));
        check("", Some("it does not begin with `http://` or `https://`"));
        check("http://", Some("it has no host"));
        check("http://:80", Some("it has no host"));
        check("http://host:port", Some("its port is not a number from 0 to 65535"));
        check("http://host:99999", Some("its port is not a number from 0 to 65535"));
        check("http://my host", Some("it contains whitespace"));
    }
}
