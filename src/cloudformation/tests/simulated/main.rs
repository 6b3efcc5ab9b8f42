//! Whole watches of scripted stories on virtual time: what is told, the verdict, the calls, and when.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod clock;
mod cloud;
mod story;

mod figures;
mod properties;
mod scenarios;

use std::collections::BTreeMap;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::{BehaviorVersion, Config, Region};
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use tablewright_cloudformation::operation::OperationKind;
use tablewright_cloudformation::operation::entry::Entry;
use tablewright_cloudformation::watch;
use tablewright_cloudformation::{Event, EventKind, Events, Operation, Outcome, Polling, WatchError};

use crate::clock::{BEGINNING, Clock};
use crate::cloud::{Cloud, Knobs};
use crate::story::{Line, TOKEN, arn, story};

/// What came of a watch.
#[derive(Debug)]
struct Seen {
    /// What was told about the stacks, in the order in which it was told.
    told: Vec<String>,
    /// What was told about calls that went wrong.
    troubles: Vec<String>,
    outcome: Result<Outcome, WatchError>,
    /// The calls, as a line.
    calls: String,
    reads: usize,
    /// When the watch ended, in seconds of the story.
    end: f64,
    /// When the first entry was told, likewise.
    first: f64,
}

impl Seen {
    /// The outcome in a few words.
    fn ending(&self) -> String {
        match &self.outcome {
            Ok(Outcome::Deployed { status, .. }) => format!("deployed: {status}"),
            Ok(Outcome::RolledBack { status, failure, .. }) => {
                format!("rolled back: {status}, because of {}", causes(failure))
            }
            Ok(Outcome::Failed { status, failure }) => {
                format!("failed: {status}, because of {}", causes(failure))
            }
            Ok(Outcome::Deleted { failure: None, .. }) => "deleted".to_owned(),
            Ok(Outcome::Deleted { failure: Some(failure), .. }) => {
                format!("deleted, because of {}", causes(failure))
            }
            Err(error) => format!("no outcome: {error}"),
        }
    }
}

fn causes(failure: &tablewright_cloudformation::Failure) -> String {
    let causes: Vec<&str> = failure.causes.iter().map(|cause| cause.logical_id.as_str()).collect();
    match &failure.cancelled[..] {
        [] => format!("{causes:?}"),
        cancelled => format!("{causes:?} ({cancelled:?} were cancelled)"),
    }
}

/// Gives the first keys once, and others to who asks again.
#[derive(Debug)]
struct Keys(Arc<AtomicBool>);

impl ProvideCredentials for Keys {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let name = if self.0.swap(true, Ordering::SeqCst) { "second" } else { "first" };
        future::ProvideCredentials::ready(Ok(Credentials::from_keys(name, "secret", None)))
    }
}

fn client(cloud: &Cloud) -> Client {
    let connector = cloud.clone();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Keys(Arc::default()))
        .http_client(http_client_fn(move |_, _| SharedHttpConnector::new(connector.clone())))
        .sleep_impl(SharedAsyncSleep::new(cloud.clock.clone()))
        .time_source(cloud.clock.clone())
        .build();
    Client::from_conf(config)
}

/// The execution of a change set that touches what the story's root tells of, by our token.
fn operation(lines: &[Line]) -> Operation {
    let ours = lines.iter().filter(|line| line.stack.is_empty() && line.token == TOKEN && !line.is_own());
    let resources: BTreeMap<String, String> =
        ours.map(|line| (line.logical_id.clone(), line.resource_type.clone())).collect();
    Operation {
        stack_name: "shop".to_owned(),
        stack_id: arn(""),
        kind: OperationKind::Deploy {
            token: TOKEN.to_owned(),
            change_set_id: cloud::change_set(),
            resources,
        },
        rollback_disabled: false,
        before: Vec::new(),
    }
}

/// Watches a deploy.
fn follow(text: &str, knobs: Knobs) -> Seen {
    let lines = story(text);
    let operation = Operation { before: head(&lines, 0.0), ..operation(&lines) };
    follow_operation(lines, knobs, &operation, &Polling::default())
}

fn follow_operation(lines: Vec<Line>, knobs: Knobs, operation: &Operation, polling: &Polling) -> Seen {
    let clock = Clock::default();
    let cloud = Cloud::new(clock.clone(), lines, knobs);
    let (events, mut receiver) = Events::channel();
    let client = client(&cloud);
    let mut watching = pin!(watch(&client, operation, polling, &events));
    let mut heard = Vec::new();
    let outcome = clock.run(poll_fn(|context| {
        let polled = watching.as_mut().poll(context);
        while let Ok(event) = receiver.try_recv() {
            heard.push((clock.seconds(), event));
        }
        polled
    }));
    let end = clock.seconds();
    let (mut told, mut troubles, mut first, mut settled) = (Vec::new(), Vec::new(), None, false);
    for (second, event) in heard {
        assert!(!settled, "something follows the end: {event:?}");
        match &event.kind {
            EventKind::Throttled { .. } | EventKind::CallFailed { .. } => troubles.push(tell(&event)),
            EventKind::Settled { .. } => settled = true,
            _ => {
                first.get_or_insert(second);
                told.push(tell(&event));
            }
        }
    }
    assert_eq!(settled, outcome.is_ok());
    let calls = cloud.calls();
    let reads = calls.len();
    Seen { told, troubles, outcome, calls: cloud.counts(), reads, end, first: first.unwrap_or_default() }
}

fn tell(event: &Event) -> String {
    match &event.kind {
        EventKind::Resource(resource) => {
            let path = resource.stack_id.split('/').nth(1).unwrap_or_default();
            let path = path.strip_prefix("shop").unwrap_or(path).trim_start_matches('-').replace('-', "/");
            let who = match resource.physical_id.as_deref() == Some(&resource.stack_id) {
                true => "STACK",
                false => &resource.logical_id,
            };
            let who = if path.is_empty() { who.to_owned() } else { format!("{path}/{who}") };
            format!("{who} {}", resource.status)
        }
        EventKind::Stack { status, .. } => format!("STACK {status}"),
        EventKind::Throttled { action, .. } => format!("{action} was throttled"),
        EventKind::CallFailed { error, .. } => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// The newest entries of the root's history before `second`, newest first, as a deploy notes them before it begins.
fn head(lines: &[Line], second: f64) -> Vec<Entry> {
    let root = lines.iter().enumerate().rev();
    let root = root.filter(|(_, line)| line.stack.is_empty() && line.at < second).take(100);
    root.map(|(number, line)| Entry {
        id: format!("e-{number}"),
        at: BEGINNING - Duration::from_secs_f64(-line.at),
        stack_id: arn(""),
        logical_id: line.logical_id.clone(),
        physical_id: Some(line.physical_id.clone()),
        resource_type: line.resource_type.clone(),
        status: line.status.clone(),
        reason: None,
        token: Some(line.token.clone()),
    })
    .collect()
}
