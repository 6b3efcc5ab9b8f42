//! The object in a PutObject: its body is unframed and its checksums are verified.

use std::collections::BTreeMap;

use aws_smithy_types::base64;

use super::S3Call;
use crate::clock::Millis;
use crate::state::bucket::{Body, Object};
use crate::wire::error::{ApiError, not_modelled};

/// Headers that S3 returns with the object.
const KEPT: &[&str] =
    &["x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-checksum-crc32"];

/// Reads the object in a PutObject.
pub(super) fn read(call: &S3Call, now: Millis) -> Result<Object, ApiError> {
    let mut headers: BTreeMap<String, String> =
        KEPT.iter().filter_map(|name| Some(((*name).to_owned(), call.header(name)?.to_owned()))).collect();
    let mut body = call.body.clone();
    if call.header("content-encoding").is_some_and(|encoding| encoding.contains("aws-chunked"))
        || call.header("x-amz-content-sha256").is_some_and(|sha| sha.starts_with("STREAMING-"))
    {
        let (bytes, trailers) = unchunk(&body).ok_or_else(|| {
            ApiError::new(400, "IncompleteBody", "The request body terminated unexpectedly")
        })?;
        body = bytes;
        for (name, value) in trailers {
            if KEPT.contains(&name.as_str()) {
                headers.insert(name, value);
            } else if name.starts_with("x-amz-checksum-") {
                return Err(ApiError::new(
                    501,
                    "NotImplemented",
                    not_modelled(&format!("S3's trailer {name}")),
                ));
            }
        }
    }
    for (name, _) in &call.headers {
        let name = name.to_ascii_lowercase();
        if name.starts_with("x-amz-checksum-") && !KEPT.contains(&name.as_str()) {
            return Err(ApiError::new(501, "NotImplemented", not_modelled(&format!("S3's header {name}"))));
        }
    }
    let sum = crc32(&body);
    if let Some(given) = headers.get("x-amz-checksum-crc32")
        && *given != base64::encode(sum.to_be_bytes())
    {
        return Err(ApiError::new(
            400,
            "BadDigest",
            "The CRC32 you specified did not match the calculated checksum.",
        ));
    }
    let metadata = call
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .filter(|(name, _)| name.starts_with("x-amz-meta-"))
        .collect();
    headers.entry("x-amz-server-side-encryption".to_owned()).or_insert_with(|| "AES256".to_owned());
    let length = u64::try_from(body.len()).unwrap_or_default();
    Ok(Object {
        // S3 promises nothing about what an entity tag is made of.
        etag: format!("{sum:08x}{length:024x}"),
        body: String::from_utf8(body).map_or_else(|error| Body::Bytes(error.into_bytes()), Body::Text),
        content_type: call.header("content-type").unwrap_or("binary/octet-stream").to_owned(),
        stored: now,
        headers,
        metadata,
    })
}

type Trailers = Vec<(String, String)>;

/// Takes a body out of `aws-chunked` framing: sizes in hexadecimal, then trailers.
fn unchunk(mut rest: &[u8]) -> Option<(Vec<u8>, Trailers)> {
    let mut body = Vec::new();
    loop {
        let (line, after) = split_line(rest)?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            let mut trailers = Vec::new();
            let mut rest = after;
            while let Some((line, after)) = split_line(rest) {
                if let Some((name, value)) = line.split_once(':') {
                    trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
                }
                rest = after;
            }
            return Some((body, trailers));
        }
        body.extend_from_slice(after.get(..size)?);
        rest = after.get(size..)?.strip_prefix(b"\r\n")?;
    }
}

fn split_line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
    Some((std::str::from_utf8(&bytes[..end]).ok()?, &bytes[end + 2..]))
}

/// The checksum that SDKs send by default.
fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
        }
    }
    !sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_the_sdks() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(base64::encode(crc32(b"123456789").to_be_bytes()), "y/Q5Jg==");
    }

    #[test]
    fn chunks_are_joined() {
        let framed =
            b"4\r\nRes:\r\n3;chunk-signature=ab\r\n {}\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";
        let (body, trailers) = unchunk(framed).unwrap();
        assert_eq!(body, b"Res: {}");
        assert_eq!(trailers, [("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())]);
        assert_eq!(unchunk(b"9\r\nshort\r\n"), None);
        assert_eq!(unchunk(b"zz\r\n"), None);
    }
}
