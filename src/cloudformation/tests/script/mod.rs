//! Answers that a test writes down: what AWS has been seen to send, word for word.
#![expect(dead_code, reason = "every test program uses its own part of this")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use tablewright_cloudformation::{Connect, connect};

/// Answers by action, the last one again and again; the actions that were called, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<BTreeMap<&'static str, Vec<String>>>>,
    calls: Arc<Mutex<Vec<String>>>,
    /// What was sent, a line for each value, decoded as far as a test needs it.
    sent: Arc<Mutex<Vec<String>>>,
    clock: Clock,
}

impl Script {
    /// Adds the result of `action`: the inside of `<ActionResult>`.
    pub(crate) fn on(self, action: &'static str, result: &str) -> Script {
        let body = format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>");
        self.answers.lock().unwrap().entry(action).or_default().push(body);
        self
    }

    /// Adds a refusal of `action`.
    pub(crate) fn refuse(self, action: &'static str, code: &str, message: &str) -> Script {
        let body = format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        );
        self.answers.lock().unwrap().entry(action).or_default().push(body);
        self
    }

    /// Adds a connection that breaks instead of an answer to `action`.
    pub(crate) fn lose(self, action: &'static str) -> Script {
        self.answers.lock().unwrap().entry(action).or_default().push(String::new());
        self
    }

    pub(crate) async fn client(&self) -> Client {
        let script = self.clone();
        let request = Connect {
            region: Some("eu-west-1".to_owned()),
            http_client: Some(http_client_fn(move |_, _| SharedHttpConnector::new(script.clone()))),
            credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
            sleep: Some(SharedAsyncSleep::new(self.clock.clone())),
            time: Some(SharedTimeSource::new(self.clock.clone())),
            ..Connect::default()
        };
        connect(&request).await.unwrap().cloudformation()
    }

    /// How many seconds were waited.
    pub(crate) fn elapsed(&self) -> u64 {
        self.clock.0.lock().unwrap().as_secs()
    }

    pub(crate) fn calls(&self) -> String {
        self.calls.lock().unwrap().join(", ")
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let form = String::from_utf8(request.body().bytes().unwrap().to_vec()).unwrap();
        self.sent.lock().unwrap().push(form.replace("%3A", ":").replace('&', "\n"));
        let value = |key: &str| form.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let action = value("Action").unwrap().to_owned();
        let values =
            value("IncludePropertyValues").map_or(String::new(), |values| format!(" values={values}"));
        let next = value("NextToken").map_or(String::new(), |next| format!(" next={next}"));
        self.calls.lock().unwrap().push(format!("{action}{values}{next}"));
        let mut answers = self.answers.lock().unwrap();
        let queue = answers.get_mut(action.as_str()).unwrap_or_else(|| panic!("no answer for {action}"));
        let body = if queue.len() > 1 { queue.remove(0) } else { queue[0].clone() };
        if body.is_empty() {
            return HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into())));
        }
        let status = if body.starts_with("<ErrorResponse") { 400 } else { 200 };
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
        response.headers_mut().insert("content-type", "text/xml");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// A clock that moves when somebody waits for it.
#[derive(Debug, Clone, Default)]
struct Clock(Arc<Mutex<Duration>>);

impl AsyncSleep for Clock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        Sleep::new(async move { *clock.0.lock().unwrap() += duration })
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + *self.0.lock().unwrap()
    }
}

impl Script {
    /// What was sent with the call of `action`, but for what is sent with every call.
    pub(crate) fn sent(&self, action: &str) -> String {
        let sent = self.sent.lock().unwrap();
        let call = sent.iter().find(|call| call.starts_with(&format!("Action={action}\n"))).unwrap();
        let lines = call.lines().filter(|line| !line.starts_with("Action=") && !line.starts_with("Version="));
        lines.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) fn stack(status: &str) -> String {
    format!(
        "<Stacks><member><StackName>shop</StackName><StackId>arn:stack</StackId><StackStatus>{status}</StackStatus>\
         <CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>"
    )
}
