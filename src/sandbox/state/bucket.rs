//! Buckets and their objects. Buckets belong to the account, not to a region, and their names are unique.

use std::collections::BTreeMap;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use quick_xml::escape::partial_escape;
use serde::{Deserialize, Serialize};

use crate::clock::Millis;
use crate::wire::error::ApiError;

/// All buckets, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Buckets(BTreeMap<String, Bucket>);

/// One bucket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) region: String,
    pub(crate) created: Millis,
    pub(crate) objects: BTreeMap<String, Object>,
}

/// One object; a second upload under its key replaces it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Object {
    pub(crate) body: Body,
    pub(crate) content_type: String,
    pub(crate) etag: String,
    pub(crate) stored: Millis,
    /// Other headers of the object: encryption, checksum.
    pub(crate) headers: BTreeMap<String, String>,
    /// `x-amz-meta-*`.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// An object's bytes; text stays readable in the state file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl Body {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

impl Buckets {
    /// Creates a bucket.
    pub(crate) fn create(
        &mut self,
        name: &str,
        body: &[u8],
        region: &str,
        now: Millis,
    ) -> Result<(), ApiError> {
        let lowercase = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let good = (3..=63).contains(&name.len())
            && name.bytes().all(|b| lowercase(b) || matches!(b, b'-' | b'.'))
            && name.bytes().next().is_some_and(lowercase)
            && name.bytes().last().is_some_and(lowercase)
            && !name.contains("..");
        if !good {
            return Err(ApiError::new(400, "InvalidBucketName", "The specified bucket is not valid."));
        }
        let place = constraint(body)?;
        // us-east-1 must not be named.
        if place.as_deref().unwrap_or("us-east-1") != region {
            return Err(ApiError::new(
                400,
                "IllegalLocationConstraintException",
                format!(
                    "The {} location constraint is incompatible for the region specific endpoint this request was sent to.",
                    place.as_deref().unwrap_or("unspecified")
                ),
            ));
        }
        if self.0.contains_key(name) {
            // In us-east-1 a second creation by the owner is no error.
            return match region {
                "us-east-1" => Ok(()),
                _ => Err(ApiError::new(
                    409,
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.",
                )),
            };
        }
        self.0.insert(
            name.to_owned(),
            Bucket { region: region.to_owned(), created: now, objects: BTreeMap::new() },
        );
        Ok(())
    }

    /// Finds a bucket for a call that was signed for `region`.
    pub(crate) fn find(&self, name: &str, region: Option<&str>) -> Result<&Bucket, ApiError> {
        let bucket = self.0.get(name).ok_or_else(no_such_bucket)?;
        match region {
            Some(region) if region != bucket.region => Err(redirect(&bucket.region)),
            _ => Ok(bucket),
        }
    }

    pub(crate) fn find_mut(&mut self, name: &str, region: Option<&str>) -> Result<&mut Bucket, ApiError> {
        let bucket = self.0.get_mut(name).ok_or_else(no_such_bucket)?;
        match region {
            Some(region) if region != bucket.region => Err(redirect(&bucket.region)),
            _ => Ok(bucket),
        }
    }
}

impl Bucket {
    pub(crate) fn object(&self, key: &str) -> Result<&Object, ApiError> {
        self.objects
            .get(key)
            .ok_or_else(|| ApiError::new(404, "NoSuchKey", "The specified key does not exist."))
    }
}

fn no_such_bucket() -> ApiError {
    ApiError::new(404, "NoSuchBucket", "The specified bucket does not exist")
}

fn redirect(region: &str) -> ApiError {
    ApiError::new(
        301,
        "PermanentRedirect",
        format!(
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all \
             future requests to this endpoint: s3.{region}.amazonaws.com in the region {region}"
        ),
    )
}

/// The `LocationConstraint` of CreateBucket's body.
fn constraint(body: &[u8]) -> Result<Option<String>, ApiError> {
    let malformed = || {
        ApiError::new(
            400,
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    };
    let text = std::str::from_utf8(body).map_err(|_| malformed())?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    if !text.contains("CreateBucketConfiguration") {
        return Err(malformed());
    }
    let Some((_, rest)) = text.split_once("<LocationConstraint>") else {
        return Ok(None);
    };
    let (place, _) = rest.split_once("</LocationConstraint>").ok_or_else(malformed)?;
    Ok(Some(place.trim().to_owned()))
}

/// The document in which S3 refuses.
pub(crate) fn error_body(error: &ApiError, bucket: &str, key: &str, request_id: &str) -> String {
    let text = |value: &str| partial_escape(value).into_owned();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message><BucketName>{}</BucketName>\
         <Key>{}</Key><RequestId>{request_id}</RequestId></Error>",
        text(&error.code),
        text(&error.message),
        text(bucket),
        text(key),
    )
}

/// A time as HTTP headers have it.
pub(crate) fn http_date(millis: Millis) -> String {
    DateTime::from_secs(millis.div_euclid(1_000)).fmt(Format::HttpDate).unwrap_or_default()
}
