//! Puts a template that is too large to be sent along into a bucket, where CloudFormation reads it.
//!
//! In goes the template's text, out comes its URL. The key is the text's digest, so that the same text is uploaded once,
//! and what was reviewed cannot be changed behind somebody's back. Two calls, `HEAD` and `PUT`, signed with the SDK's own
//! signer: its S3 crate would add two thirds to the time that this crate takes to build.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;
use sha2::{Digest as _, Sha256};

use crate::change_set::request::Template;
use crate::connection::Connection;
use crate::error::chain;

/// A bucket for templates. It has to be in the region of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What the keys begin with, such as `templates/`.
    pub prefix: String,
    /// The key that encrypts the template; else the bucket's own way.
    pub kms_key_id: Option<String>,
}

/// CloudFormation's limit for a template at a URL.
pub const TEMPLATE_URL_LIMIT: usize = 1_048_576;

/// Why a template could not be put into the bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// No bucket can have this name.
    #[error("`{0}` is not a valid bucket name: 3 to 63 lower-case letters, digits, `-` and `.`")]
    BucketName(String),
    /// The template is too large even for a bucket.
    #[error("the template has {0} bytes; CloudFormation accepts at most {TEMPLATE_URL_LIMIT}")]
    TooLarge(usize),
    /// There is no such bucket.
    #[error("bucket {0} does not exist")]
    NoBucket(String),
    /// The bucket is in another region.
    #[error("bucket {bucket} is in {region}; CloudFormation reads templates from its own region only")]
    OtherRegion {
        /// The bucket.
        bucket: String,
        /// Where it is.
        region: String,
    },
    /// The credentials may not write there.
    #[error("{permission} is not allowed on bucket {bucket}: {message}")]
    Denied {
        /// The missing IAM action.
        permission: &'static str,
        /// The bucket.
        bucket: String,
        /// S3's words.
        message: String,
    },
    /// The call failed in another way.
    #[error("failed to write to bucket {bucket}: {message}")]
    Failed {
        /// The bucket.
        bucket: String,
        /// What was said, or the innermost cause.
        message: String,
    },
}

/// Puts `body` into the bucket, unless it is there, and returns where it is.
pub async fn upload(connection: &Connection, bucket: &Bucket, body: &str) -> Result<Template, UploadError> {
    check_name(&bucket.name)?;
    if body.len() > TEMPLATE_URL_LIMIT {
        return Err(UploadError::TooLarge(body.len()));
    }
    let config = &connection.sdk_config;
    let url = url(connection, bucket, &digest(body));
    let found = call(config, "HEAD", &url, &[], "", bucket).await?;
    // Without the right to list a bucket, what is not there is forbidden.
    if found.status == 200 {
        return Ok(Template::Url(url));
    }
    let mut headers = vec![("content-type", "text/plain; charset=utf-8")];
    if let Some(key) = &bucket.kms_key_id {
        headers.extend([
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", key.as_str()),
        ]);
    }
    let put = call(config, "PUT", &url, &headers, body, bucket).await?;
    match put.status {
        200..=299 => Ok(Template::Url(url)),
        _ => Err(put.refusal(bucket)),
    }
}

fn check_name(name: &str) -> Result<(), UploadError> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    let outer =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let bytes = name.as_bytes();
    let good = (3..=63).contains(&bytes.len())
        && bytes.iter().all(|byte| inner(*byte))
        && outer(bytes.first())
        && outer(bytes.last());
    if good { Ok(()) } else { Err(UploadError::BucketName(name.to_owned())) }
}

/// The SHA-256 of a text, in hexadecimal digits.
fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// Where the template is: at the endpoint that was said, or at the region's own one.
fn url(connection: &Connection, bucket: &Bucket, digest: &str) -> String {
    let key = encoded(&format!("{}{digest}.template", bucket.prefix));
    let (name, region) = (&bucket.name, &connection.region);
    if let Some(endpoint) = endpoint(connection) {
        return format!("{}/{name}/{key}", endpoint.trim_end_matches('/'));
    }
    let host = format!("s3.{region}.{}", domain(region));
    // The certificate covers one label: a name with dots in it has to be in the path.
    if name.contains('.') {
        format!("https://{host}/{name}/{key}")
    } else {
        format!("https://{name}.{host}/{key}")
    }
}

