//! Sits between the rollout and the sandbox: before any call a colleague may act, the call may go wrong, and the rollout may be
//! interrupted. It keeps the record from which the statements are judged.

use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tablewright_sandbox::{CallFailure, CallFault, Faults};
use tokio::sync::Notify;

use crate::colleague::Act;
use crate::record::{Call, Executed, Phase, Record};
use crate::world::Direct;

/// More calls than any rollout needs: one that makes them has no end.
const CALL_LIMIT: usize = 4_000;

/// What goes on around a rollout.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    pub(crate) acts: Vec<(When, Act)>,
    pub(crate) faults: Vec<(When, CallFailure)>,
    pub(crate) interrupt: Option<(When, Moment)>,
}

/// A point in the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// At a call, counted from 0.
    Call(usize),
    /// At a call of an action, counted from 0.
    Of(&'static str, usize),
    /// At a pause, counted from 0. Only an interrupt can be there.
    Pause(usize),
}

/// On which side of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call was not made.
    Before,
    /// The call was made, and its answer is not seen.
    After,
}

/// The HTTP client of the rollout.
#[derive(Clone, Debug)]
pub(crate) struct Interposer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    direct: Direct,
    script: Mutex<Script>,
    record: Mutex<Record>,
    counts: Mutex<Counts>,
    interrupted: Notify,
    /// The calls that are being answered.
    in_flight: AtomicUsize,
    /// The deadlines of the pauses that are awaited, each with the number of its pause.
    deadlines: Mutex<BTreeSet<(SystemTime, usize)>>,
}

/// Counts a call as long as it is being answered.
struct InFlight<'a>(&'a AtomicUsize);

impl<'a> InFlight<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Default)]
struct Counts {
    calls: usize,
    pauses: usize,
    by_action: BTreeMap<String, usize>,
}

/// Which call this is.
struct Position {
    call: usize,
    of_action: usize,
    action: String,
}

impl Position {
    fn is(&self, when: When) -> bool {
        match when {
            When::Call(number) => number == self.call,
            When::Of(action, number) => action == self.action && number == self.of_action,
            When::Pause(_) => false,
        }
    }
}

impl Interposer {
    pub(crate) fn new(direct: Direct) -> Self {
        Self(Arc::new(Inner {
            direct,
            script: Mutex::default(),
            record: Mutex::default(),
            counts: Mutex::default(),
            interrupted: Notify::new(),
            in_flight: AtomicUsize::new(0),
            deadlines: Mutex::default(),
        }))
    }

    /// Begins a run: counts and record start anew.
    pub(crate) fn play(&self, script: Script) {
        *self.0.script.lock().unwrap() = script;
        *self.0.counts.lock().unwrap() = Counts::default();
        let tokens = std::mem::take(&mut *self.record()).tokens;
        self.record().tokens = tokens;
    }

    /// Nothing happens any more: what follows is the rollout's own ending.
    pub(crate) fn quiet(&self) {
        *self.0.script.lock().unwrap() = Script::default();
    }

    /// Returns how many pauses the run had so far.
    pub(crate) fn pauses(&self) -> usize {
        self.0.counts.lock().unwrap().pauses
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.0.record.lock().unwrap()
    }

    /// Waits for the interrupt of the script.
    pub(crate) async fn interrupted(&self) {
        self.0.interrupted.notified().await;
    }

    fn begin(&self, call: Call) -> Position {
        let mut counts = self.0.counts.lock().unwrap();
        let number = counts.calls;
        counts.calls += 1;
        let of_action = counts.by_action.entry(call.action.clone()).or_default();
        let position = Position { call: number, of_action: *of_action, action: call.action.clone() };
        *of_action += 1;
        drop(counts);
        self.record().calls.push(call);
        position
    }

    async fn exchange(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let _in_flight = InFlight::new(&self.0.in_flight);
        let call = Call::read(&request);
        let position = self.begin(call.clone());
        if position.call >= CALL_LIMIT {
            self.record().is_endless = true;
            return self.stop().await;
        }
        let script = self.0.script.lock().unwrap().clone();
        for (_, act) in script.acts.iter().filter(|(when, _)| position.is(*when)) {
            Box::pin(self.act(act)).await;
        }
        let interrupt = script.interrupt.filter(|(when, _)| position.is(*when)).map(|(_, moment)| moment);
        if interrupt == Some(Moment::Before) {
            self.record().interrupted = true;
            return self.stop().await;
        }
        let execution = Box::pin(self.before_execution(&call)).await;
        Box::pin(self.note_read(&call)).await;
        let fault = script.faults.iter().find(|(when, _)| position.is(*when)).map(|(_, failure)| *failure);
        self.set_fault(fault);
        let answer = HttpConnector::call(&self.0.direct.sandbox, request).await;
        self.set_fault(None);
        if let Some(executed) = execution {
            Box::pin(self.after_execution(executed)).await;
        }
        let is_available = |answer: &HttpResponse| {
            let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
            body.contains("<ExecutionStatus>AVAILABLE<")
        };
        if fault.is_none() && interrupt.is_none() && answer.as_ref().is_ok_and(is_available) {
            Box::pin(self.note_shown(&call)).await;
        }
        if interrupt == Some(Moment::After) {
            self.record().interrupted = true;
            return self.stop().await;
        }
        answer
    }

