//! A CloudFormation that plays a story: it shows what has happened by now, as well or as badly as its [`Knobs`] say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use crate::clock::Clock;
use crate::story::{CHANGE_SET, Line, arn};

/// How well it answers. Times are in seconds of the story.
#[derive(Debug, Clone)]
pub(crate) struct Knobs {
    /// How long each call takes.
    pub(crate) latency: f64,
    /// How late events are, call by call, again and again: a replica that is behind shows less than the one before.
    pub(crate) event_lags: Vec<f64>,
    /// How late the status is.
    pub(crate) status_lag: f64,
    /// Events in a page.
    pub(crate) page_size: usize,
    /// Whether every page of events names a next one, by a token that never changes.
    pub(crate) endless: bool,
    /// Whether each page begins with the last entry of the one before.
    pub(crate) overlap: bool,
    /// Whether times are rounded down to a minute.
    pub(crate) equal_times: bool,
    /// When calls go wrong, which ones (`*` is all), and how.
    pub(crate) windows: Vec<(Range<f64>, &'static str, Trouble)>,
    /// What happens to reads of nested stacks.
    pub(crate) nested_trouble: Option<Trouble>,
    /// When the first keys end. Others are given from then on to who asks for them again.
    pub(crate) expires: Option<f64>,
    /// The status before the story.
    pub(crate) before: &'static str,
    /// What the change set says; `None` follows the story.
    pub(crate) execution: Option<&'static str>,
}

impl Default for Knobs {
    fn default() -> Knobs {
        Knobs {
            latency: 0.1,
            event_lags: vec![0.0],
            status_lag: 0.0,
            page_size: 100,
            endless: false,
            overlap: false,
            equal_times: false,
            windows: Vec::new(),
            nested_trouble: None,
            expires: None,
            before: "UPDATE_COMPLETE",
            execution: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Trouble {
    Refused(u16, &'static str, &'static str),
    Lost,
    Page,
}

pub(crate) const THROTTLED: Trouble = Trouble::Refused(400, "Throttling", "Rate exceeded");
pub(crate) const EXPIRED: Trouble =
    Trouble::Refused(403, "ExpiredToken", "The security token included in the request is expired");
pub(crate) const DENIED: Trouble = Trouble::Refused(403, "AccessDenied", "no");

/// Plays stories, each at the ARN of its root.
#[derive(Debug, Clone)]
pub(crate) struct Cloud {
    pub(crate) clock: Clock,
    lines: Arc<Vec<Line>>,
    knobs: Knobs,
    calls: Arc<Mutex<Vec<(f64, String)>>>,
    reads: Arc<Mutex<usize>>,
}

impl Cloud {
    pub(crate) fn new(clock: Clock, lines: Vec<Line>, knobs: Knobs) -> Cloud {
        Cloud { clock, lines: Arc::new(lines), knobs, calls: Arc::default(), reads: Arc::default() }
    }

    /// When each call was made, and its action.
    pub(crate) fn calls(&self) -> Vec<(f64, String)> {
        self.calls.lock().unwrap().clone()
    }

    /// How often each action was called.
    pub(crate) fn counts(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (_, action) in self.calls() {
            *counts.entry(action).or_default() += 1;
        }
        counts.iter().map(|(action, count)| format!("{action} {count}")).collect::<Vec<_>>().join(", ")
    }

    fn answer(&self, form: &BTreeMap<String, String>, key: &str) -> Result<(u16, String), ConnectorError> {
        let action = form["Action"].as_str();
        let now = self.clock.seconds();
        self.calls.lock().unwrap().push((now, action.to_owned()));
        let trouble = self
            .knobs
            .windows
            .iter()
            .find(|(window, what, _)| window.contains(&now) && (*what == "*" || *what == action));
        let nested = action == "DescribeStackEvents" && form["StackName"] != arn("");
        let trouble =
            trouble.map(|(_, _, trouble)| *trouble).or(self.knobs.nested_trouble.filter(|_| nested));
        let expired = self.knobs.expires.is_some_and(|end| now >= end && key.contains("Credential=first/"));
        match trouble.or(expired.then_some(EXPIRED)) {
            Some(Trouble::Refused(status, code, message)) => return Ok((status, refusal(code, message))),
            Some(Trouble::Lost) => return Err(ConnectorError::io("connection reset".into())),
            Some(Trouble::Page) => return Ok((502, "<html>a proxy</html>".to_owned())),
            None => {}
        }
        let result = match action {
            "DescribeStackEvents" => self.events(&form["StackName"], form.get("NextToken"), now),
            "DescribeStacks" => self.stack(now),
            "DescribeChangeSet" => format!("<ExecutionStatus>{}</ExecutionStatus>", self.execution(now)),
            action => panic!("no answer for {action}"),
        };
        Ok((200, format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>")))
    }

    fn events(&self, stack: &str, next: Option<&String>, now: f64) -> String {
        // A page token is good for the replica that gave it.
        let (offset, lag) = match next {
            Some(next) => {
                let (offset, lag) = next.split_once('_').unwrap();
                (offset.parse().unwrap(), lag.parse().unwrap())
            }
            None => {
                let mut reads = self.reads.lock().unwrap();
                *reads += 1;
                (0, self.knobs.event_lags[(*reads - 1) % self.knobs.event_lags.len()])
            }
        };
        let visible: Vec<(usize, &Line)> = self
            .lines
            .iter()
            .enumerate()
            .filter(|(_, line)| arn(&line.stack) == stack && line.at + lag <= now)
            .collect();
        let newest_first: Vec<_> = visible.into_iter().rev().collect();
        let from = if self.knobs.overlap { usize::saturating_sub(offset, 1) } else { offset };
        let mut body = String::from("<StackEvents>");
        let end = (offset + self.knobs.page_size).min(newest_first.len());
        for (number, line) in &newest_first[from.min(end)..end] {
            self.write(&mut body, *number, line);
        }
        body.push_str("</StackEvents>");
        if self.knobs.endless || end < newest_first.len() {
            write!(body, "<NextToken>{end}_{lag}</NextToken>").unwrap();
        }
        body
    }

    fn write(&self, body: &mut String, number: usize, line: &Line) {
        let at = if self.knobs.equal_times { (line.at / 60.0).floor() * 60.0 } else { line.at };
        let time = time(at);
        let reason = line.reason.replace('&', "&amp;").replace('<', "&lt;");
        write!(
            body,
            "<member><EventId>e-{number}</EventId><StackId>{}</StackId><StackName>shop</StackName>\
             <LogicalResourceId>{}</LogicalResourceId><PhysicalResourceId>{}</PhysicalResourceId>\
             <ResourceType>{}</ResourceType><Timestamp>{time}</Timestamp><ResourceStatus>{}</ResourceStatus>\
             <ResourceStatusReason>{reason}</ResourceStatusReason>\
             <ClientRequestToken>{}</ClientRequestToken></member>",
            arn(&line.stack),
            line.logical_id,
            line.physical_id,
            line.resource_type,
            line.status,
            line.token,
        )
        .unwrap();
    }

    /// The root's status `late` seconds ago.
    fn status(&self, now: f64, late: f64) -> &str {
        let own = |line: &&Line| line.stack.is_empty() && line.is_own() && line.at + late <= now;
        self.lines.iter().rfind(own).map_or(self.knobs.before, |line| line.status.as_str())
    }

    /// When the root's latest operation began, as far as it shows.
    fn updated(&self, now: f64) -> f64 {
        let begins = |line: &&Line| {
            line.stack.is_empty()
                && line.is_own()
                && line.at + self.knobs.status_lag <= now
                && line.reason == "User Initiated"
        };
        self.lines.iter().rfind(begins).map_or(-1000.0, |line| line.at)
    }

    fn stack(&self, now: f64) -> String {
        let updated = time(self.updated(now));
        let status = self.status(now, self.knobs.status_lag);
        format!(
            "<Stacks><member><StackName>shop</StackName><StackId>{}</StackId><StackStatus>{status}</StackStatus>\
             <CreationTime>2026-01-01T00:00:00Z</CreationTime><LastUpdatedTime>{updated}</LastUpdatedTime><Outputs><member><OutputKey>At</OutputKey>\
             <OutputValue>{status}</OutputValue></member></Outputs></member></Stacks>",
            arn("")
        )
    }

    fn execution(&self, now: f64) -> &str {
        self.knobs.execution.unwrap_or_else(|| match self.status(now, 0.0) {
            _ if !self.lines.iter().any(|line| (0.0..=now).contains(&line.at)) => "EXECUTE_IN_PROGRESS",
            "CREATE_COMPLETE" | "UPDATE_COMPLETE" => "EXECUTE_COMPLETE",
            status if status.ends_with("_IN_PROGRESS") => "EXECUTE_IN_PROGRESS",
            _ => "EXECUTE_FAILED",
        })
    }
}

/// A second of the story as CloudFormation writes it.
fn time(at: f64) -> String {
    let time = aws_smithy_types::DateTime::from_millis((at * 1000.0).round() as i64);
    time.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap()
}

fn refusal(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

impl HttpConnector for Cloud {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.clone();
        let key = request.headers().get("authorization").unwrap_or_default().to_owned();
        let form = std::str::from_utf8(request.body().bytes().unwrap()).unwrap();
        let form: BTreeMap<String, String> = form
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.replace("%3A", ":").replace("%2F", "/")))
            .collect();
        HttpConnectorFuture::new(async move {
            // There and back; what is shown is what was so in between.
            let half = Duration::from_secs_f64(cloud.knobs.latency / 2.0);
            cloud.clock.sleep(half).await;
            let answer = cloud.answer(&form, &key);
            cloud.clock.sleep(half).await;
            let (status, body) = answer?;
            let content_type = if body.starts_with("<html") { "text/html" } else { "text/xml" };
            let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
            response.headers_mut().insert("content-type", content_type);
            Ok(response)
        })
    }
}

/// Where the change set is that a story executes.
pub(crate) fn change_set() -> String {
    CHANGE_SET.to_owned()
}