/// The endpoint of S3 that the user said, in any of the ways that hold for CloudFormation as well.
fn endpoint(connection: &Connection) -> Option<String> {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all three parts are set");
    let config = &connection.sdk_config;
    config.endpoint_url().map(str::to_owned).or_else(|| config.service_config()?.load_config(key))
}

/// The domain of a region's partition.
fn domain(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ if region.starts_with("us-iso-") => "c2s.ic.gov",
        _ if region.starts_with("us-isob-") => "sc2s.sgov.gov",
        _ => "amazonaws.com",
    }
}

/// A path as S3 signs it: everything but the unreserved characters and `/` is encoded once.
fn encoded(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

/// An answer of S3, whatever it says.
#[derive(Debug)]
struct Answer {
    status: u16,
    region: Option<String>,
    body: String,
}

impl Answer {
    fn read(response: &HttpResponse) -> Answer {
        Answer {
            status: response.status().as_u16(),
            region: response.headers().get("x-amz-bucket-region").map(str::to_owned),
            body: String::from_utf8_lossy(response.body().bytes().unwrap_or_default()).into_owned(),
        }
    }

    /// The content of an element of the XML that S3 refuses with.
    fn element(&self, name: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once("</")?.0)
    }

    fn refusal(&self, bucket: &Bucket) -> UploadError {
        let code = self.element("Code").unwrap_or_default();
        let message = self.element("Message").map_or_else(|| format!("HTTP {}", self.status), str::to_owned);
        let name = bucket.name.clone();
        match (code, self.status, &self.region) {
            ("NoSuchBucket", _, _) => UploadError::NoBucket(name),
            (_, 301 | 307, region) | ("AuthorizationHeaderMalformed", _, region) => {
                UploadError::OtherRegion {
                    bucket: name,
                    region: region
                        .as_deref()
                        .or(self.element("Region"))
                        .unwrap_or("another region")
                        .to_owned(),
                }
            }
            ("AccessDenied", ..) | (_, 403, _) if !is_about_credentials(code) => UploadError::Denied {
                permission: if message.contains("kms:") { "kms:GenerateDataKey" } else { "s3:PutObject" },
                bucket: name,
                message,
            },
            _ => UploadError::Failed { bucket: name, message },
        }
    }
}

fn is_about_credentials(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "SignatureDoesNotMatch"
            | "RequestTimeTooSkewed"
    )
}