    async fn act(&self, act: &Act) {
        let done = act.perform(&self.0.direct).await;
        let call = self.record().calls.len();
        self.record().acts.extend(done.map(|done| (call, done)));
    }

    /// A call that never returns: whoever runs the rollout drops it now.
    async fn stop<T>(&self) -> T {
        self.0.interrupted.notify_one();
        pending().await
    }

    fn set_fault(&self, failure: Option<CallFailure>) {
        let fault = |failure| CallFault { action: "*".to_owned(), from: 1, to: 1, failure };
        let faults = Faults { calls: failure.map(fault).into_iter().collect(), ..Faults::default() };
        self.0.direct.sandbox.set_faults(faults).unwrap();
    }

    /// What the rollout can know of a stack is what is there when it reads the template.
    async fn note_read(&self, call: &Call) {
        if call.action != "GetTemplate" || call.parameters.contains_key("ChangeSetName") {
            return;
        }
        let stack = call.stack_name();
        let state = self.0.direct.stack(&stack).await;
        let mut record = self.record();
        let at = record.calls.len();
        if record.phase == Phase::Planning {
            record.planned.entry(stack.clone()).or_default().push(state.clone());
        }
        record.last_read.insert(stack, (at, state));
    }

    /// What happens in nested stacks, the rollout learns from the first change set of their parent.
    async fn note_shown(&self, call: &Call) {
        let (stack, name) = (call.stack_name(), call.parameters.get("ChangeSetName"));
        let Some(name) = name.filter(|_| call.action == "DescribeChangeSet" && !stack.is_empty()) else {
            return;
        };
        if self.record().nested_shown.contains_key(&stack) {
            return;
        }
        let Some(after) =
            self.0.direct.change_set(call.parameters.get("StackName").map(String::as_str), name).await
        else {
            return;
        };
        let before = self.0.direct.stack(&stack).await.unwrap_or_default();
        self.record().nested_shown.insert(stack, (before, after));
    }

    async fn before_execution(&self, call: &Call) -> Option<Executed> {
        if call.action != "ExecuteChangeSet" {
            return None;
        }
        let (stack, change_set) = (call.stack_name(), call.parameters.get("ChangeSetName")?.clone());
        let name = call.parameters.get("StackName")?;
        let after = self.0.direct.change_set(Some(name), &change_set).await?;
        let before = self.0.direct.stack(&stack).await;
        let token = call.parameters.get("ClientRequestToken").cloned().unwrap_or_default();
        Some(Executed { call: self.record().calls.len(), stack, token, before, after })
    }

    /// Keeps an execution that CloudFormation has begun, whatever was answered.
    async fn after_execution(&self, executed: Executed) {
        let events = self.0.direct.events(&executed.after.id).await;
        let has_begun = events.iter().any(|event| event.client_request_token() == Some(&executed.token));
        let mut record = self.record();
        let is_known = record.executed.iter().any(|other| other.token == executed.token);
        if has_begun && !is_known {
            record.tokens.insert(executed.token.clone());
            record.executed.push(executed);
        }
    }
}

impl HttpConnector for Interposer {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(Box::pin(self.clone().exchange(request)))
    }
}

impl HttpClient for Interposer {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The pauses of the rollout: they move the clock, and the rollout may be interrupted in one.
#[derive(Debug)]
pub(crate) struct Pauses(Interposer);

impl Pauses {
    pub(crate) fn new(interposer: Interposer) -> Self {
        Self(interposer)
    }
}

impl AsyncSleep for Pauses {
    fn sleep(&self, duration: Duration) -> Sleep {
        let interposer = self.0.clone();
        let deadline = interposer.0.direct.clock.now() + duration;
        Sleep::new(async move {
            // The SDK's time limit of a call is no pause: while the call is being answered, no time passes.
            while interposer.0.in_flight.load(Ordering::SeqCst) > 0 {
                tokio::task::yield_now().await;
            }
            let number = {
                let mut counts = interposer.0.counts.lock().unwrap();
                counts.pauses += 1;
                counts.pauses - 1
            };
            interposer.pause_until((deadline, number)).await;
            let interrupt = interposer.0.script.lock().unwrap().interrupt;
            if interrupt.is_some_and(|(when, _)| when == When::Pause(number)) {
                interposer.record().interrupted = true;
                interposer.stop::<()>().await;
            }
        })
    }
}

/// A pause that is awaited. One that is dropped moves nothing.
struct Awaited<'a>(&'a Inner, (SystemTime, usize));

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.deadlines.lock().unwrap().remove(&self.1);
    }
}

impl Interposer {
    /// Moves the clock to a deadline, once no pause with an earlier one is awaited.
    async fn pause_until(&self, deadline: (SystemTime, usize)) {
        let awaited = Awaited(&self.0, deadline);
        self.0.deadlines.lock().unwrap().insert(deadline);
        let is_first = || self.0.deadlines.lock().unwrap().first() == Some(&deadline);
        // The pauses that race with this one are polled as well before the clock moves.
        tokio::task::yield_now().await;
        while !is_first() {
            tokio::task::yield_now().await;
        }
        drop(awaited);
        let clock = &self.0.direct.clock;
        clock.advance(deadline.0.duration_since(clock.now()).unwrap_or_default());
    }
}
