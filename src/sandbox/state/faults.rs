//! Faults that can be injected. Data, all of it off by default.
//!
//! Faults on calls count the calls of an action from 1, in the process that answers them. The other faults are kept in
//! the state, so that an operation that began under them ends under them.

use serde::{Deserialize, Serialize};

/// The injected faults.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Calls that are answered badly.
    pub calls: Vec<CallFault>,
    /// Calls that are answered badly for a while.
    pub windows: Vec<CallWindow>,
    /// Resources that fail, every time.
    pub resources: Vec<ResourceFault>,
    /// Resources that fail at certain times only.
    pub nth_resources: Vec<NthResourceFault>,
    /// Hooks that fail or warn.
    pub hooks: Vec<HookFault>,
    /// Operations that another caller cancels.
    pub cancels: Vec<CancelFault>,
    /// Names of alarms that are in ALARM, for rollback triggers.
    pub firing_alarms: Vec<String>,
    /// Roles, by ARN or name, that cannot be assumed.
    pub refused_roles: Vec<String>,
    /// For how many sandbox seconds DescribeStacks shows the old status after an operation began.
    pub stale_stack_seconds: u32,
    /// How many sandbox seconds an event is late in DescribeStackEvents.
    pub event_lag_seconds: u32,
    /// Timestamps of events are rounded down to this many seconds, which makes many of them equal.
    pub event_timestamp_seconds: u32,
    /// Events in a page; AWS fills 1 MB, the sandbox 100 events.
    pub event_page_size: Option<usize>,
    /// Changes in a page of DescribeChangeSet; AWS fills 1 MB, the sandbox 100 changes.
    pub change_page_size: Option<usize>,
    /// Resources that DescribeChangeSet omits with `IncludePropertyValues`, with AWS's warning.
    pub incomplete_values: Vec<String>,
    /// Every n-th event is shown twice, with the same id, in one page.
    pub double_event_every: Option<usize>,
    /// The number of older events that every stack has.
    pub history_events: usize,
    /// For how many sandbox seconds longer DescribeChangeSet shows a change set as CREATE_IN_PROGRESS.
    pub change_set_lag_seconds: u32,
    /// Events carry neither request token nor operation id.
    pub events_without_token: bool,
}

/// The calls of an action fail between two points in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallWindow {
    /// The action's name, or `*` for every action.
    pub action: String,
    /// In sandbox seconds after the sandbox's first call.
    pub from_second: u32,
    /// The first second without the fault.
    pub to_second: u32,
    /// What happens.
    pub failure: CallFailure,
}

/// A resource that fails from its `from`-th to its `to`-th time, counted from 1 for each of its handler's operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NthResourceFault {
    /// How it fails.
    pub fault: ResourceFault,
    /// The first time.
    pub from: u64,
    /// The last time.
    pub to: u64,
}

/// A hook that reports a failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookFault {
    /// The hook's type, such as `Private::Guard::TestHook`.
    pub type_name: String,
    /// Its target.
    pub target: HookTarget,
    /// Whether its failure stops the operation.
    pub mode: HookMode,
    /// Its message.
    pub reason: String,
    /// The remediation that it gives.
    #[serde(default)]
    pub remediation: Option<String>,
}

/// The target of a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookTarget {
    /// Every change set, when it is made.
    ChangeSet,
    /// A resource of that logical id, in any stack, before its handler is called.
    Resource(String),
}

/// Whether a hook can stop anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HookMode {
    /// What it looks at fails.
    Fail,
    /// It is noted, and all goes on.
    Warn,
}

/// Somebody else calls CancelUpdateStack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelFault {
    /// The stack's name.
    pub stack: String,
    /// Sandbox seconds after the update began.
    pub after_seconds: u32,
}

/// The calls number `from` to `to` of an action go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallFault {
    /// The action's name, or `*` for every action (then all calls are counted together).
    pub action: String,
    /// The first call concerned, counted from 1.
    pub from: u64,
    /// The last call concerned.
    pub to: u64,
    /// What happens.
    pub failure: CallFailure,
}

/// How a call goes wrong. The request does nothing, except under `AnswerLost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallFailure {
    /// HTTP 400, code `Throttling`, text `Rate exceeded`.
    Throttled,
    /// HTTP 500, code `InternalFailure`.
    ServerError,
    /// HTTP 502 with an HTML page, as a proxy would send.
    HtmlPage,
    /// HTTP 200 with an XML body that ends in the middle.
    Truncated,
    /// HTTP 403, code `ExpiredToken`.
    ExpiredToken,
    /// HTTP 403, code `AccessDenied`.
    AccessDenied,
    /// HTTP 403, code `SignatureDoesNotMatch`.
    BadSignature,
    /// HTTP 403, code `RequestExpired`: what a wrong clock brings.
    RequestExpired,
    /// HTTP 200 with a body that is not XML at all.
    Garbage,
    /// The connection breaks before the request is read.
    ConnectionLost,
    /// The request is carried out, then the connection breaks: what makes request tokens necessary.
    AnswerLost,
}

/// A resource whose handler fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceFault {
    /// The logical id, in any stack.
    pub logical_id: String,
    /// In which of its handler's operations.
    pub on: HandlerOperation,
    /// The reason that its event gives.
    pub reason: String,
}

/// What a resource handler is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HandlerOperation {
    /// A resource comes into being. It fails before there is anything.
    Create,
    /// A resource that was begun does not become what it should: there is something to be taken away again.
    Stabilize,
    /// A resource is changed in place, by an update.
    Update,
    /// A resource is changed back, by the rollback of an update.
    Rollback,
    /// A resource is deleted, for whatever reason.
    Delete,
}

impl Faults {
    /// Returns the failure that the `nth` call of `action` is to have; `total` counts the calls of all actions.
    ///
    /// `second` counts from the sandbox's first call.
    pub(crate) fn on_call(&self, action: &str, nth: u64, total: u64, second: i64) -> Option<CallFailure> {
        let window = self.windows.iter().find(|window| {
            let concerned = window.action == "*" || window.action == action;
            concerned && (i64::from(window.from_second)..i64::from(window.to_second)).contains(&second)
        });
        if let Some(window) = window {
            return Some(window.failure);
        }
        self.calls.iter().find_map(|fault| {
            let count = match fault.action.as_str() {
                "*" => total,
                name if name == action => nth,
                _ => return None,
            };
            (fault.from..=fault.to).contains(&count).then_some(fault.failure)
        })
    }

    /// Returns the reason for which a resource is to fail the `nth` time that its handler is asked for this.
    pub(crate) fn on_resource(&self, logical_id: &str, on: HandlerOperation, nth: u64) -> Option<&str> {
        let always = self.resources.iter();
        let sometimes = self.nth_resources.iter().filter(|at| (at.from..=at.to).contains(&nth));
        always
            .chain(sometimes.map(|at| &at.fault))
            .find(|fault| fault.logical_id == logical_id && fault.on == on)
            .map(|fault| fault.reason.as_str())
    }
}
