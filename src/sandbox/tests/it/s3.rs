//! The part of S3 that a template upload needs, in both styles of address.

use serde_json::json;
use tablewright_sandbox::{CallFailure, CallFault, Faults, Request, Response};

use crate::support::{Wire, notes};

const EUROPE: &str =
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
const US: &str =
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

fn send(wire: &Wire, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let mut all = vec![("Authorization".to_owned(), EUROPE.to_owned())];
    for (name, value) in headers {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let request = Request { method: method.into(), path: path.into(), headers: all, body: body.to_vec() };
    wire.sandbox.answer(&request).unwrap()
}

/// The status, and the code of the error if there is one.
fn outcome(answer: &Response) -> (u16, String) {
    let text = String::from_utf8(answer.body.clone()).unwrap();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    (answer.status, code.map(|(code, _)| code.to_owned()).unwrap_or_default())
}

fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

const HERE: &[u8] = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";

fn with_bucket() -> Wire {
    let wire = Wire::new();
    assert_eq!(outcome(&send(&wire, "PUT", "/artifacts", &[], HERE)), (200, String::new()));
    wire
}

#[test]
fn objects_come_back_as_they_were_put() {
    let wire = with_bucket();
    let put = send(
        &wire,
        "PUT",
        "/artifacts/a%20b/notes.yaml?x-id=PutObject",
        &[
            ("Content-Type", "text/yaml"),
            ("x-amz-meta-made-by", "a test"),
            ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ],
        b"123456789",
    );
    assert_eq!(put.status, 200);
    let etag = header(&put, "etag").unwrap().to_owned();
    // The same object in the other style, and through an SDK's connector, which has the whole address.
    for (path, host) in [
        ("/artifacts/a%20b/notes.yaml", "127.0.0.1:4000"),
        ("/a%20b/notes.yaml", "artifacts.s3.eu-west-1.amazonaws.com"),
        ("/a%20b/notes.yaml", "artifacts.localhost:4000"),
        ("https://artifacts.s3.eu-west-1.amazonaws.com/a%20b/notes.yaml?x-id=GetObject", ""),
        ("https://s3.eu-west-1.amazonaws.com/artifacts/a%20b/notes.yaml", ""),
    ] {
        let got = send(&wire, "GET", path, &[("Host", host)], b"");
        assert_eq!((got.status, got.body.as_slice()), (200, b"123456789".as_slice()), "{path}");
        assert_eq!(header(&got, "etag"), Some(etag.as_str()));
        assert_eq!(header(&got, "content-type"), Some("text/yaml"));
        assert_eq!(header(&got, "x-amz-meta-made-by"), Some("a test"));
        assert_eq!(header(&got, "x-amz-server-side-encryption"), Some("AES256"));
        assert_eq!(header(&got, "last-modified"), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
    }
    let head = send(&wire, "HEAD", "/artifacts/a%20b/notes.yaml", &[], b"");
    assert_eq!((head.status, head.body.len(), header(&head, "content-length")), (200, 0, Some("9")));

    // Bytes that are no text come back as well, out of the framing in which SDKs stream.
    let framed = b"3\r\n\xff\x00\x01\r\n0\r\nx-amz-checksum-crc32:J6LbMw==\r\n\r\n";
    let streaming = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    let wrong = send(&wire, "PUT", "/artifacts/b", &[streaming], framed);
    assert_eq!(outcome(&wrong), (400, "BadDigest".to_owned()));
    let bare = b"3\r\n\xff\x00\x01\r\n0\r\n\r\n";
    assert_eq!(send(&wire, "PUT", "/artifacts/b", &[streaming], bare).status, 200);
    assert_eq!(send(&wire, "GET", "/artifacts/b", &[], b"").body, b"\xff\x00\x01");
}

#[test]
fn what_is_not_there_or_not_allowed_is_said() {
    let wire = with_bucket();
    let check = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8], status: u16, code: &str| {
        let answer = send(&wire, method, path, headers, body);
        assert_eq!(outcome(&answer), (status, code.to_owned()), "{method} {path} {headers:?}");
    };
    check("GET", "/artifacts/none", &[], b"", 404, "NoSuchKey");
    check("GET", "/nowhere/none", &[], b"", 404, "NoSuchBucket");
    check("PUT", "/nowhere/none", &[], b"x", 404, "NoSuchBucket");
    // A HEAD has no body to say it in.
    check("HEAD", "/artifacts/none", &[], b"", 404, "");
    check("HEAD", "/nowhere", &[], b"", 404, "");
    check("HEAD", "/artifacts", &[], b"", 200, "");
    check(
        "PUT",
        "/artifacts/x",
        &[("x-amz-expected-bucket-owner", "111111111111")],
        b"x",
        403,
        "AccessDenied",
    );
    check("PUT", "/artifacts/x", &[("if-none-match", "*")], b"x", 200, "");
    check("PUT", "/artifacts/x", &[("if-none-match", "*")], b"y", 412, "PreconditionFailed");
    check("PUT", "/artifacts/x", &[("x-amz-checksum-crc32", "AAAAAA==")], b"x", 400, "BadDigest");
    check("PUT", "/artifacts", &[], HERE, 409, "BucketAlreadyOwnedByYou");
    check("PUT", "/Bad_Name", &[], HERE, 400, "InvalidBucketName");
    check("PUT", "/elsewhere", &[], b"", 400, "IllegalLocationConstraintException");
    check("PUT", "/elsewhere", &[], b"<Foo/>", 400, "MalformedXML");
    check("GET", "/artifacts/x", &[("Authorization", US)], b"", 301, "PermanentRedirect");
    let redirect = send(&wire, "GET", "/artifacts/x", &[("Authorization", US)], b"");
    assert_eq!(header(&redirect, "x-amz-bucket-region"), Some("eu-west-1"));
    check("GET", "/artifacts?location", &[("Authorization", US)], b"", 200, "");
    for (method, path, headers) in [
        ("GET", "/artifacts?list-type=2", &[][..]),
        ("DELETE", "/artifacts/x", &[]),
        ("POST", "/artifacts/x?uploads", &[]),
        ("PUT", "/artifacts?versioning", &[]),
        ("PUT", "/artifacts/x", &[("x-amz-acl", "public-read")]),
        ("PUT", "/artifacts/x", &[("x-amz-checksum-sha256", "abc")]),
        ("GET", "/", &[]),
    ] {
        check(method, path, headers, b"", 501, "NotImplemented");
    }
    let unknown = send(&wire, "DELETE", "/artifacts/x", &[], b"");
    assert!(String::from_utf8(unknown.body).unwrap().contains("does not model S3's DELETE of a object"));
}

#[test]
fn faults_speak_as_s3_does() {
    let wire = with_bucket();
    let check = |failure: CallFailure, status: u16, code: &str| {
        let calls = vec![CallFault { action: "GetObject".into(), from: 1, to: 1, failure }];
        wire.sandbox.set_faults(Faults { calls, ..Faults::default() }).unwrap();
        let answer = send(&wire, "GET", "/artifacts/x", &[], b"");
        assert_eq!(outcome(&answer), (status, code.to_owned()));
    };
    check(CallFailure::Throttled, 503, "SlowDown");
    check(CallFailure::ServerError, 500, "InternalFailure");
    check(CallFailure::AccessDenied, 403, "AccessDenied");
}

/// The refusal of CreateStack for a template at that address.
fn refused(wire: &Wire, url: &str) -> String {
    let (status, answer) = wire.cloudformation(
        "CreateStack",
        &[("StackName".to_owned(), "app".to_owned()), ("TemplateURL".to_owned(), url.to_owned())],
    );
    assert_eq!(status, 400, "{url}");
    answer["Error"]["Message"].as_str().unwrap().lines().next().unwrap().to_owned()
}

#[test]
fn templates_are_read_from_their_addresses() {
    let wire = with_bucket();
    let mut large = serde_json::from_str::<serde_json::Value>(&notes(|_| ())).unwrap();
    large["Metadata"] = json!({"Filler": "x".repeat(60_000)});
    let large = large.to_string();
    send(&wire, "PUT", "/artifacts/t/large.json", &[], large.as_bytes());
    for (place, url) in [
        "https://artifacts.s3.eu-west-1.amazonaws.com/t/large.json",
        "https://s3.eu-west-1.amazonaws.com/artifacts/t/large.json",
        "https://s3.amazonaws.com/artifacts/t/large.json",
        "http://127.0.0.1:4000/artifacts/t/large.json",
    ]
    .into_iter()
    .enumerate()
    {
        let stack = format!("app{place}");
        wire.call(
            "CreateChangeSet",
            &[
                ("StackName", &stack),
                ("ChangeSetName", "one"),
                ("ChangeSetType", "CREATE"),
                ("TemplateURL", url),
            ],
        );
        let body = wire.call("GetTemplate", &[("StackName", &stack), ("ChangeSetName", "one")]);
        assert_eq!(body["TemplateBody"], large.as_str(), "{url}");
    }
    // An update that keeps the template keeps one that was too large for a call.
    wire.call(
        "CreateStack",
        &[("StackName", "kept"), ("TemplateURL", "https://s3.amazonaws.com/artifacts/t/large.json")],
    );
    wire.wait(60);
    let again = [
        ("StackName", "kept"),
        ("UsePreviousTemplate", "true"),
        ("Tags.member.1.Key", "a"),
        ("Tags.member.1.Value", "b"),
    ];
    wire.call("UpdateStack", &again);

    send(&wire, "PUT", "/artifacts/binary", &[], b"\xff\xfe");
    send(&wire, "PUT", "/artifacts/huge", &[], " ".repeat(1_000_001).as_bytes());
    for (url, message) in [
        ("file:///tmp/t.yaml", "TemplateURL must be a supported URL."),
        (
            "https://example.org/t.yaml",
            "S3 error: Domain name specified in example.org is not a valid S3 domain",
        ),
        ("https://s3.amazonaws.com/nowhere/t.yaml", "S3 error: The specified bucket does not exist"),
        ("https://artifacts.s3.amazonaws.com/none", "S3 error: The specified key does not exist."),
        (
            "https://s3.amazonaws.com/artifacts",
            "TemplateURL must reference a valid S3 object to which you have access.",
        ),
        ("https://s3.amazonaws.com/artifacts/binary", "Template format error: unsupported structure."),
        ("https://s3.amazonaws.com/artifacts/huge", "Template may not exceed 1000000 bytes in size."),
        (
            "https://s3.amazonaws.com/artifacts/t/large.json?versionId=1",
            "tablewright's sandbox does not model a TemplateURL with a query (versionId=1)",
        ),
    ] {
        assert_eq!(refused(&wire, url), message, "{url}");
    }
    let both = wire.cloudformation(
        "ValidateTemplate",
        &[
            ("TemplateURL".to_owned(), "https://s3.amazonaws.com/a/b".to_owned()),
            ("TemplateBody".to_owned(), "{}".to_owned()),
        ],
    );
    assert_eq!(both.0, 400);
}
