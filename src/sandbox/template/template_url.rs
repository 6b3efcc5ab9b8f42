//! `TemplateURL` in all its forms, and the bucket in a host name.

use crate::state::bucket::{Body, Buckets};
use crate::wire::error::ApiError;

/// The largest template that CloudFormation reads from a URL.
const LARGEST: usize = 1_000_000;

const MORE: &str =
    "\nFor more information check http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";

/// Reads the template at a URL, or refuses in CloudFormation's wording.
pub(crate) fn read(buckets: &Buckets, url: &str) -> Result<String, ApiError> {
    let supported = ["https://", "http://", "s3://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let Some(rest) = supported else {
        return Err(ApiError::validation("TemplateURL must be a supported URL."));
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if url.starts_with("s3://") || !is_s3(host) {
        return Err(ApiError::validation(format!(
            "S3 error: Domain name specified in {host} is not a valid S3 domain"
        )));
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if !query.is_empty() {
        return Err(ApiError::not_modelled(&format!("a TemplateURL with a query ({query})")));
    }
    let path = crate::wire::text::percent_decode(path);
    let (bucket, key) = match bucket_of_host(host) {
        Some(bucket) => (bucket, path.as_str()),
        None => path.split_once('/').unwrap_or((path.as_str(), "")),
    };
    if bucket.is_empty() || key.is_empty() {
        return Err(ApiError::validation(
            "TemplateURL must reference a valid S3 object to which you have access.",
        ));
    }
    let object = buckets
        .find(bucket, None)
        .and_then(|bucket| bucket.object(key))
        .map_err(|error| ApiError::validation(format!("S3 error: {}{MORE}", error.message)))?;
    match &object.body {
        Body::Text(text) if text.len() > LARGEST => {
            Err(ApiError::validation(format!("Template may not exceed {LARGEST} bytes in size.")))
        }
        Body::Text(text) => Ok(text.clone()),
        Body::Bytes(_) => Err(ApiError::validation("Template format error: unsupported structure.")),
    }
}

/// Whether a host is S3's, or this machine's: a sandbox behind a port is addressed by that.
fn is_s3(host: &str) -> bool {
    is_loopback(host) || aws_name(host).is_some()
}

fn is_loopback(host: &str) -> bool {
    let name = without_port(host);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]") || name.ends_with(".localhost")
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

/// What stands before `s3.REGION.amazonaws.com`; `None` for another host.
fn aws_name(host: &str) -> Option<&str> {
    let name = without_port(host);
    let name = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".amazonaws.com.cn"))?;
    let (before, service) = match name.rfind(".s3") {
        Some(dot) => (&name[..dot], &name[dot + 1..]),
        None => ("", name),
    };
    let rest = service.strip_prefix("s3")?;
    (rest.is_empty() || rest.starts_with(['.', '-'])).then_some(before)
}

/// The bucket that a host names, in virtual-host style.
pub(crate) fn bucket_of_host(host: &str) -> Option<&str> {
    let name = without_port(host);
    name.strip_suffix(".localhost").or_else(|| aws_name(host)).filter(|bucket| !bucket.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, bucket: Option<&str>) {
        assert!(is_s3(host), "{host}");
        assert_eq!(bucket_of_host(host), bucket, "{host}");
    }

    #[test]
    fn hosts_name_buckets() {
        check("s3.amazonaws.com", None);
        check("s3.eu-west-1.amazonaws.com", None);
        check("s3-eu-west-1.amazonaws.com", None);
        check("b.s3.amazonaws.com", Some("b"));
        check("my.dotted.b.s3.eu-west-1.amazonaws.com", Some("my.dotted.b"));
        check("b.s3.cn-north-1.amazonaws.com.cn", Some("b"));
        check("127.0.0.1:4000", None);
        check("localhost:4000", None);
        check("b.localhost:4000", Some("b"));
        check("[::1]:4000", None);
        for other in
            ["example.org", "s3.example.org", "dynamodb.eu-west-1.amazonaws.com", "s3x.amazonaws.com"]
        {
            assert!(!is_s3(other), "{other}");
        }
    }
}
