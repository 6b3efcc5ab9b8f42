//! Answers of all kinds, as a person reads them. No SDK text may get through.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use tablewright_cloudformation::change_set::request::Template;
use tablewright_cloudformation::prepare_request;
use tablewright_cloudformation::{Connect, Request, connect, stack};

/// What stands behind the endpoint.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Http(u16, &'static str, &'static str),
    Io(&'static str),
    Timeout,
    /// Closed before the answer is complete.
    Closed,
}

#[derive(Debug, Clone)]
struct Fake(Answer);

impl HttpConnector for Fake {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(match self.0 {
            Answer::Http(status, content_type, body) => {
                let mut response =
                    HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
                response.headers_mut().insert("content-type", content_type);
                Ok(response)
            }
            Answer::Io(text) => Err(ConnectorError::io(text.into())),
            Answer::Closed => Err(ConnectorError::other(
                "connection closed before message completed".into(),
                Some(ErrorKind::TransientError),
            )),
            Answer::Timeout => Err(ConnectorError::timeout("no answer within 30 s".into())),
        })
    }
}

/// Retries of the SDK take no time.
#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: std::time::Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

fn http_client(answer: Answer) -> SharedHttpClient {
    http_client_fn(move |_, _| SharedHttpConnector::new(Fake(answer)))
}

async fn client(answer: Answer) -> aws_sdk_cloudformation::Client {
    let request = Connect {
        region: Some("eu-west-1".to_owned()),
        endpoint_url: Some("http://cfn.example:4566/path".to_owned()),
        http_client: Some(http_client(answer)),
        credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
        sleep: Some(SharedAsyncSleep::new(NoSleep)),
        ..Connect::default()
    };
    connect(&request).await.unwrap().cloudformation()
}

async fn describe(answer: Answer) -> String {
    match stack::describe(&client(answer).await, "shop").await {
        Ok(found) => format!("{found:?}"),
        Err(error) => format!("{error}\n{:?}", error.kind),
    }
}

const XML: &str = "text/xml";

macro_rules! refused {
    ($status:literal, $code:literal, $message:literal) => {
        Answer::Http(
            $status,
            XML,
            concat!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>",
                $code,
                "</Code><Message>",
                $message,
                "</Message></Error><RequestId>r</RequestId></ErrorResponse>"
            ),
        )
    };
}

