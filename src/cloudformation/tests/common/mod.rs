//! A sandbox, a client on its clock, and what happened as lines of text.
#![expect(dead_code, reason = "every test program uses its own part of this")]

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_cloudformation::Client;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tablewright_cloudformation::change_set::request::Template;
use tablewright_cloudformation::prepare_request;
use tablewright_cloudformation::watch;
use tablewright_cloudformation::{
    Connect, Event, EventKind, Events, Operation, Outcome, Polling, Prepared, PreparedRequest, Request,
    connect, execute, prepare,
};
use tablewright_sandbox::{CallFailure, CallFault, Clock, Faults, Options, Sandbox, VirtualClock};
use tokio::sync::mpsc::UnboundedReceiver;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: VirtualClock,
    pub(crate) client: Client,
    pub(crate) events: Events,
    receiver: UnboundedReceiver<Event>,
    started: SystemTime,
    /// Counts the deploys, for names and tokens.
    count: u32,
}

impl World {
    pub(crate) async fn new() -> World {
        World::with(|http_client| http_client).await
    }

    /// A world whose HTTP client is wrapped.
    pub(crate) async fn with(wrap: impl FnOnce(SharedHttpClient) -> SharedHttpClient) -> World {
        let clock = VirtualClock::default();
        let options = Options { clock: Clock::Virtual(clock.clone()), ..Options::default() };
        let sandbox = Sandbox::in_memory(options);
        let request = Connect {
            region: Some("eu-west-1".to_owned()),
            http_client: Some(wrap(sandbox.http_client())),
            credentials: Some(SharedCredentialsProvider::new(Credentials::from_keys("a", "b", None))),
            sleep: Some(SharedAsyncSleep::new(clock.clone())),
            time: Some(SharedTimeSource::new(clock.clone())),
            ..Connect::default()
        };
        let client = connect(&request).await.unwrap().cloudformation();
        let (events, receiver) = Events::channel();
        let started = clock.now();
        World { sandbox, clock, client, events, receiver, started, count: 0 }
    }

    pub(crate) fn faults(&self, faults: Faults) {
        self.sandbox.set_faults(faults).unwrap();
    }

    /// Lets the calls number `from` to `to` of `action` go wrong, counted from now.
    pub(crate) fn fail(&self, action: &str, from: u64, to: u64, failure: CallFailure) {
        let action = action.to_owned();
        self.faults(Faults { calls: vec![CallFault { action, from, to, failure }], ..Faults::default() });
    }

    pub(crate) fn request(&mut self, template: &str) -> Request {
        self.count += 1;
        Request::new("shop".to_owned(), Template::Body(template.to_owned()), format!("change-{}", self.count))
    }

    pub(crate) async fn prepare_request(&mut self, template: &str) -> PreparedRequest {
        let request = self.request(template);
        prepare_request(&self.client, request).await.unwrap()
    }

    /// Everything up to the approval.
    pub(crate) async fn prepare(&mut self, template: &str) -> Result<Prepared, String> {
        let request = self.request(template);
        let prepared_request =
            prepare_request(&self.client, request).await.map_err(|error| error.to_string())?;
        prepare(&self.client, &prepared_request, &self.events)
            .await
            .map_err(|error| format!("{error}\n{error:?}"))
    }

    /// Everything up to the acceptance of the execution.
    pub(crate) async fn start(&mut self, template: &str) -> Operation {
        let Prepared::Ready(change_set) = self.prepare(template).await.unwrap() else {
            panic!("nothing to do")
        };
        let token = format!("token-{}", self.count);
        execute(&self.client, &change_set, &token, &self.events).await.unwrap()
    }

    pub(crate) async fn follow(&self, operation: &Operation) -> Result<Outcome, String> {
        watch(&self.client, operation, &Polling::default(), &self.events).await.map_err(|error| {
            let source =
                std::error::Error::source(&error).map_or(String::new(), |source| format!(": {source}"));
            format!("{error}{source}")
        })
    }

    /// A whole deploy.
    pub(crate) async fn deploy(&mut self, template: &str) -> Result<Outcome, String> {
        let operation = self.start(template).await;
        self.follow(&operation).await
    }

    /// A deploy that a test begins with; it leaves no trace in the transcript.
    pub(crate) async fn deployed(template: &str) -> World {
        let mut world = World::new().await;
        let outcome = world.deploy(template).await.unwrap();
        assert!(matches!(outcome, Outcome::Deployed { .. }), "{outcome:?}");
        world.forget();
        world
    }

    /// Begins a new transcript, and counts calls from here.
    pub(crate) fn forget(&mut self) {
        self.transcript();
        self.started = self.clock.now();
    }