/// Calls S3. An answer of any kind is an answer; a server error is asked again by the SDK's own rules.
async fn call(
    config: &SdkConfig,
    method: &str,
    url: &str,
    headers: &[(&'static str, &str)],
    body: &str,
    bucket: &Bucket,
) -> Result<Answer, UploadError> {
    let failed = |message: String| UploadError::Failed { bucket: bucket.name.clone(), message };
    let request = signed(config, method, url, headers, body).await.map_err(failed)?;
    let (origin, _) = split(url);
    let operation = Operation::builder()
        .service_name("S3")
        .operation_name("Template")
        .http_client(config.http_client().expect("a connection has an HTTP client"))
        .sleep_impl(config.sleep_impl().expect("a connection has a way to wait"))
        .time_source(config.time_source().expect("a connection has a clock"))
        .endpoint_url(origin)
        .no_auth()
        .no_retry()
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .read_timeout(Duration::from_secs(30))
                .build(),
        )
        .serializer(move |(): ()| {
            request.try_clone().ok_or_else(|| "a body of text can be sent again".into())
        })
        .deserializer::<_, std::convert::Infallible>(|response| {
            Ok::<_, OrchestratorError<std::convert::Infallible>>(Answer::read(response))
        })
        .build();
    const ATTEMPTS: u32 = 3;
    let mut attempt = 1;
    loop {
        let answer = operation.invoke(()).await;
        let may_pass = match &answer {
            Ok(answer) => answer.status >= 500,
            Err(error) => matches!(error, SdkError::DispatchFailure(_) | SdkError::TimeoutError(_)),
        };
        if !may_pass || attempt == ATTEMPTS {
            return answer.map_err(|error| failed(chain(&error).pop().unwrap_or_default()));
        }
        if let Some(sleep) = config.sleep_impl() {
            sleep.sleep(Duration::from_millis(500) * attempt).await;
        }
        attempt += 1;
    }
}

/// A request for S3, signed with the connection's credentials.
async fn signed(
    config: &SdkConfig,
    method: &str,
    url: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Result<HttpRequest, String> {
    let provider = config.credentials_provider().expect("a connection has credentials");
    let credentials = provider.provide_credentials().await.map_err(|error| chain(&error).join(": "))?;
    let region = config.region().expect("a connection has a region").to_string();
    let time: SystemTime = config.time_source().expect("a connection has a clock").now();
    sign_at(&credentials.into(), &region, time, method, url, headers, body).map_err(|error| error.to_string())
}

/// Signs a request as it was made at `time`.
fn sign_at(
    identity: &Identity,
    region: &str,
    time: SystemTime,
    method: &str,
    url: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Result<HttpRequest, Box<dyn std::error::Error + Send + Sync>> {
    let mut settings = SigningSettings::default();
    // S3 signs paths as they are.
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let parameters = v4::SigningParams::builder()
        .identity(identity)
        .region(region)
        .name("s3")
        .time(time)
        .settings(settings)
        .build()?
        .into();
    let signable =
        SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method)?;
    // The endpoint comes before it when the request is sent.
    request.set_uri(split(url).1)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(*name, (*value).to_owned())?;
    }
    for (name, value) in instructions.headers() {
        request.headers_mut().try_insert(name.to_owned(), value.to_owned())?;
    }
    Ok(request)
}

/// Scheme and host of a URL, and the path.
fn split(url: &str) -> (&str, &str) {
    let after_scheme = url.find("://").map_or(0, |at| at + 3);
    url.split_at(url[after_scheme..].find('/').map_or(url.len(), |at| after_scheme + at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_credential_types::Credentials;

    /// The example of "Signature Calculations for the Authorization Header" in the documentation of S3.
    #[test]
    fn signs_as_s3_documents() {
        let keys =
            Credentials::from_keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_369_353_600);
        let headers =
            [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
        let url = "https://examplebucket.s3.amazonaws.com/test%24file.text";
        let body = "Welcome to Amazon S3.";
        let signed = sign_at(&keys.into(), "us-east-1", time, "PUT", url, &headers, body).unwrap();
        let authorization = signed.headers().get("authorization").unwrap();
        let expected = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
        assert!(authorization.ends_with(expected), "{authorization}");
        assert_eq!(signed.headers().get("x-amz-content-sha256"), Some(digest(body).as_str()));
    }

    #[test]
    fn bucket_names() {
        #[track_caller]
        fn check(name: &str, good: bool) {
            assert_eq!(check_name(name).is_ok(), good, "{name}");
        }
        check("templates-2", true);
        check("a.b.c", true);
        check("ab", false);
        check(&"a".repeat(63), true);
        check(&"a".repeat(64), false);
        check("Templates", false);
        check("-templates", false);
        check("templates.", false);
        check("evil/../bucket", false);
        check("s3://templates", false);
    }

    #[test]
    fn paths_are_encoded_once() {
        assert_eq!(encoded("a/b-c_d.e~f g$%ü"), "a/b-c_d.e~f%20g%24%25%C3%BC");
    }

    #[test]
    fn domains_of_partitions() {
        #[track_caller]
        fn check(region: &str, expected: &str) {
            assert_eq!(domain(region), expected);
        }
        check("eu-west-1", "amazonaws.com");
        check("us-gov-west-1", "amazonaws.com");
        check("cn-north-1", "amazonaws.com.cn");
        check("us-iso-east-1", "c2s.ic.gov");
        check("us-isob-east-1", "sc2s.sgov.gov");
        check("eusc-de-east-1", "amazonaws.eu");
    }
}
