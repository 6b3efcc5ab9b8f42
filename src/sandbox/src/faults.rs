//! What can be made to go wrong. Data, all of it off by default.
//!
//! Faults on calls count the calls of an action from 1, in the process that answers them. The other faults are kept in
//! the state, so that an operation that began under them ends under them.

use serde::{Deserialize, Serialize};

/// Everything that goes wrong on purpose.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Calls that are answered badly.
    pub calls: Vec<CallFault>,
    /// Resources that fail.
    pub resources: Vec<ResourceFault>,
    /// For how many sandbox seconds DescribeStacks shows the old status after an operation began.
    pub stale_stack_seconds: u32,
    /// How many sandbox seconds an event is late in DescribeStackEvents.
    pub event_lag_seconds: u32,
    /// Timestamps of events are rounded down to this many seconds, which makes many of them equal.
    pub event_timestamp_seconds: u32,
    /// Events in a page; AWS fills 1 MB, the sandbox 100 events.
    pub event_page_size: Option<usize>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandlerOperation {
    /// A resource comes into being.
    Create,
    /// A resource is changed in place, by an update.
    Update,
    /// A resource is changed back, by the rollback of an update.
    Rollback,
    /// A resource is deleted, for whatever reason.
    Delete,
}

impl Faults {
    /// Returns the failure that the `nth` call of `action` is to have; `total` counts the calls of all actions.
    pub(crate) fn on_call(&self, action: &str, nth: u64, total: u64) -> Option<CallFailure> {
        self.calls.iter().find_map(|fault| {
            let count = match fault.action.as_str() {
                "*" => total,
                name if name == action => nth,
                _ => return None,
            };
            (fault.from..=fault.to).contains(&count).then_some(fault.failure)
        })
    }

    /// Returns the reason for which a resource is to fail.
    pub(crate) fn on_resource(&self, logical_id: &str, on: HandlerOperation) -> Option<&str> {
        self.resources
            .iter()
            .find(|fault| fault.logical_id == logical_id && fault.on == on)
            .map(|fault| fault.reason.as_str())
    }
}