    /// What happened since the last transcript, a line each.
    pub(crate) fn transcript(&mut self) -> String {
        let mut lines = Vec::new();
        while let Ok(event) = self.receiver.try_recv() {
            assert_eq!(event.stack_name, "shop");
            lines.push(format!("{} {}", self.seconds(event.at), tell(&event.kind)));
        }
        lines.join("\n")
    }

    fn seconds(&self, at: SystemTime) -> String {
        let signed = match at.duration_since(self.started) {
            Ok(since) => since.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        };
        format!("{signed:6.1}")
    }

    /// How long after the transcript's beginning it is.
    pub(crate) fn elapsed(&self) -> f64 {
        self.clock.now().duration_since(self.started).unwrap().as_secs_f64()
    }

    /// How often each action was called since the transcript's beginning.
    pub(crate) fn calls(&self) -> String {
        let mut counts = std::collections::BTreeMap::new();
        for call in self.sandbox.calls().into_iter().filter(|call| call.at >= self.started) {
            *counts.entry(call.action).or_insert(0) += 1;
        }
        let counts: Vec<String> =
            counts.into_iter().map(|(action, count)| format!("{action} {count}")).collect();
        counts.join(", ")
    }

    /// How many calls were made since the transcript's beginning.
    pub(crate) fn call_count(&self) -> u64 {
        self.sandbox.calls().into_iter().map(|call| u64::from(call.at >= self.started)).sum()
    }

    /// The names of the change sets and the status of the stack that are there now.
    pub(crate) async fn left(&self) -> String {
        let stack = tablewright_cloudformation::stack::describe(&self.client, "shop").await.unwrap();
        let Some(stack) = stack else {
            return "no stack".to_owned();
        };
        let listed = self.client.list_change_sets().stack_name("shop").send().await.unwrap();
        let names: Vec<&str> =
            listed.summaries().iter().filter_map(|summary| summary.change_set_name()).collect();
        format!("{} with change sets {names:?}", stack.status)
    }
}

/// The lines of a transcript that tell what happened to the stack, without their times.
pub(crate) fn facts(transcript: &str) -> Vec<&str> {
    let lines = transcript.lines().filter(|line| !line.contains("again in"));
    lines.filter_map(|line| Some(line.trim_start().split_once(' ')?.1.trim_start())).collect()
}

fn tell(kind: &EventKind) -> String {
    let because =
        |reason: &Option<String>| reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
    match kind {
        EventKind::ChangeSetCreated { name, change_set_type } => {
            format!("{name} was made to {change_set_type:?}")
        }
        EventKind::ChangesDescribed { changes } => {
            let changes: Vec<String> = changes
                .iter()
                .map(|change| {
                    let replacement =
                        change.replacement.as_ref().map_or(String::new(), |word| format!(" ({word})"));
                    format!("{} {}{replacement}", change.action, change.logical_id)
                })
                .collect();
            format!("changes: {}", changes.join(", "))
        }
        EventKind::ChangeSetDeleted { name } => format!("{name} was deleted"),
        EventKind::ChangeSetLeft { name, error } => format!("{name} was left: {error}"),
        EventKind::ChangeSetWaiting { name } => format!("{name} of another run waits"),
        EventKind::ExecutionStarted { token } => format!("execution began as {token}"),
        EventKind::DeletionStarted { token } => format!("deletion began as {token}"),
        EventKind::Cancelled { token } => format!("cancelled as {token}"),
        EventKind::RollbackStarted { token } => format!("rollback began as {token}"),
        EventKind::Resource(event) => {
            format!("- {} {}{}", event.logical_id, event.status, without_ids(&because(&event.reason)))
        }
        EventKind::Stack { status, reason } => format!("{status}{}", because(reason)),
        EventKind::Throttled { action, retry_in } => format!("throttled {action}, again in {retry_in:?}"),
        EventKind::CallFailed { error, retry_in } => format!("{error}, again in {retry_in:?}"),
        EventKind::Settled { status } => format!("settled in {status}"),
    }
}

/// A reason without the ids that the sandbox makes up: how many it has made before is no business of a transcript.
fn without_ids(reason: &str) -> String {
    let mut told = reason.to_owned();
    for name in ["Request ID: ", "RequestToken: "] {
        if let Some(start) = told.find(name).map(|at| at + name.len()) {
            let length = told[start..].find([',', ')']).unwrap_or(told.len() - start);
            told.replace_range(start..start + length, "…");
        }
    }
    told
}

pub(crate) const ONE: &str = r#"{"Resources": {"A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1"}}},
    "Outputs": {"Name": {"Value": {"Ref": "A"}, "Export": {"Name": "shop-a"}}}}"#;

pub(crate) const TWO: &str = r#"{"Resources": {
    "A": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "2"}},
    "B": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "A"}}}},
    "Outputs": {"Name": {"Value": {"Ref": "A"}}}}"#;
