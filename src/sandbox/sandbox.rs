//! The sandbox itself: one request in, one answer out.
//!
//! [`Sandbox::answer`] applies all due effects, finds the service by the request's form, runs the action and saves the
//! state. Signatures and permissions are not checked: any credentials are accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::clock::{Clock, Millis};
use crate::control;
use crate::effects;
use crate::service_call::ServiceCall;
use crate::state::State;
use crate::state::faults::{CallFailure, Faults};
use crate::state::random::Random;
use crate::state::store::{self, Store, StoreError};
use crate::state::timings::Timings;
use crate::wire::error::ApiError;
use crate::wire::{Request, Response};

/// How a sandbox is to behave.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where time comes from.
    pub clock: Clock,
    /// What the ids are made from.
    pub seed: u64,
    /// How long things take. A state file that exists keeps its own.
    pub timings: Timings,
    /// The faults. A state file that exists keeps its own.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self { clock: Clock::default(), seed: 1, timings: Timings::default(), faults: Faults::default() }
    }
}

/// A call that was answered, for tests that look at what a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The action's name.
    pub action: String,
    /// The form's parameters, or the JSON body's top-level members.
    pub parameters: BTreeMap<String, String>,
    /// When, in sandbox time.
    pub at: SystemTime,
}

/// The connection broke without an answer: one of the [`Faults`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("connection reset by the sandbox")]
pub struct ConnectionLost;

/// A CloudFormation and DynamoDB control plane in this process. Clones share everything.
#[derive(Debug, Clone)]
pub struct Sandbox(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    /// Counts of calls, for faults; the calls themselves, for tests.
    traffic: Mutex<Traffic>,
}

#[derive(Debug)]
struct Traffic {
    counts: BTreeMap<String, u64>,
    total: u64,
    /// Only kept in memory sandboxes: a server that runs for days must not grow by it.
    calls: Option<Vec<Call>>,
    request_ids: Random,
}

impl Sandbox {
    /// A sandbox that is forgotten with its last clone.
    pub fn in_memory(options: Options) -> Self {
        let state = State::new(options.seed, options.timings, options.faults);
        Self::new(Store::Memory(Mutex::new(state)), options.clock, Some(Vec::new()))
    }

    /// A sandbox that is kept in a file, which several processes may use at once.
    pub fn at(path: impl Into<PathBuf>, options: Options) -> Result<Self, StoreError> {
        let initial = State::new(options.seed, options.timings, options.faults);
        let sandbox = Self::new(Store::File { path: path.into(), initial }, options.clock, None);
        // A foreign file is better refused now than at the first call.
        sandbox.0.store.with(|state| sandbox.catch_up(state))?;
        Ok(sandbox)
    }

    /// Forgets the state in a file.
    pub fn reset(path: impl AsRef<Path>) -> Result<(), StoreError> {
        store::remove(path.as_ref())
    }

    fn new(store: Store, clock: Clock, calls: Option<Vec<Call>>) -> Self {
        let request_ids = Random::new(0x7461_626c_6577_7269);
        let traffic = Traffic { counts: BTreeMap::new(), total: 0, calls, request_ids };
        Self(Arc::new(Inner { store, clock, traffic: Mutex::new(traffic) }))
    }

    /// Replaces the faults, and starts to count calls anew.
    pub fn set_faults(&self, faults: Faults) -> Result<(), StoreError> {
        let mut traffic = self.traffic();
        traffic.counts.clear();
        traffic.total = 0;
        drop(traffic);
        self.0.store.with(|state| state.faults = faults)
    }

    /// Returns the faults.
    pub fn faults(&self) -> Result<Faults, StoreError> {
        self.0.store.with(|state| state.faults.clone())
    }

    /// Returns the calls answered so far, oldest first; always empty for a sandbox in a file.
    pub fn calls(&self) -> Vec<Call> {
        self.traffic().calls.clone().unwrap_or_default()
    }

    /// Answers a request as AWS would, at the sandbox's present time.
    pub fn answer(&self, request: &Request) -> Result<Response, ConnectionLost> {
        if let Some(answer) = control::answer(self, request) {
            return Ok(answer);
        }
        let request_id = self.traffic().request_ids.uuid();
        let call = ServiceCall::read(request);
        let answered = self.0.store.with(|state| {
            let now = self.catch_up(state);
            let began = *state.began.get_or_insert(now);
            match self.note(&call, &state.faults, now, began) {
                None => Ok(call.run(state, now, &request_id)),
                Some(CallFailure::AnswerLost) => {
                    call.run(state, now, &request_id);
                    Err(ConnectionLost)
                }
                Some(failure) => call.fail(failure, &request_id),
            }
        });
        answered.unwrap_or_else(|error| Ok(call.refuse(&unavailable(&error), &request_id)))
    }

    /// Applies all due effects, and returns the time.
    fn catch_up(&self, state: &mut State) -> Millis {
        let now = self.0.clock.now(&mut state.time).max(state.now);
        let (regions, moment) = state.at(now);
        let mut happened = false;
        for region in regions.by_name.values_mut() {
            happened |= effects::catch_up(region, moment);
        }
        // Only a change moves the saved time: a read must not rewrite the file.
        if happened {
            state.now = now;
        }
        now
    }

    /// Counts and records a call, and returns its fault.
    fn note(&self, call: &ServiceCall, faults: &Faults, now: Millis, began: Millis) -> Option<CallFailure> {
        let mut traffic = self.traffic();
        traffic.total += 1;
        let total = traffic.total;
        let count = traffic.counts.entry(call.action.clone()).or_default();
        *count += 1;
        let nth = *count;
        if let Some(calls) = &mut traffic.calls {
            let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now).unwrap_or_default());
            calls.push(Call { action: call.action.clone(), parameters: call.parameters(), at });
        }
        drop(traffic);
        faults.on_call(&call.action, nth, total, (now - began).div_euclid(1_000))
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.0.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(error: &StoreError) -> ApiError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    // Not one of AWS: a full disk does not pass by trying again.
    ApiError::new(400, "SandboxFailure", text)
}
