//! The HTTP connector: TLS by ring, `AWS_CA_BUNDLE`, proxies, and errors that know where the call went.
//!
//! The SDK ignores `AWS_CA_BUNDLE` (aws-sdk-rust#1362), honours `HTTPS_PROXY` only with its own connector, and reports a
//! refused connection without naming the host. All three are settled here and nowhere else.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_config::imds;
use aws_config::provider_config::ProviderConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::Limited;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Makes the connector for real endpoints. `extra_roots` is the content of a PEM file to trust besides the system's roots.
pub(crate) fn connector(
    extra_roots: Option<&[u8]>,
) -> Result<SharedHttpClient, Box<dyn StdError + Send + Sync>> {
    let mut trust_store = TrustStore::empty().with_native_roots(true);
    if let Some(pem) = extra_roots {
        // The connector panics on a certificate that it cannot read, and not before the first call.
        check_certificates(pem)?;
        trust_store.add_pem_certificate(pem);
    }
    let tls_context = TlsContext::builder().with_trust_store(trust_store).build()?;
    Ok(Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls_context.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.build()
    }))
}

fn check_certificates(pem: &[u8]) -> Result<(), Box<dyn StdError + Send + Sync>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate?)?;
    }
    if roots.is_empty() { Err("there is no PEM certificate in it".into()) } else { Ok(()) }
}

/// The most bytes of one answer that are read into memory. A template has 1 MB at most, a page of anything else less.
pub(crate) const LARGEST_ANSWER: usize = 32 << 20;

/// Wraps `client` so that failures and answers carry the endpoint they came from, and no answer is read beyond
/// [`LARGEST_ANSWER`].
pub(crate) fn naming_endpoints(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(NamingClient(client))
}

/// Where a call went: scheme, host and port. Attached to every answer.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint(pub(crate) String);

/// A connection error with the endpoint that it happened at.
#[derive(Debug)]
pub(crate) struct AtEndpoint {
    pub(crate) endpoint: Endpoint,
    source: ConnectorError,
}

impl fmt::Display for AtEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to call {}", self.endpoint.0)
    }
}

impl StdError for AtEndpoint {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

#[derive(Debug)]
struct NamingClient(SharedHttpClient);

impl HttpClient for NamingClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(NamingConnector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct NamingConnector(SharedHttpConnector);

impl HttpConnector for NamingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let endpoint = endpoint_of(request.uri());
        let answer = self.0.call(request);
        HttpConnectorFuture::new(async move {
            match answer.await {
                Ok(mut response) => {
                    response.add_extension(endpoint);
                    Ok(response.map(|body| SdkBody::from_body_1_x(Limited::new(body, LARGEST_ANSWER))))
                }
                Err(error) => Err(at_endpoint(endpoint, error)),
            }
        })
    }
}

/// Wraps the error and keeps its kind, which the SDK's retries and our own classes go by.
fn at_endpoint(endpoint: Endpoint, error: ConnectorError) -> ConnectorError {
    let (timeout, io, user, other) = (error.is_timeout(), error.is_io(), error.is_user(), error.as_other());
    let source = Box::new(AtEndpoint { endpoint, source: error });
    match (timeout, io, user) {
        (true, _, _) => ConnectorError::timeout(source),
        (_, true, _) => ConnectorError::io(source),
        (_, _, true) => ConnectorError::user(source),
        (false, false, false) => ConnectorError::other(source, other),
    }
}

fn endpoint_of(uri: &str) -> Endpoint {
    let after_scheme = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[after_scheme..].find(['/', '?']).map_or(uri.len(), |at| after_scheme + at);
    Endpoint(uri[..end].to_owned())
}

/// The metadata service of EC2, asked once and briefly: off EC2 nobody answers, and the user waits for a message.
pub(crate) fn imds_client(http_client: &SharedHttpClient) -> imds::Client {
    imds::Client::builder()
        .configure(&ProviderConfig::without_region().with_http_client(http_client.clone()))
        .max_attempts(1)
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_secs(1))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_scheme_host_and_port() {
        #[track_caller]
        fn check(uri: &str, endpoint: &str) {
            assert_eq!(endpoint_of(uri).0, endpoint);
        }
        check(
            "https://cloudformation.eu-west-1.amazonaws.com/",
            "https://cloudformation.eu-west-1.amazonaws.com",
        );
        check("http://127.0.0.1:8080/?Action=x", "http://127.0.0.1:8080");
        check("http://[::1]:9", "http://[::1]:9");
        check("localhost", "localhost");
    }
}
