//! The part of S3 that a template upload needs: buckets, and PutObject, GetObject and HeadObject.
//!
//! In goes an HTTP request in path or virtual-host style, out comes S3's answer. Everything else that S3 does (lists,
//! versions, multipart uploads, deletions) is refused by name.

use crate::clock::Millis;
use crate::wire::error::ApiError;
use crate::wire::text::percent_decode;
use crate::wire::{Request, Response};

mod upload;

use crate::state::bucket::{Bucket, Buckets, Object};

/// A parsed request to S3.
#[derive(Debug, Clone)]
pub(crate) struct S3Call {
    /// The action's name, or a description of an unmodelled one.
    pub(crate) action: String,
    pub(crate) bucket: String,
    pub(crate) key: String,
    method: Method,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    CreateBucket,
    HeadBucket,
    GetBucketLocation,
    PutObject,
    GetObject,
    HeadObject,
    Unmodelled,
}

/// Headers that change what a call does and that the sandbox does not implement.
const UNMODELLED_HEADERS: &[&str] = &[
    "if-match",
    "if-modified-since",
    "if-unmodified-since",
    "range",
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-object-lock-mode",
    "x-amz-website-redirect-location",
];

impl S3Call {
    /// Parses a request.
    pub(crate) fn read(request: &Request) -> Self {
        let (host, target) = host_and_target(request);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let path = percent_decode(path.trim_start_matches('/'));
        let (bucket, key) = match crate::template::template_url::bucket_of_host(host) {
            Some(bucket) => (bucket.to_owned(), path),
            None => match path.split_once('/') {
                Some((bucket, key)) => (bucket.to_owned(), key.to_owned()),
                None => (path, String::new()),
            },
        };
        // `x-id` only repeats the operation's name.
        let wanted = query.split('&').find(|part| !part.is_empty() && !part.starts_with("x-id="));
        let method = match (request.method.as_str(), key.is_empty(), wanted) {
            ("PUT", true, None) if !bucket.is_empty() => Method::CreateBucket,
            ("HEAD", true, None) if !bucket.is_empty() => Method::HeadBucket,
            ("GET", true, Some("location" | "location=")) => Method::GetBucketLocation,
            ("PUT", false, None) => Method::PutObject,
            ("GET", false, None) => Method::GetObject,
            ("HEAD", false, None) => Method::HeadObject,
            _ => Method::Unmodelled,
        };
        let action = match method {
            Method::CreateBucket => "CreateBucket".to_owned(),
            Method::HeadBucket => "HeadBucket".to_owned(),
            Method::GetBucketLocation => "GetBucketLocation".to_owned(),
            Method::PutObject => "PutObject".to_owned(),
            Method::GetObject => "GetObject".to_owned(),
            Method::HeadObject => "HeadObject".to_owned(),
            Method::Unmodelled => {
                let kind = if key.is_empty() { "bucket" } else { "object" };
                format!("S3's {} of a {kind} {}", request.method, wanted.unwrap_or_default())
                    .trim_end()
                    .to_owned()
            }
        };
        let headers = request.headers.clone();
        Self { action, bucket, key, method, headers, body: request.body.clone() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// The request's host, and its path with the query; a request through the connector has the whole URL as its path.
fn host_and_target(request: &Request) -> (&str, &str) {
    for scheme in ["https://", "http://"] {
        if let Some(rest) = request.path.strip_prefix(scheme) {
            return match rest.find('/') {
                Some(slash) => (&rest[..slash], &rest[slash..]),
                None => (rest, "/"),
            };
        }
    }
    (request.header("host").unwrap_or_default(), &request.path)
}

/// Answers a call, in the region that it was signed for.
pub(crate) fn answer(
    buckets: &mut Buckets,
    call: &S3Call,
    region: &str,
    now: Millis,
    request_id: &str,
) -> Result<Response, ApiError> {
    if let Some(owner) = call.header("x-amz-expected-bucket-owner")
        && owner != crate::state::ACCOUNT
    {
        return Err(ApiError::new(403, "AccessDenied", "Access Denied"));
    }
    if let Some(name) = UNMODELLED_HEADERS.iter().find(|name| call.header(name).is_some()) {
        return Err(ApiError::new(
            501,
            "NotImplemented",
            crate::wire::error::not_modelled(&format!("S3's header {name}")),
        ));
    }
    let empty = Response::new(200, "application/xml", request_id, "");
    match call.method {
        Method::CreateBucket => {
            buckets.create(&call.bucket, &call.body, region, now)?;
            Ok(with(empty, "location", &format!("/{}", call.bucket)))
        }
        Method::HeadBucket => {
            let found = buckets.find(&call.bucket, Some(region))?;
            Ok(with(empty, "x-amz-bucket-region", &found.region))
        }
        Method::GetBucketLocation => {
            // The caller does not know the region yet, so any region may ask.
            let found = buckets.find(&call.bucket, None)?;
            Ok(Response::new(200, "application/xml", request_id, location(&found.region)))
        }
        Method::PutObject => {
            let bucket = buckets.find_mut(&call.bucket, Some(region))?;
            put(bucket, call, now, empty)
        }
        Method::GetObject => {
            let object = buckets.find(&call.bucket, Some(region))?.object(&call.key)?;
            let answer = Response::new(200, &object.content_type, request_id, object.body.bytes());
            Ok(described(answer, object, true))
        }
        Method::HeadObject => {
            let object = buckets.find(&call.bucket, Some(region))?.object(&call.key)?;
            let length = object.body.bytes().len().to_string();
            let answer = Response::new(200, &object.content_type, request_id, "");
            Ok(described(with(answer, "content-length", &length), object, true))
        }
        Method::Unmodelled => {
            Err(ApiError::new(501, "NotImplemented", crate::wire::error::not_modelled(&call.action)))
        }
    }
}

/// The body of GetBucketLocation, which names us-east-1 by an empty text.
fn location(region: &str) -> String {
    let name = if region == "us-east-1" { "" } else { region };
    format!(
        "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{name}</LocationConstraint>"
    )
}

/// Stores the object that the call carries.
fn put(bucket: &mut Bucket, call: &S3Call, now: Millis, empty: Response) -> Result<Response, ApiError> {
    let object = upload::read(call, now)?;
    if call.header("if-none-match").is_some() && bucket.objects.contains_key(&call.key) {
        return Err(ApiError::new(
            412,
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
        ));
    }
    let answer = described(empty, &object, false);
    bucket.objects.insert(call.key.clone(), object);
    Ok(answer)
}

/// S3's form of a refusal; the answer to a HEAD has no body.
pub(crate) fn refuse(call: &S3Call, error: &ApiError, request_id: &str) -> Response {
    let head = matches!(call.method, Method::HeadBucket | Method::HeadObject);
    let body = if head {
        String::new()
    } else {
        crate::state::bucket::error_body(error, &call.bucket, &call.key, request_id)
    };
    let answer = Response::new(error.status, "application/xml", request_id, body);
    match (error.code.as_str(), error.message.rsplit_once(" region ")) {
        // Clients repeat the call in the region that the header names.
        ("PermanentRedirect", Some((_, region))) => with(answer, "x-amz-bucket-region", region),
        _ => answer,
    }
}

fn described(answer: Response, object: &Object, stored: bool) -> Response {
    let mut answer = with(answer, "etag", &format!("\"{}\"", object.etag));
    for (name, value) in &object.headers {
        answer = with(answer, name, value);
    }
    if stored {
        answer = with(answer, "last-modified", &crate::state::bucket::http_date(object.stored));
        for (name, value) in &object.metadata {
            answer = with(answer, name, value);
        }
    }
    answer
}

fn with(mut answer: Response, name: &str, value: &str) -> Response {
    answer.headers.push((name.to_owned(), value.to_owned()));
    answer
}
