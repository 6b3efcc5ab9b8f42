//! Large templates on their way into a bucket, against scripted answers of S3.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tablewright_cloudformation::change_set::request::Template;
use tablewright_cloudformation::{Bucket, Connect, UploadError, connect, upload};

/// Answers one after the other, the last one again and again; what was called.
#[derive(Debug, Clone)]
struct Bucketful {
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl HttpConnector for Bucketful {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let encryption = request.headers().get("x-amz-server-side-encryption-aws-kms-key-id");
        let encryption = encryption.map_or(String::new(), |key| format!(" with {key}"));
        assert!(request.headers().get("authorization").unwrap().contains("/eu-west-1/s3/aws4_request"));
        let size = request.body().bytes().unwrap().len();
        self.calls.lock().unwrap().push(format!("{} {} {size}{encryption}", request.method(), request.uri()));
        let mut answers = self.answers.lock().unwrap();
        let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
        if status == 0 {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        }
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        if status == 301 {
            response.headers_mut().insert("x-amz-bucket-region", "us-east-2");
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: std::time::Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

fn bucket(name: &str) -> Bucket {
    Bucket { name: name.to_owned(), prefix: "shop templates/".to_owned(), kms_key_id: None }
}

/// Uploads `{}`, and returns what came of it and the calls, without the digest.
async fn run(bucket: &Bucket, endpoint_url: Option<&str>, answers: &[(u16, &'static str)]) -> String {
    let s3 = Bucketful { answers: Arc::new(Mutex::new(answers.to_vec())), calls: Arc::default() };
    let connector = s3.clone();
    let request = Connect {
        region: Some("eu-west-1".to_owned()),
        endpoint_url: endpoint_url.map(str::to_owned),
        http_client: Some(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone()))),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        sleep: Some(SharedAsyncSleep::new(NoSleep)),
        ..Connect::default()
    };
    let connection = connect(&request).await.unwrap();
    let came = match upload(&connection, bucket, "{}").await {
        Ok(Template::Url(url)) => url,
        Ok(Template::Body(_)) => panic!("not uploaded"),
        Err(error) => error.to_string(),
    };
    let calls = s3.calls.lock().unwrap().join("\n");
    const DIGEST: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    format!("{came}\n{calls}").replace(DIGEST, "DIGEST")
}

fn refusal(code: &str, message: &str) -> &'static str {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>").leak()
}

#[tokio::test]
async fn uploaded_once() {
    insta::assert_snapshot!(run(&bucket("templates"), None, &[(404, ""), (200, "")]).await, @"
    https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    PUT https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 2
    ");
    insta::assert_snapshot!(run(&bucket("templates"), None, &[(200, "")]).await, @"
    https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    ");
    // Without the right to list, what is not there is forbidden.
    insta::assert_snapshot!(run(&bucket("templates"), None, &[(403, ""), (200, "")]).await, @"
    https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    PUT https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 2
    ");
}

#[tokio::test]
async fn names_with_dots_and_other_endpoints_go_into_the_path() {
    insta::assert_snapshot!(run(&bucket("templates.example"), None, &[(200, "")]).await, @"
    https://s3.eu-west-1.amazonaws.com/templates.example/shop%20templates/DIGEST.template
    HEAD https://s3.eu-west-1.amazonaws.com/templates.example/shop%20templates/DIGEST.template 0
    ");
    insta::assert_snapshot!(run(&bucket("templates"), Some("http://127.0.0.1:4566/"), &[(200, "")]).await, @"
    http://127.0.0.1:4566/templates/shop%20templates/DIGEST.template
    HEAD http://127.0.0.1:4566/templates/shop%20templates/DIGEST.template 0
    ");
}

#[tokio::test]
async fn encrypted_with_a_key() {
    let bucket = Bucket { kms_key_id: Some("arn:key".to_owned()), ..bucket("templates") };
    insta::assert_snapshot!(run(&bucket, None, &[(404, ""), (200, "")]).await, @"
    https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    PUT https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 2 with arn:key
    ");
}

#[tokio::test]
async fn refusals() {
    let refused = async |answer: (u16, &'static str)| {
        let told = run(&bucket("templates"), None, &[(403, ""), answer]).await;
        told.lines().next().unwrap().to_owned()
    };
    let no = refusal("AccessDenied", "Access Denied");
    insta::assert_snapshot!(refused((403, no)).await, @"
    s3:PutObject is not allowed on bucket templates: Access Denied
    ");
    let no =
        refusal("AccessDenied", "User: x is not authorized to perform: kms:GenerateDataKey on resource: y");
    insta::assert_snapshot!(refused((403, no)).await, @"
    kms:GenerateDataKey is not allowed on bucket templates: User: x is not authorized to perform: kms:GenerateDataKey on resource: y
    ");
    let no = refusal("NoSuchBucket", "The specified bucket does not exist");
    insta::assert_snapshot!(refused((404, no)).await, @"
    bucket templates does not exist
    ");
    insta::assert_snapshot!(refused((301, refusal("PermanentRedirect", "elsewhere"))).await, @"
    bucket templates is in us-east-2; CloudFormation reads templates from its own region only
    ");
    let no = refusal("ExpiredToken", "The provided token has expired.");
    insta::assert_snapshot!(refused((403, no)).await, @"
    failed to write to bucket templates: The provided token has expired.
    ");
    insta::assert_snapshot!(refused((502, "<html>")).await, @"
    failed to write to bucket templates: HTTP 502
    ");
    insta::assert_snapshot!(refused((0, "")).await, @"
    failed to write to bucket templates: connection reset
    ");
}

#[tokio::test]
async fn a_server_error_is_asked_again() {
    insta::assert_snapshot!(run(&bucket("templates"), None, &[(503, ""), (404, ""), (0, ""), (200, "")]).await, @"
    https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    HEAD https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 0
    PUT https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 2
    PUT https://templates.s3.eu-west-1.amazonaws.com/shop%20templates/DIGEST.template 2
    ");
}

#[tokio::test]
async fn what_cannot_be_uploaded_is_refused_without_a_call() {
    insta::assert_snapshot!(run(&bucket("No Bucket"), None, &[]).await, @"
    `No Bucket` is not a valid bucket name: 3 to 63 lower-case letters, digits, `-` and `.`
    ");
    let connection = connect(&Connect {
        region: Some("eu-west-1".to_owned()),
        http_client: Some(http_client_fn(|_, _| panic!("called"))),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        ..Connect::default()
    })
    .await
    .unwrap();
    let error = upload(&connection, &bucket("templates"), &"x".repeat(1_048_577)).await.unwrap_err();
    assert_eq!(error, UploadError::TooLarge(1_048_577));
}