#[tokio::test]
async fn refusals() {
    insta::assert_snapshot!(describe(refused!(400, "Throttling", "Rate exceeded")).await, @"
    DescribeStacks was throttled: Rate exceeded
    Throttled
    ");
    insta::assert_snapshot!(describe(refused!(403, "ExpiredToken", "The security token included in the request is expired")).await, @"
    the credentials have expired: The security token included in the request is expired
    Expired
    ");
    insta::assert_snapshot!(describe(refused!(403, "InvalidClientTokenId", "The security token included in the request is invalid.")).await, @"
    the credentials were rejected: The security token included in the request is invalid.
    Credentials
    ");
    insta::assert_snapshot!(describe(refused!(403, "AccessDenied", "User: arn:aws:iam::1:user/u is not authorized to perform: cloudformation:DescribeStacks on resource: arn:x because no identity-based policy allows it")).await, @r#"
    cloudformation:DescribeStacks is not allowed: User: arn:aws:iam::1:user/u is not authorized to perform: cloudformation:DescribeStacks on resource: arn:x because no identity-based policy allows it
    Denied { permission: "cloudformation:DescribeStacks" }
    "#);
    insta::assert_snapshot!(describe(refused!(403, "AccessDenied", "Denied by the boundary")).await, @r#"
    cloudformation:DescribeStacks is not allowed: Denied by the boundary
    Denied { permission: "cloudformation:DescribeStacks" }
    "#);
    insta::assert_snapshot!(describe(refused!(400, "ValidationError", "Stack with id shop does not exist")).await, @"None");
    insta::assert_snapshot!(describe(refused!(400, "ValidationError", "StackName is a required parameter.")).await, @"
    DescribeStacks was refused: StackName is a required parameter.
    Validation
    ");
    insta::assert_snapshot!(describe(refused!(500, "InternalFailure", "We encountered an internal error.")).await, @"
    CloudFormation failed to answer DescribeStacks: We encountered an internal error.
    Unavailable
    ");
    insta::assert_snapshot!(describe(refused!(400, "OptInRequired", "The region is not enabled")).await, @"
    DescribeStacks was refused: The region is not enabled (OptInRequired)
    Other
    ");
}

#[tokio::test]
async fn answers_that_are_not_cloudformations() {
    let page = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head></html>";
    insta::assert_snapshot!(describe(Answer::Http(502, "text/html", page)).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 502, text/html, `<!DOCTYPE html>`
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Http(200, "text/html", page)).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 200, text/html, `<!DOCTYPE html>`
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Http(200, "text/plain", "OK")).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 200, text/plain, `OK`
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Http(404, "text/plain", "404 page not found")).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 404, text/plain, `404 page not found`
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
    let json = r#"{"__type":"com.amazonaws.dynamodb.v20120810#MissingAuthenticationToken","Message":"…"}"#;
    insta::assert_snapshot!(describe(Answer::Http(400, "application/x-amz-json-1.0", json)).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 400, application/x-amz-json-1.0, `{"__type":"com.amazonaws.dynamodb.v20120810#MissingAuthentic`
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Http(204, "text/plain", "")).await, @r#"
    http://cfn.example:4566 is not CloudFormation: it answered DescribeStacks with HTTP 204, text/plain
    NotCloudFormation { endpoint: Some("http://cfn.example:4566") }
    "#);
}

#[tokio::test]
async fn answers_that_break_off() {
    insta::assert_snapshot!(describe(Answer::Http(200, XML, "<DescribeStacksResponse><DescribeSta")).await, @"
    CloudFormation failed to answer DescribeStacks: the answer broke off
    Unavailable
    ");
    insta::assert_snapshot!(describe(Answer::Http(503, XML, "")).await, @"
    CloudFormation failed to answer DescribeStacks: HTTP 503
    Unavailable
    ");
    insta::assert_snapshot!(describe(Answer::Http(400, XML, "<ErrorResponse><Error><Code>Thro")).await, @"
    DescribeStacks was refused: Thro (Thro)
    Other
    ");
}

#[tokio::test]
async fn no_answer_at_all() {
    insta::assert_snapshot!(describe(Answer::Io("Connection refused")).await, @r#"
    no connection to http://cfn.example:4566: Connection refused
    Unreachable { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Closed).await, @r#"
    no connection to http://cfn.example:4566: connection closed before message completed
    Unreachable { endpoint: Some("http://cfn.example:4566") }
    "#);
    insta::assert_snapshot!(describe(Answer::Timeout).await, @r#"
    no connection to http://cfn.example:4566: no answer within 30 s
    Unreachable { endpoint: Some("http://cfn.example:4566") }
    "#);
}

#[tokio::test]
async fn bad_requests_are_refused_without_a_call() {
    let never = client(Answer::Io("called")).await;
    let request = |stack_name: &str, body: String| {
        Request::new(stack_name.to_owned(), Template::Body(body), "c".to_owned())
    };
    let error = prepare_request(&never, request("my_shop", "{}".to_owned())).await.unwrap_err();
    insta::assert_snapshot!(error, @"`my_shop` is not a valid stack name: letters, digits and `-`, starting with a letter, at most 128 characters");
    let error = prepare_request(&never, request("shop", "x".repeat(51_201))).await.unwrap_err();
    insta::assert_snapshot!(error, @"the template has 51201 bytes; an inline template can have at most 51200");
    let error = prepare_request(&never, request("shop", "x".repeat(51_200))).await.unwrap_err();
    insta::assert_snapshot!(error, @"no connection to http://cfn.example:4566: called");
}
